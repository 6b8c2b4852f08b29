import functools

import pytest

from mixedfer.errors import StudyError
from mixedfer.identity import canonical, hash_source
from mixedfer.learning.views.normalised import normalised
from tests.tiny import STUDY


def doubled(view):
    @functools.wraps(view)
    def twice(points, found, size):
        return 2 * view(points, found, size)
    return twice


@doubled
def own(points, found, size):
    return points


def test_a_wrapped_view_does_not_go_by_the_name_of_what_it_wraps():
    with pytest.raises(StudyError, match="frozen dataclass"):
        canonical(doubled(normalised))
    assert canonical(own).startswith("tests.test_identity:own@")


def test_nor_does_a_class_that_took_the_name_of_another():
    kind = type(STUDY.recipe.schedule)
    namesake = type(kind.__name__, (kind,), {"__module__": kind.__module__, "__qualname__": kind.__qualname__})
    with pytest.raises(StudyError, match="stands for"):
        canonical(namesake())


def test_a_source_hash_sees_code_but_not_words(tmp_path):
    path = tmp_path / "a.py"
    path.write_text('"""Doc."""\nx = 1  # note\n')
    first = hash_source(path)
    path.write_text('"""Other doc."""\n\nx = 1\n')
    assert hash_source(path) == first
    path.write_text('"""Doc."""\nx = 2\n')
    assert hash_source(path) != first


def test_a_source_hash_does_not_see_where_the_source_lies(tmp_path):
    def lying(study, package):
        files = {tmp_path / study / "experiments" / "mine.py": "x = 1\n", tmp_path / package / "views" / "own.py": "y = 2\n"}
        for path, text in files.items():
            path.parent.mkdir(parents=True)
            path.write_text(text)
        return hash_source(*files)

    assert lying("a", "b") == lying("d", "c")

import functools
import sys

import pytest

from mixedfer.errors import StudyError
from mixedfer.identity import canonical, hash_source, source
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


def test_code_in_a_study_file_is_part_of_the_run_but_its_study_is_not(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    text = ("from mixedfer.study import Arm\nfrom helping_parts import shrink\n"
            "def mine(points, found, size):\n    return shrink(points) * {factor}\nSTUDY: object = {margin}\n")

    def named(factor, margin, helper):
        (tmp_path / "own_view.py").write_text(text.format(factor=factor, margin=margin))
        (tmp_path / "helping_parts.py").write_text(f"def shrink(points):\n    return points * {helper}\n")
        source.cache_clear()
        return source("own_view")

    first = named(1, 0.1, 2)
    assert named(1, 0.2, 2) == first
    assert len({first, named(0, 0.1, 2), named(1, 0.1, 3)}) == 3


def test_a_component_is_named_by_its_own_source_and_that_of_what_it_wraps():
    spec = STUDY.cells()[1].spec("data")
    views = "mixedfer.learning.views.normalised"
    assert spec["arm"]["landmarks"] == f"{views}:normalised@{source(views)}"


def test_no_library_is_imported_to_name_what_may_use_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    monkeypatch.syspath_prepend(tmp_path)
    heavy = ("heavy_library", "spread_libraries.heavy")  # a second one, beside others in a folder without an __init__.py
    for name in heavy:
        library = tmp_path / "site-packages" / name.replace(".", "/") / "__init__.py"
        library.parent.mkdir(parents=True)
        library.write_text("")
    imports = "".join(f"    from {name} import stages\n" for name in heavy)
    (tmp_path / "finding_faces.py").write_text(f"def find(picture):\n{imports}    return stages\n")
    assert source("finding_faces") and not {*heavy} & sys.modules.keys()


def test_code_that_is_imported_with_and_without_a_package_is_named_by_what_it_imports(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "helping_mirror.py").write_text("turned = 1\n")
    (tmp_path / "mirrored_view.py").write_text(
        "try:\n    from . import helping_mirror\nexcept ImportError:\n    import helping_mirror\n")
    first = source("mirrored_view")
    (tmp_path / "helping_mirror.py").write_text("turned = 2\n")
    source.cache_clear()
    assert source("mirrored_view") != first

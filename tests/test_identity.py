import functools

import pytest

from mixedfer.errors import StudyError
from mixedfer.identity import canonical
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

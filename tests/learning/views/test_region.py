import numpy as np
import pytest

from mixedfer import geometry
from mixedfer.errors import StudyError
from mixedfer.learning.views.distances import distances
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.region import Region

FACES, FOUND = geometry.generic(48) + np.random.default_rng(0).normal(0, 1, (4, 68, 2)), np.ones(4, bool)


@pytest.mark.parametrize("name", geometry.REGIONS)
def test_one_alone_and_all_but_that_one_share_the_points_out(name):
    alone, rest = Region(normalised, keep=(name,)), Region(normalised, drop=(name,))
    assert sorted([*alone.points, *rest.points]) == list(range(68))
    for view in (alone, rest):
        assert np.array_equal(view(FACES, FOUND, 48), normalised(FACES, FOUND, 48)[:, view.points])


def test_only_the_points_shown_and_those_aligned_by_matter():
    moved = FACES.copy()
    moved[:, geometry.region("jaw")] += 5
    view = Region(normalised, drop=("jaw",))
    assert np.allclose(view(moved, FOUND, 48), view(FACES, FOUND, 48))


def test_several_regions():
    assert Region(normalised, keep=("mouth", "brows")).points.tolist() == [*range(17, 27), *range(48, 68)]


@pytest.mark.parametrize(("options", "said"), [
    ({}, "one of the two"), ({"keep": ("jaw",), "drop": ("nose",)}, "one of the two"), ({"keep": ("mout",)}, "'mouth'"),
    ({"drop": tuple(geometry.REGIONS)}, "nothing is left"), ({"keep": "mouth"}, "expected"),
])
def test_what_is_no_part_of_a_face_is_refused(options, said):
    with pytest.raises(StudyError, match=said):
        Region(normalised, **options)


def test_a_view_that_is_not_point_by_point_has_no_regions():
    with pytest.raises(StudyError, match="68 points"):
        Region(distances, keep=("mouth",))

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixedfer import geometry

rng = np.random.default_rng(0)
FACE = rng.uniform(5, 43, (68, 2))


def test_mirroring_twice_is_nothing():
    assert np.allclose(geometry.mirror(geometry.mirror(FACE, 48), 48), FACE)


def test_the_mirror_permutation_swaps_sides():
    assert sorted(geometry.MIRROR) == list(range(68))
    left, right = geometry.region("eyes")[6:], geometry.region("eyes")[:6]
    assert set(geometry.MIRROR[left]) == set(right)
    assert geometry.MIRROR[[8, 27, 30, 33, 51, 57, 62, 66]].tolist() == [8, 27, 30, 33, 51, 57, 62, 66]  # the middle line


def test_regions_cover_all_points_once():
    assert sorted(np.concatenate([geometry.region(name) for name in geometry.REGIONS])) == list(range(68))


@given(angle=st.floats(-3, 3), scale=st.floats(0.1, 10), x=st.floats(-100, 100), y=st.floats(-100, 100))
def test_normalising_removes_position_size_and_roll(angle, scale, x, y):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = geometry.transform(FACE, np.column_stack([turn, [x, y]]))
    assert np.allclose(geometry.normalise(moved), geometry.normalise(FACE), atol=1e-6)


def test_normalised_eyes_are_level_and_one_unit_apart():
    right, left = geometry.eye_centres(geometry.normalise(FACE))
    assert np.allclose(right, [-0.5, 0]) and np.allclose(left, [0.5, 0])


def test_a_degenerate_face_becomes_zeros():
    assert not geometry.normalise(np.full((2, 68, 2), 7.0)).any()


def test_transform_takes_stacks_of_matrices():
    matrices = np.array([np.eye(3), [[2, 0, 1], [0, 2, 0], [0, 0, 1]]])
    assert np.allclose(geometry.transform(np.stack([FACE, FACE]), matrices)[1], FACE * 2 + [1, 0])


def test_an_unknown_region_is_refused():
    with pytest.raises(KeyError):
        geometry.region("ears")


def test_the_reference_face_is_normal_and_symmetric():
    assert np.allclose(geometry.normalise(geometry.REFERENCE), geometry.REFERENCE, atol=1e-3)
    assert np.allclose(geometry.REFERENCE[geometry.MIRROR] * (-1, 1), geometry.REFERENCE, atol=1e-9)


@pytest.mark.parametrize("size", [32, 48, 200])
def test_the_generic_face_lies_in_the_middle_of_its_image(size):
    face = geometry.generic(size)
    assert np.allclose((face.min(0) + face.max(0)) / 2, (size - 1) / 2)
    assert face.min() > 0 and face.max() < size - 1
    assert np.allclose(geometry.mirror(face, size), face)
    assert np.allclose(geometry.normalise(face), geometry.REFERENCE, atol=1e-3)


@given(angle=st.floats(-3, 3), scale=st.floats(0.1, 10), x=st.floats(-100, 100), y=st.floats(-100, 100))
def test_procrustes_removes_position_size_and_roll(angle, scale, x, y):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = geometry.transform(FACE, np.column_stack([turn, [x, y]]))
    assert np.allclose(geometry.procrustes(moved), geometry.procrustes(FACE), atol=1e-6)


def test_procrustes_is_the_least_squares_fit_that_scipy_finds():
    """SciPy scales both shapes to unit size and allows reflection, which a face near the reference does not need."""
    from scipy.spatial import procrustes

    face = geometry.generic(48) + rng.normal(0, 1, (68, 2))
    _, theirs, _ = procrustes(geometry.REFERENCE, face)
    centred = geometry.REFERENCE - geometry.REFERENCE.mean(0)
    assert np.allclose(geometry.procrustes(face), theirs * np.linalg.norm(centred), atol=1e-9)


def test_procrustes_of_the_reference_is_itself_and_of_a_point_zeros():
    assert np.allclose(geometry.procrustes(geometry.generic(48)), geometry.REFERENCE - geometry.REFERENCE.mean(0))
    assert not geometry.procrustes(np.full((2, 68, 2), 7.0)).any()

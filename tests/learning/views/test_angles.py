import numpy as np

from mixedfer import geometry
from mixedfer.learning.views.angles import TRIANGLES, angles

FACES = geometry.generic(48) + np.random.default_rng(0).normal(0, 0.4, (4, 68, 2))
FOUND = np.ones(4, bool)


def test_the_corners_of_a_known_triangle():
    """A right triangle with legs 3 and 4: angles of 90, atan(4/3) and atan(3/4)."""
    faces = np.zeros((1, 68, 2))
    faces[0, TRIANGLES[0]] = (0, 0), (3, 0), (0, 4)
    assert np.allclose(angles(faces, FOUND[:1], 48)[0, 0], [np.pi / 2, np.arctan2(4, 3), np.arctan2(3, 4)])


def test_the_angles_of_a_triangle_are_two_right_ones():
    assert np.allclose(angles(FACES, FOUND, 48).sum(2), np.pi, atol=1e-5)


def test_position_size_and_roll_do_not_matter():
    turn = 2 * np.array([[0.6, 0.8], [-0.8, 0.6]])
    assert np.allclose(angles(FACES @ turn + (3, 4), FOUND, 48), angles(FACES, FOUND, 48), atol=1e-5)


def test_the_triangles_are_their_own_mirror_image_and_not_flat():
    mirrored = {frozenset(geometry.MIRROR[list(triangle)].tolist()) for triangle in TRIANGLES}
    assert mirrored == {frozenset(triangle) for triangle in TRIANGLES.tolist()} and len(mirrored) == len(TRIANGLES)
    assert np.degrees(angles(geometry.REFERENCE[None], FOUND[:1], 1)).min() > 5

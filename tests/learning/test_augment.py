import numpy as np
import pytest

from mixedfer import geometry
from mixedfer.learning import augment
from mixedfer.learning.augmentations.affine import Affine
from mixedfer.seeds import generator

SIZE = 48


def matrices(count=200, **fields):
    affine = Affine(**fields)
    return affine.matrices(affine.draw(generator("test"), count), SIZE)


def test_no_range_is_no_change():
    assert np.allclose(matrices(shift=0, scale=1, rotation=0, skew=0, mirror=False), np.eye(3))


def test_ranges_are_kept():
    shifts = matrices(shift=0.1, scale=1, rotation=0, skew=0, mirror=False)[:, :2, 2]
    assert 4 < np.abs(shifts).max() <= 0.1 * SIZE
    scales = np.sqrt(np.linalg.det(matrices(shift=0, scale=1.2, rotation=30, skew=0, mirror=False)[:, :2, :2]))
    assert 1 / 1.2 <= scales.min() < 0.86 and 1.16 < scales.max() <= 1.2
    turned = matrices(shift=0, scale=1, rotation=30, skew=0, mirror=False)
    angles = np.degrees(np.arctan2(turned[:, 1, 0], turned[:, 0, 0]))
    assert 25 < np.abs(angles).max() <= 30
    skewed = matrices(shift=0, scale=1, rotation=0, skew=0.2, mirror=False)[:, :2, :2]
    assert np.allclose(skewed[:, [0, 1, 1], [0, 0, 1]], [1, 0, 1]) and 0.18 < np.abs(skewed[:, 0, 1]).max() <= 0.2


def test_the_centre_stays_but_for_the_shift():
    centre = np.full((200, 1, 2), (SIZE - 1) / 2)
    assert np.allclose(geometry.transform(centre, matrices(shift=0)), centre)


def test_half_are_mirrored_and_their_points_swap_sides():
    drawn = matrices(shift=0, scale=1, rotation=0, skew=0)
    mirrored = np.linalg.det(drawn[:, :2, :2]) < 0
    assert 70 < mirrored.sum() < 130
    points = np.random.default_rng(0).uniform(0, SIZE, (200, 68, 2))
    moved = augment.move(points, drawn)
    assert np.allclose(moved[mirrored], geometry.mirror(points[mirrored], SIZE))
    assert np.allclose(moved[~mirrored], points[~mirrored])


@pytest.mark.parametrize("mirror", [False, True])
def test_points_move_with_pixels(keras_ready, mirror):
    """Bright spots drawn at points, moved as pixels by Keras, are found where the points were moved to."""
    from mixedfer.learning.layers import Move

    rng = np.random.default_rng(1)
    spots = rng.integers(14, 34, (32, 2))
    images = np.zeros((32, SIZE, SIZE, 1), np.float32)
    images[np.arange(32), spots[:, 1], spots[:, 0]] = 255
    affine = Affine(mirror=mirror, shift=0.1, scale=1.1)
    drawn = affine.matrices(affine.draw(generator("spots"), 32), SIZE)
    moved = np.asarray(Move(SIZE, name="move")(images, augment.for_pixels(drawn)))[..., 0]
    grid = np.arange(SIZE)
    weight = moved.sum((1, 2))
    seen = np.stack([(moved.sum(1) * grid).sum(1) / weight, (moved.sum(2) * grid).sum(1) / weight], -1)
    wanted = geometry.transform(spots[:, None, :].astype(float), drawn)[:, 0]
    assert np.abs(seen - wanted).max() < 0.6  # a spot is one pixel, so its place is known to half a pixel
    assert np.abs(seen - wanted).mean() < 0.2


def test_the_identity_leaves_pixels_as_they_are(keras_ready):
    from mixedfer.learning.layers import Move

    images = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 1)).astype(np.float32)
    still = augment.for_pixels(np.tile(np.eye(3), (3, 1, 1)))
    assert np.array_equal(np.asarray(Move(SIZE, name="move")(images, still)), images)

"""What an image shows is what its matrix says, whatever is cut, turned, shrunk or grown."""

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixedfer.errors import Unreadable
from mixedfer.faces.crop import crop, equalised, warp
from mixedfer.faces.detectors import Box
from mixedfer.geometry import transform


def similarity(scale, angle, picture_point, image_point):
    """The 2x3 matrix that turns and scales, and carries one point to another."""
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([linear, np.array(image_point) - linear @ np.array(picture_point)])


def marked(point, radius, height=260, width=300):
    picture = np.zeros((height, width), np.uint8)
    cv2.circle(picture, tuple(round(16 * value) for value in point), round(16 * radius), 255, cv2.FILLED, cv2.LINE_AA, shift=4)
    return picture


def centroid(image):
    weights = image[..., 0].astype(float)
    rows, columns = np.indices(weights.shape)
    return [(weights * columns).sum() / weights.sum(), (weights * rows).sum() / weights.sum()]


@settings(max_examples=60, deadline=None)
@given(scale=st.floats(0.08, 3), angle=st.floats(-3.2, 3.2), x=st.integers(80, 220), y=st.integers(80, 180),
       right=st.floats(20, 44), down=st.floats(20, 44))
def test_a_mark_lands_where_the_warp_says(scale, angle, x, y, right, down):
    matrix = similarity(scale, angle, (x, y), (right, down))
    image = warp(marked((x, y), 5 / scale), matrix, 64, False)
    assert np.allclose(centroid(image), [right, down], atol=0.15)


@settings(max_examples=60, deadline=None)
@given(x=st.integers(20, 280), y=st.integers(20, 240), side=st.integers(40, 200), margin=st.floats(0, 0.5),
       aside=st.floats(-0.25, 0.25))
def test_a_mark_lands_where_the_crop_says(x, y, side, margin, aside):
    box = Box(x - (0.5 + aside) * side, y - (0.5 - aside) * side, side, side)  # which may reach over an edge
    image, matrix = crop(marked((x, y), side / 16), box, margin, 96, False)
    assert np.allclose(centroid(image), transform(np.array([[x, y]]), matrix)[0], atol=0.15)


def test_a_cropped_picture_shows_what_the_matrix_says():
    picture = np.zeros((100, 120), np.uint8)
    picture[40:44, 60:64] = 255  # centre at (61.5, 41.5)
    image, matrix = crop(picture, Box(40, 20, 40, 40), 0.1, 96, False)
    rows, columns = np.nonzero(image[..., 0] > 127)
    assert np.allclose(transform(np.array([[61.5, 41.5]]), matrix)[0], [columns.mean(), rows.mean()], atol=0.05)


def test_a_crop_over_the_edge_repeats_the_edge_and_keeps_its_size():
    picture = np.full((20, 20), 9, np.uint8)
    image, _ = crop(picture, Box(-10, -10, 40, 40), 0.5, 16, True)
    assert image.shape == (16, 16, 3) and (image == 9).all()


@pytest.mark.parametrize("box", [Box(-20, -20, 20.3, 20.3), Box(79.9, 59.9, 10, 10), Box(30, -10.2, 10, 10.4)])
def test_a_box_of_which_less_than_half_a_pixel_lies_in_the_picture_shows_its_edge(box):
    image, _ = crop(np.full((60, 80), 77, np.uint8), box, 0, 48, False)
    assert (image == 77).all()


def test_a_square_much_larger_than_its_picture_takes_little_memory_and_shows_the_same():
    picture = np.zeros((400, 400), np.uint8)
    picture[100:300, 150:250] = 255
    tracemalloc.start()
    image, matrix = crop(picture, Box(-2300, -3300, 10_000, 10_000), 0, 200, False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e7  # cut out pixel by pixel, it is 100 million
    canvas = cv2.copyMakeBorder(picture, 3300, 6300, 2300, 7300, cv2.BORDER_REPLICATE)
    expected = cv2.resize(canvas, (200, 200), interpolation=cv2.INTER_AREA)[..., None]
    assert np.abs(image.astype(int) - expected).sum() < 0.2 * expected.sum()
    assert np.allclose(centroid(image), centroid(expected), atol=0.05)
    assert np.allclose(transform(np.array([[199.5, 199.5]]), matrix), [centroid(expected)], atol=0.05)


def test_the_square_around_a_long_picture_takes_little_memory_and_shows_the_same():
    picture = np.zeros((100, 10_000), np.uint8)
    picture[:, 2000:7000] = 255
    tracemalloc.start()
    image, matrix = crop(picture, Box(0, 0, 10_000, 100), 0, 50, False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e7  # filled up to a square, it is 100 million
    assert np.array_equal(matrix, [[1 / 200, 0, 0.5 / 200 - 0.5], [0, 1 / 200, (0.5 + 4950) / 200 - 0.5]])
    # 2000 / 200 = 10, 7000 / 200 = 35; shrinking blurs the edges.
    assert (image[:, 11:34] == 255).all() and not image[:, :9].any() and not image[:, 36:].any()


@pytest.mark.parametrize("colour", [False, True])
def test_an_identity_changes_nothing(colour):
    picture = np.random.default_rng(0).integers(0, 256, (40, 40, 3) if colour else (40, 40), dtype=np.uint8)
    image = warp(picture, np.eye(2, 3), 40, colour)
    assert image.shape == (40, 40, 3 if colour else 1) and np.array_equal(image.squeeze(), picture)


def test_warp_and_crop_agree():
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8), None, 3)
    for side in (160, 80, 30):
        image, matrix = crop(picture, Box(20, 25, side, side), 0, 48, False)
        assert np.abs(warp(picture, matrix, 48, False).astype(int) - image).mean() < 1.5


@pytest.mark.parametrize("scale", [0.45, 0.3, 0.11, 0.02])
def test_shrinking_averages_areas(scale):
    """A chequered picture of single black and white pixels becomes even gray; points alone would give stripes."""
    picture = (np.indices((1500, 1500)).sum(0) % 2 * 255).astype(np.uint8)
    image = warp(picture, similarity(scale, 0.3, (750, 750), (8, 8)), 16, False)
    assert abs(image.mean() - 127.5) < 2 and np.ptp(image.astype(int)) < 30


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(0.01, 4), angle=st.floats(-3.2, 3.2), x=st.floats(-3000, 3000), y=st.floats(-3000, 3000))
def test_outside_the_picture_its_edge_is_repeated(scale, angle, x, y):
    picture = np.full((30, 50), 77, np.uint8)
    assert (warp(picture, similarity(scale, angle, (x, y), (8, 8)), 16, False) == 77).all()


def test_beside_the_picture_lies_the_nearest_edge():
    picture = np.repeat(np.array([[10, 200]], np.uint8), 20, 0).repeat(10, 1)
    image = warp(picture, np.array([[1.0, 0, 30], [0, 1, 30]]), 80, False)[..., 0]
    assert (image[:, :35] == 10).all() and (image[:, 45:] == 200).all()


@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.full((2, 3), np.nan), np.array([[1.0, 2, 0], [2, 4, 0]])])
def test_a_matrix_that_shows_nothing_is_refused(matrix):
    with pytest.raises(Unreadable, match="no alignment"):
        warp(np.zeros((20, 20), np.uint8), matrix, 16, False)


def test_equalised_brightness_reaches_from_black_to_white():
    image = np.linspace(100, 140, 48 * 48).reshape(48, 48, 1).astype(np.uint8)
    assert equalised(image, "none") is image
    spread = equalised(image, "histogram")
    assert spread.shape == image.shape and (spread.min(), spread.max()) == (0, 255)
    # Over all of the image, half of the pixels lie below the middle of 0 to 255; order is kept.
    assert abs(np.median(spread) - 127) < 5 and (np.diff(spread.ravel().astype(int)) >= 0).all()


def test_limited_equalisation_lifts_contrast_tile_by_tile():
    rng = np.random.default_rng(0)
    image = rng.integers(100, 110, (48, 48, 1)).astype(np.uint8)
    image[:, 24:] += 100
    spread = equalised(image, "clahe")
    assert spread.shape == image.shape and spread[:, :12].std() > 1.5 * image[:, :12].std()
    assert np.ptp(spread[:, :12].astype(int)) < 200  # not all of 0 to 255, which would be noise made large


@pytest.mark.parametrize("how", ["histogram", "clahe"])
def test_colours_keep_their_tint(how):
    image = np.linspace(60, 140, 48 * 48).reshape(48, 48, 1).astype(np.uint8).repeat(3, 2)
    image[..., 0] += 30
    spread = equalised(image, how)
    tints = [cv2.cvtColor(one, cv2.COLOR_RGB2YCrCb)[12:36, 12:36, 1:].astype(int) for one in (image, spread)]
    assert spread.shape == image.shape and not np.array_equal(spread, image) and np.abs(tints[0] - tints[1]).max() <= 2

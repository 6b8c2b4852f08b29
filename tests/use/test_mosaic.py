"""Nothing is lost in mosaics, and every crop is found again where it was put."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixedfer.faces.detectors import Box
from mixedfer.use import mosaic

SIDES = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12), st.booleans()), min_size=1, max_size=130)


@given(st.integers(0, 400), st.integers(1, 60))
@example(120, 50)
def test_groups_hold_every_place_once(count, most):
    groups = list(mosaic.groups(count, most))
    assert [place for group in groups for place in group] == list(range(count))
    assert all(len(group) == most for group in groups[:-1]) and all(0 < len(group) <= most for group in groups)


@settings(max_examples=40, deadline=None)
@given(SIDES)
@example([(5, 5, True)] * 50)
@example([(3, 9, False)] * 51)
def test_every_crop_is_found_again_pixel_for_pixel(sides):
    crops = [np.full((height, width, 3) if colour else (height, width), 1 + number % 120, np.uint8)
             for number, (height, width, colour) in enumerate(sides)]
    picture, places = mosaic.join(crops)
    taken = np.zeros(picture.shape[:2], int)
    for crop, place in zip(crops, places):
        left, top, width, height = map(int, place)
        piece = picture[top:top + height, left:left + width]
        assert (piece == (crop[..., None] if piece.ndim > crop.ndim else crop)).all() and piece.shape[:2] == crop.shape[:2]
        taken[top:top + height, left:left + width] += 1
    assert taken.max() == 1  # no two tiles share a pixel
    if len(crops) > 1:
        assert (picture[taken == 0] == mosaic.GRAY).all()
    boxes = [Box(0, 0, place.width, place.height) for place in places]
    shuffled = np.random.default_rng(0).permutation(len(places))
    best, wrong = mosaic.match([places[number] for number in shuffled], places, boxes)
    assert [shuffled[number] for number in best] == list(range(len(places))) and wrong == {}


def test_fifty_faces_make_five_rows_of_ten():
    picture, places = mosaic.join([np.zeros((20, 16), np.uint8)] * 50)
    assert picture.shape == (5 * (20 + mosaic.GAP) + mosaic.GAP, 10 * (16 + mosaic.GAP) + mosaic.GAP)
    assert len({place.top for place in places}) == 5 and len({place.left for place in places}) == 10


TILES = [Box(8, 8, 20, 20), Box(36, 8, 20, 20)]
FACES = [Box(4, 4, 12, 12), Box(4, 4, 12, 12)]


@pytest.mark.parametrize(("said", "best", "wrong"), [
    ([Box(12, 12, 12, 12), Box(40, 12, 12, 12)], [0, 1], {}),
    ([Box(40, 12, 12, 12)], [None, 0], {}),                                               # too few
    ([Box(26, 12, 12, 12)], [None, None], {0: "a rectangle in no tile"}),                 # across the gap: 2 + 2 of 12 pixels
    ([Box(500, 12, 12, 12)], [None, None], {0: "a rectangle in no tile"}),
    ([Box(0, 0, 64, 36)], [None, None], {0: "a rectangle in no tile"}),                   # the whole mosaic
    ([Box(9, 9, 4, 4), Box(13, 12, 12, 12)], [1, None], {0: "a second rectangle in one tile"}),
    ([Box(13, 12, 12, 12), Box(9, 9, 4, 4)], [0, None], {1: "a second rectangle in one tile"}),
    ([None], [None, None], {0: "a face without a rectangle, which could be any"}),
    ([], [None, None], {})])
def test_an_answer_belongs_to_the_tile_that_its_rectangle_lies_in(said, best, wrong):
    assert mosaic.match(said, TILES, FACES) == (best, wrong)


def test_a_lone_answer_about_a_lone_face_needs_no_rectangle():
    assert mosaic.match([None], TILES[:1], FACES[:1]) == ([0], {})
    best, wrong = mosaic.match([None, None], TILES[:1], FACES[:1])
    assert best == [None] and len(wrong) == 2


@given(st.lists(st.tuples(*[st.floats(-1e300, 1e300)] * 2, *[st.floats(1e-300, 1e300)] * 2), max_size=6))
def test_no_rectangle_is_lost_or_counted_twice(said):
    best, wrong = mosaic.match([Box(*box) for box in said], TILES, FACES)
    used = [number for number in best if number is not None]
    assert sorted([*used, *wrong]) == list(range(len(said)))

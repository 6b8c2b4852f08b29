"""Annotated copies: read off the pixels."""

import numpy as np
import pytest
from PIL import ImageColor

from mixedfer import geometry
from mixedfer.faces.detectors import Box
from mixedfer.use import annotating
from mixedfer.use.prediction import Face, Prediction

BLUE = np.array(ImageColor.getrgb(annotating.COLOURS[0]))
CLASSES = ("happy", "sad")


def face(left=10.0, top=10.0, side=40.0, chances=(0.75, 0.25), found=True, spread=None):
    points = (geometry.REFERENCE * side / 3 + [left + side / 2, top + side / 3]).astype(np.float32)
    return Face(Box(left, top, side, side), points, found, CLASSES[int(np.argmax(chances))], np.float32(chances), spread)


def drawn(picture, *faces, why=""):
    return np.asarray(annotating.draw(picture, Prediction(list(faces), why), CLASSES))


def runs(pixels):
    """The longest stretch of blue in each row that has one of 40 pixels or more."""
    blue = (pixels == BLUE).all(-1)
    lengths = [max((len(part) for part in "".join("x" if each else " " for each in row).split()), default=0) for row in blue]
    return [length for length in lengths if length >= 15]


def test_bars_are_as_long_as_probabilities():
    picture = np.zeros((600, 600, 3), np.uint8)
    panel = drawn(picture, face())[:, 600:]
    size = 13
    full = annotating.BAR * size
    lengths = [length for length in sorted(set(runs(panel))) if length > 1.7 * size or length == round(full / 4) + 1]
    assert lengths[-1] == pytest.approx(0.75 * full, abs=2)
    assert any(length == pytest.approx(0.25 * full, abs=2) for length in runs(panel))


@pytest.mark.parametrize("count", [1, 40])
def test_what_is_said_of_a_face_ends_before_the_next_column(count):
    """The longest that is said of any, ">99%", at the end of the widest row; each column has white at its end."""
    faces = [face(10 * number, 10, 9, chances=(0.999, 0.001)) for number in range(count)]
    panel = drawn(np.zeros((600, 600), np.uint8), *faces)[:, 600:]
    wide = annotating._width(Prediction(faces), CLASSES, 13)
    assert panel.shape[1] % wide == 0 and panel.shape[1] >= wide * min(count, 2)
    assert all((panel[:, end - 4:end] == 255).all() for end in range(wide, panel.shape[1] + 1, wide))


@pytest.mark.parametrize("shape", [(20, 20), (300, 2000, 3), (1200, 40, 3), (3000, 2500, 3)])
def test_words_are_legible_at_any_size(shape):
    image = drawn(np.zeros(shape, np.uint8), face(2, 2, 15))
    scale = max(1, round(annotating.LEGIBLE / max(shape[:2])))
    assert image.shape[0] >= shape[0] * scale and image.shape[1] > shape[1] * scale
    panel = image[:, shape[1] * scale:]
    ink = (panel < 100).all(-1)
    assert 150 < ink.sum() < 0.2 * ink.size
    # The number and both names: letters are at least a sixtieth of the picture's side.
    rows = np.flatnonzero(ink.any(1))
    assert rows.max() - rows.min() > 3 * max(13, max(shape[:2]) * scale / 60)


def test_box_and_landmarks_lie_where_the_face_is():
    image = drawn(np.zeros((300, 300, 3), np.uint8), face(50, 60, 100))
    blue = (image[:600, :600] == BLUE).all(-1)
    assert blue[120:320, 100].mean() > 0.9 and blue[120:320, 299].mean() > 0.9 and not blue[330:, :].any()
    nose = (face(50, 60, 100).landmarks[30] + 0.5) * 2
    assert blue[int(nose[1]), int(nose[0])]


def test_a_miss_is_gray_and_said():
    missed = drawn(np.zeros((300, 300), np.uint8), face(0, 0, 300, found=False), why="no face found")
    assert not (missed == BLUE).all(-1).any()
    plain = drawn(np.zeros((300, 300), np.uint8), why="no face found")
    assert (plain[:, 600:] < 100).all(-1).any() and not (plain[:, :600] > 0).any()


def test_a_crowd_gets_more_columns_and_neither_a_tower_nor_a_strip():
    faces = [face(10 * number, 10, 9) for number in range(40)]
    few, many = drawn(np.zeros((400, 600), np.uint8), *faces[:2]), drawn(np.zeros((400, 600), np.uint8), *faces)
    assert few.shape[0] == 400 and many.shape[1] > 600 + 2 * (few.shape[1] - 600)
    assert 400 < many.shape[0] < many.shape[1] < 2.5 * many.shape[0]
    frame = annotating.frame(np.zeros((400, 600), np.uint8), Prediction(faces), CLASSES)
    assert frame.height == 400  # as every other of its video


def test_odd_names_are_shown_as_one_line():
    image = annotating.draw(np.zeros((50, 50), np.uint8), Prediction([face()]), ("a\nb" * 40, "日本\x1b"))
    assert image.height == 600

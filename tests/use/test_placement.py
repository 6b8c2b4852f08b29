"""A network of whole pictures is shown pictures like those of its training whole, and faces of others as faces lay there."""

import dataclasses

import numpy as np
import pytest

from mixedfer.faces import landmarks, preparation, sightings
from mixedfer.study import PREDICTOR
from mixedfer.use import placement
from mixedfer.use.finder import CUT, Finder
from mixedfer.use.placement import Placement
from tests.tiny import STUDY

WHOLE = dataclasses.replace(STUDY, preparation=dataclasses.replace(STUDY.preparation, crop=False))
KEYS = STUDY.dataset.list(None).keys


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """The tiny study's pictures, seen whole."""
    return preparation.prepare(WHOLE, None, tmp_path_factory.mktemp("whole-pictures"), quiet=True)


@pytest.fixture(scope="module")
def finder(faces):
    return Finder(WHOLE.preparation, landmarks.find_predictor(None, PREDICTOR), placement.measure(faces, "whole-image"))


def picture(row):
    return STUDY.dataset.read(None, KEYS[row])


def test_pictures_of_the_study_are_shown_as_in_its_training(faces, finder):
    for row in range(len(faces)):
        looked = finder(picture(row))
        assert len(looked.images) == 1 and np.array_equal(looked.images[0], faces.images[row])
        assert np.array_equal(looked.points[0], faces.landmarks[row]) and looked.why != CUT


def test_each_face_of_a_group_lies_in_its_image_as_in_training(faces, finder):
    rows = [row for row in (0, 5, 20) if faces.found[row]]
    looked = finder(np.concatenate([picture(row) for row in rows], axis=1))
    assert len(looked.images) == len(rows) == 3 and looked.why == CUT
    for row, image, points in zip(rows, looked.images, looked.points):
        assert np.corrcoef(image.ravel(), faces.images[row].ravel())[0, 1] > 0.5
        # Where the median face lies; a square's sides are whole pixels of the picture.
        assert placement.spans(points[None])[0] / 32 == pytest.approx(finder.placed[:3], abs=0.01)


def test_the_smallest_face_of_training_is_the_smallest_that_is_shown_whole(faces):
    placed = placement.measure(faces, "whole-image")
    points = np.array(faces.landmarks)[faces.found]
    longest = np.maximum(*np.ptp(points, axis=1).T) / 32
    assert placed.extent == pytest.approx(np.median(longest)) and placed.smallest == pytest.approx(longest.min(), rel=1e-3)
    assert placed.smallest < longest.min()


def sights(*sides):
    """Found faces in squares of these sides, the surest last; their landmarks reach from corner to corner of each."""
    found = np.zeros(len(sides), sightings.FACE)
    found["found"], found["score"] = True, np.arange(len(sides))
    found["box"][:, 2:] = np.array(sides)[:, None]
    found["landmarks"][:, 1:] = np.array(sides, np.float32)[:, None, None]
    return found


@pytest.mark.parametrize("face, sides, shape, whole", [
    ("largest", (60,), (100, 100), [True]), ("largest", (49,), (100, 100), [False]), ("largest", (60,), (100, 150, 3), [False]),
    ("largest", (60, 70, 55), (100, 100), [False, True, False]), ("largest", (60, 60), (100, 100), [False, True]),
    ("most-confident", (70, 60), (100, 100), [False, True]), ("all", (70, 60, 40), (100, 100), [True, True, False])])
def test_one_face_at_most_is_shown_by_the_whole_picture(face, sides, shape, whole):
    assert placement.alike(sights(*sides), shape, face, Placement(0.5, 0.5, 0.8, 0.5)).tolist() == whole


def test_a_picture_without_a_face_is_shown_whole():
    found = sights(10)
    found["found"], found["score"] = False, np.nan
    assert placement.alike(found, (100, 100), "largest", Placement(0.5, 0.5, 0.8, 0.5)).tolist() == [True]


def test_where_nobody_looked_for_faces_none_has_a_place(faces):
    assert placement.measure(dataclasses.replace(faces, meta=faces.meta | {"searched": False}), "whole-image") is None

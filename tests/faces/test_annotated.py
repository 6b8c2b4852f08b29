"""Boxes from the data set's own list."""

import dataclasses

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.faces import preparation
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors import Box, Sight
from mixedfer.faces.detectors.annotated import Annotated
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.identity import canonical
from tests.tiny import STUDY

PICTURE = np.zeros((60, 80), np.uint8)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Boxed(Portrait):
    """Portraits whose list has a box for each but the first; the second box lies beside its picture."""

    def list(self, data):
        listing = super().list(data)
        boxes = np.tile([20.5, 30, 60, 70.25], (len(listing.labels), 1))
        boxes[0], boxes[1] = np.nan, (5000, 0, 20, 20)
        return dataclasses.replace(listing, boxes=boxes)


def prepare(tmp_path, dataset, **changes):
    study = dataclasses.replace(STUDY, dataset=dataset).varying(**changes)
    return preparation.prepare(study, None, tmp_path, quiet=True)


def test_listed_boxes_are_taken_and_what_has_none_is_a_recorded_miss(tmp_path):
    faces = prepare(tmp_path, Boxed(classes=("happy", "sad"), identities=6, per_class=2), detector=Annotated())
    assert faces.boxes[2:].tolist() == [[20.5, 30, 60, 70.25]] * 22 and faces.found[2:].all()
    height, width = Boxed().read(None, Boxed().list(None).keys[0]).shape[:2]
    assert not faces.found[0] and faces.boxes[0].tolist() == [0, 0, width, height] and faces.readable[0]
    [[name, why]] = faces.meta["unreadable"]
    assert name == faces.name(1) and "listed box" in why and not faces.readable[1]


def test_where_the_list_has_no_box_the_fallback_looks(tmp_path):
    dataset = Boxed(classes=("happy", "sad"), identities=6, per_class=2)
    faces = prepare(tmp_path, dataset, detector=Annotated(fallback=DlibHog()))
    [(found, _)] = DlibHog().find(dataset.read(None, dataset.list(None).keys[0]))
    assert faces.found[0] and faces.boxes[0].tolist() == list(found)


def test_a_list_without_boxes_is_an_error(tmp_path):
    with pytest.raises(BadInput, match=r"no box.*Choose a detector"):
        prepare(tmp_path, STUDY.dataset, detector=Annotated())


@pytest.mark.parametrize("box", [(-20, 0, 20, 20), (80, 0, 5, 5), (0, 60, 5, 5), (0, -9, 9, 9), (3, 3, 0, 9), (3, 3, 9, -1)])
def test_a_box_that_shows_nothing_is_refused_and_one_over_the_edge_is_not(box):
    with pytest.raises(BadInput, match="80 x 60"):
        Annotated().find(PICTURE, Box(*box))
    with pytest.raises(BadInput, match="over 20 times as long as its 80 x 60"):
        Annotated().find(PICTURE, Box(0, 0, 1e30, 5))
    long = Box(0.0, 0.0, 5.0, 20 * 80.0)
    assert Annotated().find(PICTURE, long) == [Sight(long, 1.0)]
    over = Box(-5.0, 50.0, 20.0, 20.0)
    assert Annotated().find(PICTURE, over) == [Sight(over, 1.0)]


def test_its_name_says_what_it_falls_back_on():
    one, two = (canonical(Annotated(fallback=DlibHog(upsample=times))) for times in (0, 1))
    assert one != two and canonical(Annotated())["fallback"] is None

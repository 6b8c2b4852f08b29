"""A network that was trained and kept labels faces that it has not seen."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from mixedfer.errors import BadInput
from mixedfer.faces.datasets.manifest import Manifest
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.use import labelling, teachers
from mixedfer.use.teachers.bundle import Teacher

SOURCE = Manifest(label="", votes=("happy", "sad"))


def test_strangers_are_labelled_as_the_bundle_answers_for_each(kept, predictor, tmp_path):
    strangers = Portrait(classes=("happy", "sad"), identities=2, per_class=1, population=7)
    (tmp_path / "photos").mkdir()
    for number, key in enumerate(strangers.list(None).keys):
        Image.fromarray(strangers.read(None, key)).save(tmp_path / "photos" / f"{number}.png")
    teacher = dataclasses.replace(teachers.of(f"bundle:{kept}"), threads=1)
    for mosaic, near in ((1, 1e-5), (4, 0.2)):  # on a mosaic a detector's box may lie a few pixels elsewhere
        place = labelling.LabellingPlace(tmp_path / f"by {mosaic}", tmp_path / "store", quiet=True)
        asked = labelling.Labelling(teacher=teacher, detector=DlibHog(), mosaic=mosaic)
        told = labelling.label(asked, [str(tmp_path / "photos")], place)
        assert told["labelled"] == 4 and told["wrong"] == [] and told["teacher"].startswith("bundle:")
        listing = SOURCE.list(place.out)
        for name, votes in zip(listing.ids, listing.votes):
            alone, = predictor(place.out / name)
            assert votes == pytest.approx(alone.probabilities, abs=near)


def test_what_is_no_bundle_is_told_before_a_face_is_looked_for(tmp_path):
    with pytest.raises(BadInput, match="not a bundle"):
        Teacher(str(tmp_path)).start()


def test_a_face_that_the_bundle_does_not_find_is_answered_for_alone_only(kept, tmp_path):
    Image.fromarray(np.full((64, 64), 90, np.uint8)).save(tmp_path / "nobody.png")
    told, = Teacher(str(kept), threads=1).start()([tmp_path / "nobody.png"])
    answer, = told.faces
    assert answer.box is None and sum(answer.scores.values()) == pytest.approx(1, abs=1e-5)

"""What every detector promises, whoever wrote it: adding a file to `mixedfer/faces/detectors` adds its tests."""

import dataclasses
import functools
import importlib
import os
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib import cbook

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces import detectors, landmarks, pictures
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors import dlib_cnn, haar
from mixedfer.faces.detectors.dlib_cnn import DlibCnn
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.faces.detectors.haar import Haar
from mixedfer.faces.detectors.mtcnn import Mtcnn
from mixedfer.identity import canonical

pytestmark = pytest.mark.usefixtures("keras_ready")  # MTCNN starts TensorFlow; after that its threads cannot be set

#: Detectors that need a package beyond mixedfer's own.
EXTRAS = {"mtcnn": "mtcnn"}
PLACE = np.s_[80:400, 120:440]  # of the face in the photograph, with some background


def every_detector(searching: bool) -> list:
    """One of each, with its defaults; `searching` leaves out those that look at no picture."""
    made = []
    for found in pkgutil.iter_modules(detectors.__path__):
        kind = getattr(importlib.import_module(f"{detectors.__name__}.{found.name}"), found.name.title().replace("_", ""))
        absent = found.name in EXTRAS and importlib.util.find_spec(EXTRAS[found.name]) is None
        reason = f"the package {EXTRAS.get(found.name)} is not installed"
        if not searching or (getattr(kind, "searches", True) and not getattr(kind, "annotated", False)):
            made.append(pytest.param(kind(), id=found.name, marks=pytest.mark.skipif(searching and absent, reason=reason)))
    return made


searching = pytest.mark.parametrize("detector", every_detector(True))
every = pytest.mark.parametrize("detector", every_detector(False))


@functools.cache
def portrait() -> np.ndarray:
    """Grace Hopper's face, 108 pixels wide for dlib, in a picture of 160 x 160."""
    picture = pictures.read(Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
    picture = cv2.resize(picture[PLACE], (160, 160), interpolation=cv2.INTER_AREA)
    picture.flags.writeable = False
    return picture


def overlap(one, other) -> float:
    """Intersection over union of two boxes."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    both = max(width, 0) * max(height, 0)
    return both / (one.width * one.height + other.width * other.height - both)


@searching
def test_it_finds_the_face_of_the_portrait_where_dlib_does(detector):
    sights = detector.find(portrait())
    surest = max(sights, key=lambda sight: sight.score)
    assert overlap(surest.box, DlibHog().find(portrait())[0].box) > 0.3
    assert all(type(number) is float for sight in sights for number in (*sight.box, sight.score))


@searching
@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("shape", [(120, 90), (120, 90, 3), (48, 48), (8, 8), (3, 50), (1, 1)])
def test_it_finds_none_where_nothing_is(detector, shape, value):
    assert detector.find(np.full(shape, value, np.uint8)) == []


@searching
def test_gray_is_the_colour_whose_channels_are_equal(detector):
    gray = np.ascontiguousarray(portrait()[..., 1])
    assert detector.find(gray) and detector.find(gray) == detector.find(np.stack([gray] * 3, axis=-1))


@searching
@pytest.mark.parametrize("part", [np.s_[::-1, ::-1], np.s_[..., 0], np.s_[::2, ::2], np.s_[..., ::-1], np.s_[10:150, 8:]])
def test_a_part_of_a_picture_is_seen_as_its_copy(detector, part):
    """Libraries that read memory directly would see other pixels."""
    assert detector.find(portrait()[part]) == detector.find(portrait()[part].copy())


@searching
def test_places_follow_the_picture(detector):
    """The face 40 pixels further right and 24 further down: its box follows."""
    there = cv2.copyMakeBorder(portrait(), 24, 0, 40, 0, cv2.BORDER_REPLICATE)
    first, second = (max(detector.find(picture), key=lambda sight: sight.score).box for picture in (portrait(), there))
    right = second.left + second.width / 2 - first.left - first.width / 2
    down = second.top + second.height / 2 - first.top - first.height / 2
    assert (right, down) == pytest.approx((40, 24), abs=0.1 * first.width)


@searching
def test_it_leaves_the_picture_as_it_is_and_says_the_same_again(detector):
    picture = portrait().copy()
    before = picture.copy()
    assert detector.find(picture) == detector.find(picture)
    assert np.array_equal(picture, before)


@every
def test_it_is_frozen_reaches_workers_and_has_a_name(detector):
    for field in dataclasses.fields(detector):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(detector, field.name, None)
    assert pickle.loads(pickle.dumps(detector)) == detector
    assert canonical(detector)["kind"].startswith(f"{type(detector).__module__}:{type(detector).__name__}@")


@every
def test_making_one_loads_no_heavy_library(detector):
    module, name = type(detector).__module__, type(detector).__name__
    script = f"import sys; from {module} import {name}; {name}(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"dlib", "cv2", "tensorflow", "keras", "mtcnn"} & set(loaded)


def faces(count: int) -> list[np.ndarray]:
    source = Portrait(identities=count, per_class=1, classes=("neutral",))
    return [source.read(None, key) for key in source.list(None).ids]


@pytest.mark.parametrize("scale_factor", [1.1, 1.3])
def test_haar_finds_what_opencv_finds_without_scores(scale_factor):
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + haar.FILE)
    for picture in faces(5):
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        plain = cascade.detectMultiScale(gray, scaleFactor=scale_factor, minNeighbors=3, minSize=(24, 24))
        sights = Haar(scale_factor=scale_factor).find(picture)
        assert sorted(tuple(sight.box) for sight in sights) == sorted(tuple(map(float, box)) for box in plain)
        assert [sight.score for sight in sights] == sorted((sight.score for sight in sights), reverse=True)


def test_haar_needs_room_around_a_face_and_padding_gives_it():
    face = DlibHog().find(portrait())[0].box
    left, top = round(face.left), round(face.top)
    tight = portrait()[top:top + round(face.height), left:left + round(face.width)]
    assert Haar().find(tight) == []
    found = Haar(pad=0.25).find(tight)[0].box
    assert overlap(found, face._replace(left=0.0, top=0.0)) > 0.5


def test_haar_places_are_those_of_the_picture_without_its_padding():
    padded, plain = Haar(pad=0.5).find(portrait())[0].box, Haar().find(portrait())[0].box
    assert overlap(padded, plain) > 0.8


def test_haar_leaves_out_what_is_smaller_than_its_least_size():
    side = Haar().find(portrait())[0].box.width
    assert Haar(min_size=int(side * 0.7)).find(portrait()) and not Haar(min_size=int(side * 1.5)).find(portrait())


def test_opencv_without_cascades_is_a_clear_error(monkeypatch, tmp_path):
    monkeypatch.setattr(cv2.data, "haarcascades", str(tmp_path))
    haar._cascade.cache_clear()
    with pytest.raises(BadInput, match="opencv-python-headless<5"):
        Haar().find(portrait())


def test_another_network_than_the_expected_one_is_refused(monkeypatch):
    monkeypatch.setattr(dlib_cnn, "FILE", landmarks.FILE)
    dlib_cnn._network.cache_clear()
    with pytest.raises(BadInput, match=rf"{landmarks.FILE}: its SHA-256 is [0-9a-f]+, expected {dlib_cnn.SHA256}"):
        DlibCnn().find(portrait())


def test_upsampling_finds_smaller_faces():
    small = cv2.resize(portrait(), (56, 56), interpolation=cv2.INTER_AREA)
    for kind in (DlibHog, DlibCnn):
        assert not kind().find(small) and kind(upsample=1).find(small)


@pytest.mark.parametrize("thresholds", [(0.6, 0.7), (0.6, 0.7, 1.0), (-0.1, 0.7, 0.8)])
def test_mtcnn_takes_three_thresholds(thresholds):
    with pytest.raises(StudyError, match="three numbers"):
        Mtcnn(thresholds=thresholds)


def test_mtcnn_says_what_it_needs(tmp_path):
    """Run where a package of that name holds nothing, as where it is not installed."""
    (tmp_path / "mtcnn.py").write_text("raise ImportError('No module named mtcnn')\n")
    script = "import numpy as np; from mixedfer.faces.detectors.mtcnn import Mtcnn; Mtcnn().find(np.zeros((48, 48), np.uint8))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert "BadInput" in run.stderr and "pip install mtcnn==1.0.0" in run.stderr and "KERAS_BACKEND" in run.stderr

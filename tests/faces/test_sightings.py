"""What is found is found once: other images, labels or places of the same pictures repeat no search."""

import dataclasses
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from mixedfer import geometry
from mixedfer.errors import StudyError
from mixedfer.faces import chunks, landmarks, preparation, sightings
from mixedfer.faces.alignments.eyes import Eyes
from mixedfer.faces.crop import crop, equalised, warp
from mixedfer.faces.datasets.folder import Folder
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors import Box, Sight
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.faces.pools import ONE, Processes
from mixedfer.faces.splits import split
from mixedfer.study import PREDICTOR, Preparation
from tests.tiny import STUDY


@dataclasses.dataclass(frozen=True, kw_only=True)
class Searching(DlibHog):
    """dlib's detector, which leaves a mark in a file for every picture that it searches, in any process."""

    marks: str = ""

    def find(self, picture):
        mark(self.marks)
        return super().find(picture)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Packaged(DlibHog):
    """A detector that another package's version decides."""

    packages = ("mtcnn",)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading(Portrait):
    """Portraits; `marks` counts how often one is read. The first has two faces, the third has none."""

    marks: str = ""

    def read(self, data, key):
        mark(self.marks)
        picture = super().read(data, key)
        if key == "000/happy/0":
            return np.concatenate([picture, super().read(data, "000/happy/1")], 1)
        return np.zeros_like(picture) if key == "000/sad/0" else picture


def mark(path):
    with open(path, "ab") as file:
        file.write(b".")


def study(folder, **changes):
    dataset = Reading(classes=("happy", "sad"), identities=6, per_class=2, strength=2.0, marks=str(folder / "read"))
    detector = Searching(marks=str(folder / "searched"))
    return dataclasses.replace(STUDY, dataset=dataset, preparation=Preparation(detector=detector, size=32)).varying(**changes)


def prepare(folder, pool=ONE, **changes):
    return preparation.prepare(study(folder, **changes), None, folder / "store", pool=pool, quiet=True)


def marks(folder, *names):
    return tuple((folder / name).stat().st_size for name in names or ("read", "searched"))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 5)


def test_which_face_is_taken():
    small, wide, sure = (Sight(Box(9, 0, 5, 5), 1.0), Sight(Box(4, 0, 9, 3), 2.0), Sight(Box(6, 0, 2, 2), 3.0))
    for face, expected in {"largest": [wide], "most-confident": [sure], "all": [wide, sure, small]}.items():
        assert sightings.chosen([small, wide, sure], face) == expected
        assert sightings.chosen([], face) == []


def test_a_first_run_reads_and_searches_once_and_other_images_search_no_more(tmp_path):
    faces = prepare(tmp_path)
    assert marks(tmp_path) == (24, 24)
    other = prepare(tmp_path, size=40, border=0.3, colour=True, equalise="histogram", alignment=Eyes())
    assert marks(tmp_path) == (48, 24) and other.folder != faces.folder
    assert np.array_equal(other.boxes, faces.boxes) and np.array_equal(other.found, faces.found)


def test_what_is_found_and_sets_are_named_by_what_decides_them(tmp_path):
    plain = study(tmp_path)
    made = sightings.making(plain.preparation)
    for changes in ({"size": 40}, {"border": 0.3}, {"colour": True}, {"crop": False}, {"equalise": "clahe"},
                    {"alignment": Eyes()}, {"missed": "exclude"}, {"identities": 7}):
        other = plain.varying(**changes)
        assert sightings.making(other.preparation) == made
        assert (preparation._key(other, "", made) == preparation._key(plain, "", made)) == ("missed" in changes)
    for changes in ({"face": "all"}, {"upsample": 1}, {"predictor": "0"}):
        assert sightings.making(plain.varying(**changes).preparation) != made
    assert preparation._key(plain, "other pictures", made) != preparation._key(plain, "", made)
    # All packages on PyPI that provide cv2: https://pypi.org/project/opencv-python/#description
    cv2 = {f"opencv-{name}" for name in ("python", "python-headless", "contrib-python", "contrib-python-headless")}
    assert cv2 < set(made["versions"]) and cv2 < set(preparation.PACKAGES)
    assert "mtcnn" in sightings.making(plain.varying(detector=Packaged()).preparation)["versions"]


def test_a_picture_goes_by_its_pixels_and_its_listed_box():
    gray, box = np.zeros((4, 6), np.uint8), Box(0.0, 0.0, 3.0, 3.0)
    others = [gray.reshape(6, 4), gray.reshape(4, 2, 3), gray + 1, gray.astype(np.int8)]
    names = {sightings.name(gray, None), sightings.name(gray, box), sightings.name(gray, box._replace(left=1.0)),
             *(sightings.name(other, None) for other in others)}
    assert len(names) == 7 and sightings.name(np.zeros((4, 12), np.uint8)[:, ::2], None) == sightings.name(gray, None)


def test_other_classes_and_more_pictures_search_only_what_is_new(tmp_path):
    prepare(tmp_path, classes=("happy",))
    assert marks(tmp_path)[1] == 12
    some = prepare(tmp_path, classes=("sad", "happy"))
    assert marks(tmp_path)[1] == 24 and len(some) == 24
    more = prepare(tmp_path, classes=("sad", "happy"), identities=7)
    assert marks(tmp_path)[1] == 28 and np.array_equal(more.images[:24], some.images) and more.found[24:].all()


def test_pictures_that_are_copied_renamed_or_touched_are_not_searched_again(tmp_path):
    source, photos, copy = Portrait(classes=("happy", "sad"), identities=1, per_class=2), tmp_path / "photos", tmp_path / "copy"
    for key in source.list(None).keys:
        path = (photos / key.removeprefix("000/")).with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(source.read(None, key)).save(path)

    def again(data):
        made = dataclasses.replace(study(tmp_path), dataset=Folder())
        return preparation.prepare(made, data, tmp_path / "store", quiet=True), marks(tmp_path, "searched")

    first, searched = again(photos)
    assert searched == (4,)
    shutil.copytree(photos, copy)
    (photos / "sad" / "0.png").chmod(0o600)
    faces, searched = again(photos)
    assert searched == (4,) and faces.folder != first.folder and faces.content == first.content
    os.rename(copy / "sad", copy / "down")
    Image.fromarray(source.read(None, "000/sad/1")[::-1]).save(copy / "happy" / "new.png")
    faces, searched = again(copy)
    assert searched == (5,) and len(faces) == 5


def test_images_cut_later_are_those_of_a_first_run(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    prepare(tmp_path / "one", size=40)
    later, first = (prepare(tmp_path / name, alignment=Eyes(), equalise="clahe") for name in ("one", "two"))
    assert later.content == first.content


def test_what_was_searched_is_kept_when_the_images_change_after_an_interruption(tmp_path, monkeypatch):
    with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError):
        failing.setattr(preparation, "_close", lambda *_: 1 / 0)  # the power fails before the end
        prepare(tmp_path)
    prepare(tmp_path, size=40)
    assert marks(tmp_path) == (48, 24)
    prepare(tmp_path)  # all of whose chunks were finished
    assert marks(tmp_path) == (48, 24)


def test_every_face_of_a_picture_is_a_row(tmp_path):
    faces, listing = prepare(tmp_path, face="all"), study(tmp_path).dataset.list(None)
    assert marks(tmp_path) == (24, 24)
    names = [os.fsdecode(name) for name in faces.ids]
    assert names == [listing.ids[0], f"{listing.ids[0]}#2", *listing.ids[1:]]
    picture = np.array([0, *range(24)])
    assert np.array_equal(faces.labels, listing.labels[picture]) and np.array_equal(faces.votes.argmax(1), faces.labels)
    assert np.array_equal(faces.subjects, listing.subjects[picture])
    assert not faces.found[3] and faces.found[[0, 1, 2]].all()
    picture, centres = study(tmp_path).dataset.read(None, listing.keys[0]), faces.boxes[:3, :2] + faces.boxes[:3, 2:] / 2
    assert np.allclose(centres[1] - [picture.shape[1] / 2, 0], centres[2], atol=6)  # on the right, the next picture's face
    for row in (0, 1):
        image, _ = crop(picture, Box(*map(float, faces.boxes[row])), 0.15, 32, False)
        assert np.array_equal(faces.images[row], image)
    assert faces.meta["pictures"] == 24 and "kept together" in faces.meta["note"]
    again = prepare(tmp_path, face="all", size=40)
    assert marks(tmp_path) == (24 + 1 + 24, 24) and len(again) == 25  # one was read just above


def test_faces_of_one_picture_share_a_subject_where_none_is_known(tmp_path, monkeypatch):
    listed = Portrait.list
    monkeypatch.setattr(Portrait, "list", lambda self, data: dataclasses.replace(listed(self, data), subjects=None))
    faces = prepare(tmp_path, face="all")
    assert faces.subjects.tolist() == [0, *range(24)]
    for seed in range(8):  # by chance, the two would be in one of three folds every third time
        tests = [split(faces, study(tmp_path, face="all", folds=3, seed=seed), fold).test for fold in range(3)]
        assert sorted(np.concatenate(tests)) == list(range(25)) and [0, 1] in [sorted({0, 1} & set(test)) for test in tests]


def test_workers_and_interruptions_do_not_change_a_byte_of_all_faces(tmp_path, monkeypatch):
    whole = prepare(tmp_path, Processes(2), face="all")
    assert marks(tmp_path) == (24, 24)
    (tmp_path / "other").mkdir()
    with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError):
        failing.setattr(preparation, "_close", lambda *_: 1 / 0)
        prepare(tmp_path / "other", face="all")
    resumed = prepare(tmp_path / "other", face="all")
    assert marks(tmp_path / "other") == (24, 24)
    names = {path.name for path in whole.folder.glob("*.npy")}
    assert len(names) == 10
    assert all((whole.folder / name).read_bytes() == (resumed.folder / name).read_bytes() for name in names)


def test_an_aligned_image_is_the_warp_and_its_landmarks_lie_in_it(tmp_path):
    faces, plain = prepare(tmp_path, alignment=Eyes(), equalise="clahe"), prepare(tmp_path, equalise="clahe")
    dataset, model = study(tmp_path).dataset, landmarks.find_predictor(None, PREDICTOR)
    picture, box = dataset.read(None, dataset.list(None).keys[5]), Box(*map(float, faces.boxes[5]))
    points = landmarks.extract([picture], [box], model)[0].astype(float)
    matrix = Eyes().matrix(points, box, 32)
    assert np.array_equal(faces.images[5], equalised(warp(picture, matrix, 32, False), "clahe"))
    assert np.allclose(faces.landmarks[5], geometry.transform(points, matrix), atol=1e-3)
    right, left = geometry.eye_centres(faces.landmarks[faces.found])
    assert np.allclose(right, [9.1, 7.5], atol=0.01) and np.allclose(left, [21.9, 7.5], atol=0.01)  # 0.3, 0.7 and 0.25 of 32
    [missed] = np.flatnonzero(~faces.found)
    assert missed == 2 and np.array_equal(faces.images[missed], plain.images[missed])
    assert np.array_equal(faces.landmarks[missed], plain.landmarks[missed])
    assert faces.meta["note"] == f"{plain.meta['note']} 1 of 24 images are not aligned: no face was found in them.".strip()
    assert "aligned" not in plain.meta["note"]


@dataclasses.dataclass(frozen=True)
class Flat:
    """An alignment that shows nothing of faces on the left of their picture."""

    def matrix(self, points, box, size):
        return np.eye(2, 3) * (box.left > 30)


def test_a_face_that_cannot_be_aligned_is_told_and_not_used(tmp_path):
    faces = prepare(tmp_path, alignment=Flat())
    left = faces.found & (faces.boxes[:, 0] <= 30)
    assert 0 < left.sum() < len(faces) and np.array_equal(faces.readable, ~left)
    assert {name for name, _ in faces.meta["unreadable"]} == {faces.name(row) for row in np.flatnonzero(left)}
    assert all("no alignment" in why for _, why in faces.meta["unreadable"]) and not faces.images[left].any()


def test_an_aligned_face_must_be_cut_out():
    with pytest.raises(StudyError, match=r"crop=False, alignment=.*: .*leave crop or the alignment out"):
        Preparation(detector=DlibHog(), crop=False, alignment=Eyes())


def test_a_picture_that_cannot_be_searched_says_why_beside_others():
    pictures = {7: np.zeros((60, 40), np.uint8), 8: np.zeros((60, 40, 4), np.uint8), 9: np.zeros((50, 50), np.uint8)}
    found = sightings.find(pictures, {}, STUDY.preparation, landmarks.find_predictor(None, PREDICTOR))
    assert list(found) == [7, 8, 9] and "Unsupported image type" in found[8]
    assert [found[number]["box"].tolist() for number in (7, 9)] == [[[0, 0, 40, 60]], [[0, 0, 50, 50]]]

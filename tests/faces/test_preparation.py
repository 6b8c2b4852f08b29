import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mixedfer import disk, faceset
from mixedfer.errors import BadInput
from mixedfer.faces import accounts, chunks, landmarks, preparation, sightings
from mixedfer.faces.crop import crop
from mixedfer.faces.datasets.fer2013 import Fer2013
from mixedfer.faces.datasets.folder import Folder
from mixedfer.faces.detectors import Box
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.faces.detectors.whole_image import WholeImage
from mixedfer.faces.pools import ONE, Processes
from mixedfer.geometry import transform
from mixedfer.study import PREDICTOR
from tests.tiny import STUDY


def test_the_set_holds_every_picture_with_its_landmarks_in_image_pixels(prepared):
    _, faces = prepared
    assert faces.images.shape == (48, 32, 32, 1) and faces.landmarks.shape == (48, 68, 2)
    assert faces.found.mean() > 0.9 and faces.readable.all()
    # Landmarks lie on the image they belong to; the jaw may reach over its edge a little.
    assert np.all(faces.landmarks[faces.found] > -8) and np.all(faces.landmarks[faces.found] < 40)
    eyes = faces.landmarks[:, 36:48].mean(1)
    mouth = faces.landmarks[:, 48:].mean(1)
    assert np.all(mouth[:, 1] > eyes[:, 1])


def test_landmarks_follow_the_crop(prepared):
    _, faces = prepared
    row = int(np.flatnonzero(faces.found)[0])
    picture = STUDY.dataset.read(None, STUDY.dataset.list(None).keys[row])
    [points] = landmarks.extract([picture], [Box(*faces.boxes[row])], landmarks.find_predictor(None, PREDICTOR))
    _, matrix = crop(picture, Box(*faces.boxes[row]), 0.15, 32, False)
    assert np.allclose(transform(points, matrix), faces.landmarks[row], atol=1e-3)


def test_a_second_call_finds_the_set_and_missed_is_no_reason_to_prepare_again(prepared):
    store, faces = prepared
    again = preparation.prepare(STUDY.varying(missed="exclude"), None, store, quiet=True)
    assert again.folder == faces.folder


def test_dlib_gets_its_own_box_and_gives_the_points_it_prints():
    import dlib
    from matplotlib import cbook, image

    portrait = image.imread(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    model = landmarks.find_predictor(None, PREDICTOR)
    face = dlib.get_frontal_face_detector()(portrait, 0)[0]
    shape = dlib.shape_predictor(str(model))(portrait, face)
    [(box, _)] = sightings.chosen(DlibHog().find(portrait), "largest")
    assert box == (face.left(), face.top(), face.right() - face.left() + 1, face.bottom() - face.top() + 1)
    [points] = landmarks.extract([portrait], [box], model)
    assert points.dtype == np.float32
    assert points.tolist() == [[shape.part(index).x, shape.part(index).y] for index in range(68)]


def test_points_left_of_and_above_the_picture_keep_their_sign():
    model = landmarks.find_predictor(None, PREDICTOR)
    points = landmarks.extract([np.zeros((40, 40), np.uint8)], [Box(-90, -90, 40, 40)], model)
    assert points.shape == (1, 68, 2) and points.max() < 0


def same(one, other):
    """Whether two face sets are the same to the byte."""
    names = [*(f"{name}.npy" for name in faceset.ARRAYS), "meta.json"]
    return all((one.folder / name).read_bytes() == (other.folder / name).read_bytes() for name in names)


def test_chunks_that_did_not_reach_the_disk_are_made_again_and_workers_do_not_change_a_byte(prepared, tmp_path, monkeypatch):
    """Made here, where the other set was made by two workers."""
    _, faces = prepared
    monkeypatch.setattr(chunks, "SIZE", 10)
    with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError):
        failing.setattr(preparation, "_close", lambda *_: 1 / 0)  # the power fails before the end
        preparation.prepare(STUDY, None, tmp_path, quiet=True)
    part = next(tmp_path.glob("faces/*.partial"))
    spoilt = bytearray((part / "20.npz").read_bytes())
    spoilt[5000] ^= 1
    (part / "20.npz").write_bytes(spoilt)
    (part / "40.npz").write_bytes(b"")
    assert chunks.finished(part, 48) == {0: 10, 10: 10, 30: 10}
    assert same(preparation.prepare(STUDY, None, tmp_path, quiet=True), faces)


def test_pictures_seen_together_or_alone_give_the_same_bytes():
    model = landmarks.find_predictor(None, PREDICTOR)
    pictures = [STUDY.dataset.read(None, key) for key in STUDY.dataset.list(None).keys[:5]]
    pictures.append(np.zeros((60, 40), np.uint8))
    together = sightings.find(dict(enumerate(pictures)), {}, STUDY.preparation, model)
    assert [bool(together[row]["found"]) for row in range(6)] == [True] * 5 + [False]
    for row, picture in enumerate(pictures):
        alone = sightings.find({row: picture}, {}, STUDY.preparation, model)
        assert alone[row].tobytes() == together[row].tobytes()


def test_a_set_is_named_by_all_code_that_decides_its_bytes(monkeypatch):
    hashed, versions = [], []
    for module in (preparation, sightings):
        monkeypatch.setattr(module, "hash_source", lambda *files, **_: str(hashed.append(files)))
        monkeypatch.setattr(module, "version", versions.append)
    preparation._key(STUDY, "", sightings.making(STUDY.preparation))
    package = Path(faceset.__file__).parent
    decide = {*(package / "faces").glob("*.py"), *(package / "faces").glob("*/__init__.py"),
              *(package / f"{name}.py" for name in ("seeds", "geometry", "faceset"))}
    # No code; code for sets that are made; and who makes a set, which must not decide a byte of it.
    later = ("__init__", "splits", "accounts", "prepared", "search_set", "pools")
    decide -= {package / "faces" / f"{name}.py" for name in later}
    assert {file for files in hashed for file in files} == decide and "scipy" in versions


def test_an_interrupted_preparation_goes_on_and_gives_the_same_bytes(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 4)
    script = ("import sys; sys.path.insert(0, '.'); from pathlib import Path; from mixedfer.faces import chunks, preparation; "
              "from mixedfer.faces.pools import Processes; from tests.tiny import STUDY; chunks.SIZE = 4; "
              f"preparation.prepare(STUDY, None, Path({str(tmp_path)!r}), pool=Processes(), quiet=True)")
    process = subprocess.Popen([sys.executable, "-c", f"if __name__ == '__main__':\n exec({script!r})"],
                               cwd=Path(__file__).parents[2])
    for _ in range(600):
        if list(tmp_path.glob("faces/*.partial/*.npz")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list(tmp_path.glob("faces/*/DONE"))
    kept, made = chunks.finished(next(tmp_path.glob("faces/*.partial")), 48), []

    @contextlib.contextmanager
    def counted(job):
        with ONE(job) as make:
            yield lambda todo: make(made.append(chunk.first) or chunk for chunk in todo)

    assert same(preparation.prepare(STUDY, None, tmp_path, pool=counted, quiet=True), prepared[1])
    assert 0 < len(made) <= 12 - len(kept) < 12


@pytest.fixture
def photos(tmp_path, prepared):
    """Four photos per class, one of them broken."""
    import cv2

    listing, folder = STUDY.dataset.list(None), tmp_path / "photos"
    for label, name in enumerate(("happy", "sad")):
        (folder / name).mkdir(parents=True)
        for row in np.flatnonzero(listing.labels == label)[:4]:
            cv2.imwrite(str(folder / name / f"{row}.png"), STUDY.dataset.read(None, listing.keys[row]))
    (folder / "sad" / "broken.png").write_bytes(b"no picture")
    return folder


def test_a_bad_picture_is_recorded_and_not_fatal(photos, tmp_path):
    study = dataclasses.replace(STUDY, dataset=Folder())
    faces = preparation.prepare(study, photos, tmp_path / "store", quiet=True)
    assert len(faces) == 9 and faces.readable.sum() == 8
    assert faces.meta["unreadable"] == [["sad/broken.png", "not a picture that can be decoded"]]
    assert faces.counts()["by_class"]["sad"]["images"] == 4 and faces.counts()["unreadable"] == 1
    assert not faces.used("whole-image")[faces.ids == b"sad/broken.png"].any()
    assert "9 pictures given: 8 used; 1 could not be read" in accounts.describe(faces, "whole-image")


def test_no_face_at_all_is_an_error(photos, tmp_path):
    import cv2

    for path in photos.glob("*/*.png"):
        cv2.imwrite(str(path), np.full((60, 60), 128, np.uint8))
    study = dataclasses.replace(STUDY, dataset=Folder())
    with pytest.raises(BadInput, match="no face was found"):
        preparation.prepare(study, photos, tmp_path / "store", quiet=True)
    whole = study.varying(detector=WholeImage())
    faces = preparation.prepare(whole, photos, tmp_path / "store", quiet=True)
    assert faces.found.all() and not faces.searched
    assert faces.meta["note"] == "" and faces.classes == ("happy", "sad")


def test_no_readable_picture_and_no_picture_at_all_are_errors_that_leave_no_set(photos, tmp_path):
    study = dataclasses.replace(STUDY, dataset=Folder())
    for path in photos.glob("*/*.png"):
        path.write_bytes(b"no picture")
    for _ in range(2):
        with pytest.raises(BadInput, match=r"no picture could be read; the first, happy/\d+\.png: not a picture"):
            preparation.prepare(study, photos, tmp_path / "store", quiet=True)
    csv = tmp_path / "fer2013.csv"
    csv.write_text(f"emotion,pixels,Usage\n3,{' '.join(['7'] * 2304)},Training\n")
    with pytest.raises(BadInput, match=r"the data set lists no picture \(1 left out: of a class that the study leaves out\)"):
        preparation.prepare(study.varying(dataset=Fer2013(classes=("sad",))), csv, tmp_path / "store", quiet=True)
    assert not list(tmp_path.glob("store/faces/*"))


def test_a_picture_that_dlib_cannot_take_is_recorded_and_one_that_cannot_be_opened_stops(photos, tmp_path):
    study = dataclasses.replace(STUDY, dataset=WithAlpha())
    faces = preparation.prepare(study, photos, tmp_path / "store", quiet=True)
    [[name, why]] = faces.meta["unreadable"]
    assert name == "sad/broken.png" and "Unsupported image type" in why and faces.readable.sum() == 8
    (photos / "sad" / "broken.png").unlink()
    (photos / "sad" / "broken.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(BadInput, match=r"broken\.png: cannot be opened"):
        preparation.prepare(study, photos, tmp_path / "store", quiet=True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class WithAlpha(Folder):
    """Photos, one of them with a fourth channel, for which dlib raises RuntimeError."""

    def read(self, data, key):
        return np.zeros((60, 60, 4), np.uint8) if "broken" in key else super().read(data, key)


def test_a_predictor_with_the_wrong_hash(tmp_path):
    (tmp_path / "model.dat").write_bytes(b"not a model")
    with pytest.raises(BadInput, match=r"model\.dat.*SHA-256.*--set predictor="):
        preparation.prepare(STUDY, None, tmp_path, predictor=tmp_path / "model.dat", quiet=True)
    with pytest.raises(BadInput, match="no such file"):
        landmarks.find_predictor(tmp_path / "none.dat", PREDICTOR)


@pytest.mark.parametrize(("content", "why", "pool"), [
    ("shape_predictor_5_face_landmarks.dat", "a model of 5 landmarks, expected 68", ONE),
    (b"hello\n", "not a landmark model", Processes())])
def test_a_wrong_model_whose_hash_was_accepted_is_named(tmp_path, content, why, pool):
    model = tmp_path / "model.dat"
    installed = landmarks.find_predictor(None, PREDICTOR).with_name
    model.write_bytes(content if isinstance(content, bytes) else installed(content).read_bytes())
    study = STUDY.varying(predictor=disk.hash_file(model))
    with pytest.raises(BadInput, match=why) as error:
        preparation.prepare(study, None, tmp_path, predictor=model, pool=pool, quiet=True)
    assert error.value.file == model and not list(tmp_path.glob("faces/*/DONE"))


def test_a_finished_set_loads_no_model_but_tells_a_wrong_one(prepared, tmp_path):
    preparation.prepare(STUDY, None, prepared[0], pool=lambda job: 1 / 0, quiet=True)
    (tmp_path / "wrong.dat").write_bytes(b"not a model")
    with pytest.raises(BadInput, match=r"wrong\.dat.*SHA-256.*--set predictor="):
        preparation.prepare(STUDY, None, prepared[0], predictor=tmp_path / "wrong.dat", quiet=True)


def test_data_that_change_while_they_are_read_leave_nothing_under_their_old_name(photos, tmp_path, monkeypatch):
    study, fill = dataclasses.replace(STUDY, dataset=Folder()), preparation._fill

    def changing(*arguments):
        (photos / "happy" / "late.png").write_bytes(b"another picture")
        return fill(*arguments)

    with monkeypatch.context() as patched, pytest.raises(BadInput, match=r"photos: the data changed.*the same command again"):
        patched.setattr(preparation, "_fill", changing)
        preparation.prepare(study, photos, tmp_path / "store", quiet=True)
    assert not list(tmp_path.glob("store/faces/*"))
    assert len(preparation.prepare(study, photos, tmp_path / "store", quiet=True)) == 10


def test_what_a_killed_preparation_left_is_removed_when_it_is_old_and_free(tmp_path):
    faces, week = tmp_path / "faces", 7 * 24 * 3600
    for name, age in {"old": week + 60, "held": week + 60, "young": week - 60, "going-on": week + 60}.items():
        part = faces / f"{name}.partial"
        part.mkdir(parents=True)
        (part / "images.npy").touch()
        for path in (part, part / "images.npy"):
            os.utime(path, (time.time() - age,) * 2)
    (faces / "going-on.partial" / "0.npz").touch()
    (faces / "done").mkdir()
    with disk.lock(tmp_path / "locks" / "held", "a set"):
        preparation.prepare(STUDY.varying(identities=3), None, tmp_path, quiet=True)
    assert {path.name for path in faces.iterdir() if not disk.is_done(path)} == \
        {"held.partial", "young.partial", "going-on.partial", "done"}


def test_the_installed_predictor_under_another_place_is_accepted(tmp_path):
    copy = tmp_path / "copy.dat"
    shutil.copy(landmarks.find_predictor(None, PREDICTOR), copy)
    assert landmarks.find_predictor(copy, PREDICTOR) == copy


def test_meta_is_plain_json(prepared):
    _, faces = prepared
    meta = json.loads((faces.folder / "meta.json").read_text())
    assert meta["classes"] == ["happy", "sad"] and meta["preparation"]["detector"]["kind"].split("@")[0].endswith(":DlibHog")
    assert meta["searched"] and faces.searched


def test_fer2013_faces_need_upsampling(real_data):
    source = Fer2013()
    pictures = [source.read(real_data, key) for key in source.list(real_data).keys[:300]]
    found = [sum(bool(DlibHog(upsample=times).find(picture)) for picture in pictures) for times in (0, 1)]
    assert found[0] == 0
    assert 0.6 < found[1] / len(pictures) < 0.75

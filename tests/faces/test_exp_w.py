import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets import NOT_CHOSEN
from mixedfer.faces.datasets._lists import CONTRADICTED, REPEATED
from mixedfer.faces.datasets.exp_w import CLASSES, EMPTY, UNSURE, ExpW
from tests.faces.look_alikes import picture

LINES = """angry_actor_104.jpg 0 28 113 226 141 22.9362 0
angry_actor_104.jpg 1 10 20 40 60 89.5 6
happy_woman_2.jpg 0 0 1 5 4 55.25 3
awe_baby 7.jpg 0 2 2 6 6 60 5
"""


def look_alike(folder):
    """Two faces on one picture; a picture without a line."""
    (folder / "label").mkdir(parents=True)
    (folder / "label" / "label.lst").write_text(LINES)
    for name in ("angry_actor_104.jpg", "happy_woman_2.jpg", "awe_baby 7.jpg", "nobody_1.jpg"):
        picture(folder / "image" / "origin" / name, colour=True)
    return ExpW(), folder, 4


def changed(folder, text, confidence=0.0):
    _, data, _ = look_alike(folder)
    (data / "label" / "label.lst").write_text(text)
    return ExpW(confidence=confidence).list(data)


def test_every_face_is_an_entry_with_its_box(tmp_path):
    source, data, _ = look_alike(tmp_path)
    listing = source.list(data)
    assert listing.ids == ["angry_actor_104.jpg#0", "angry_actor_104.jpg#1", "happy_woman_2.jpg#0", "awe_baby 7.jpg#0"]
    assert [CLASSES[label] for label in listing.labels] == ["angry", "neutral", "happy", "surprise"]
    assert listing.boxes.tolist() == [[113, 28, 226 - 113, 141 - 28], [20, 10, 40 - 20, 60 - 10], [1, 0, 4, 4], [2, 2, 4, 4]]
    first, second, *others = listing.subjects.tolist()
    assert first == second and len({first, *others}) == 3
    assert listing.partition is listing.votes is None and listing.excluded == {}  # of faces, not of pictures
    assert listing.keys[0] == listing.keys[1] == "image/origin/angry_actor_104.jpg"
    assert source.read(data, listing.keys[3]).shape == (6, 7, 3)
    assert "91,793" in listing.note and "(here 4). 1 pictures are not in the list. Who" in listing.note
    assert "faces of one picture stay together" in listing.note


@pytest.mark.parametrize("place", ["image", "data/image/origin", "data/image"])
def test_wherever_the_archive_was_unpacked(tmp_path, place):
    source, data, _ = look_alike(tmp_path / "ExpW")
    ids = source.list(data).ids
    (data / "image").rename(data / "away")
    (data / place).parent.mkdir(parents=True, exist_ok=True)
    (data / "away" / "origin").rename(data / place)
    assert source.list(data).ids == source.list(tmp_path).ids == ids
    assert source.read(tmp_path, source.list(tmp_path).keys[0]).shape == (6, 7, 3)


def test_chosen_classes(tmp_path):
    _, data, _ = look_alike(tmp_path)
    listing = ExpW(classes=("surprise", "angry")).list(data)
    assert listing.labels.tolist() == [1, 0] and listing.excluded == {NOT_CHOSEN: 2}
    with pytest.raises(StudyError, match="'happy'"):
        ExpW(classes=("happiness",))


def test_faces_that_cannot_be_used_are_counted(tmp_path):
    listing = changed(tmp_path, LINES + "awe_baby 7.jpg 1 5 5 5 9 99 5\n", confidence=55.25)
    assert listing.ids == ["angry_actor_104.jpg#1", "happy_woman_2.jpg#0", "awe_baby 7.jpg#0"]
    assert listing.excluded == {UNSURE: 1, EMPTY: 1}


def test_repeated_and_contradicting_lines_are_counted(tmp_path):
    first, second, *_ = LINES.splitlines()
    listing = changed(tmp_path, f"{LINES}{first}\n{first}\n{second[:-1]}4\n\n")
    assert listing.ids == ["angry_actor_104.jpg#0", "happy_woman_2.jpg#0", "awe_baby 7.jpg#0"]
    assert listing.excluded == {REPEATED: 2, CONTRADICTED: 2}


@pytest.mark.parametrize(("old", "new", "problem"), [
    ("1 10 20 40 60 89.5 6", "1 10 20 40 60 89.5 7", "expression '7', expected 0 to 6"),
    ("89.5 6", "89.5 happy", "expression 'happy'"), ("89.5 6", "89.5 -1", "expression '-1'"),
    ("1 10 20 40 60 89.5 6", "10 20 40 60 6", "6 fields, expected 8"),
    ("89.5 6", "nan 6", "not all of the face box"),
    ("10 20 40", "10 x 40", "face box and confidence '10', 'x', .* are numbers"),
    ("104.jpg 1", "105.jpg 1", r"1 of 4 listed pictures are not there; the first is angry_actor_105\.jpg")])
def test_a_wrong_line_is_named(tmp_path, old, new, problem):
    with pytest.raises(BadInput, match=problem) as error:
        changed(tmp_path, LINES.replace(old, new))
    assert (error.value.file, error.value.row) == (tmp_path / "label" / "label.lst", 2)


def test_what_is_missing_is_named(tmp_path):
    source, data, _ = look_alike(tmp_path)
    (data / "image").rename(data / "images")
    (data / "origin.7z").touch()
    for method in (source.list, source.fingerprint):
        with pytest.raises(BadInput, match=r"image: no such file or folder\. Unpack origin\.7z first"):
            method(data)
    (data / "label" / "label.lst").rename(data / "label" / "labels.lst")
    with pytest.raises(BadInput, match=r"label\.lst: no such file.*'labels\.lst', which may be it"):
        source.list(data)


def test_a_list_that_is_not_text(tmp_path):
    source, data, _ = look_alike(tmp_path)
    (data / "label" / "label.lst").write_bytes(LINES.encode() + np.arange(128, 256, dtype=np.uint8).tobytes())
    with pytest.raises(BadInput, match="row 5: byte 0x80 is not UTF-8"):
        source.list(data)

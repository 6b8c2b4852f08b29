import os
import shutil

import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets import NOT_CHOSEN
from mixedfer.faces.datasets._lists import UNLISTED
from mixedfer.faces.datasets.raf_db import CLASSES, RafDb
from tests.faces.look_alikes import picture

# Names and labels as the official list has them: five digits for training, four for the test, labels from 1.
ROWS = (("train_00001", 5), ("train_00002", 5), ("train_00003", 4), ("train_00004", 7), ("train_00005", 1), ("test_0001", 2),
        ("test_0002", 3), ("test_0003", 6))


def lay_out(folder, rows=ROWS, images=("aligned", "original")):
    """A folder as RAF-DB unpacks it: list, pictures, and a box in each original."""
    (folder / "EmoLabel").mkdir(parents=True)
    (folder / "EmoLabel" / "list_patition_label.txt").write_text("".join(f"{name}.jpg {label}\n" for name, label in rows))
    (folder / "Annotation" / "boundingbox").mkdir(parents=True)
    for number, (name, _) in enumerate(rows):
        if "aligned" in images:
            picture(folder / "Image" / "aligned" / f"{name}_aligned.jpg", colour=True)
        if "original" in images:
            picture(folder / "Image" / "original" / f"{name}.jpg", side=20, colour=True)
        box = f"{number}.000000 2.500000 {number + 10}.000000 14.500000 \n"
        (folder / "Annotation" / "boundingbox" / f"{name}_boundingbox.txt").write_text(box)
    return folder


def look_alike(folder):
    lay_out(folder / "basic", images=("aligned",))
    picture(folder / "basic" / "Image" / "aligned" / "extra.jpg")
    return RafDb(), folder


def look_alike_original(folder):
    return RafDb(images="original"), lay_out(folder, images=("original",))


@pytest.fixture
def basic(tmp_path):
    return lay_out(tmp_path / "RAF-DB" / "basic")


def test_labels_and_partitions(basic):
    listing = RafDb().list(basic)
    assert listing.ids == [f"Image/aligned/{name}_aligned.jpg" for name, _ in ROWS]
    # The official readme: 1 surprise, 2 fear, 3 disgust, 4 happiness, 5 sadness, 6 anger, 7 neutral.
    assert [CLASSES[label] for label in listing.labels] == [
        "sadness", "sadness", "happiness", "neutral", "surprise", "fear", "disgust", "anger"]
    assert listing.partition.tolist() == [0] * 5 + [2] * 3
    assert listing.subjects is listing.votes is listing.boxes is None
    assert listing.note == "The official set has 12,271 training pictures (here 5), 3,068 test pictures (here 3)."


def test_the_official_counts_need_no_note(tmp_path):
    rows = [(f"train_{number:05}", 1) for number in range(12271)] + [(f"test_{number:04}", 2) for number in range(3068)]
    folder = lay_out(tmp_path, rows, images=())
    (folder / "Image" / "aligned").mkdir(parents=True)
    for name, _ in rows:
        (folder / "Image" / "aligned" / f"{name}_aligned.jpg").touch()
    assert RafDb().list(folder).note == ""


def test_originals_have_the_boxes_of_their_faces(basic):
    listing = RafDb(images="original").list(basic)
    assert listing.ids[5] == "Image/original/test_0001.jpg"
    assert listing.boxes[5].tolist() == [5, 2.5, 10, 12]  # 5 to 15 and 2.5 to 14.5
    assert "no box" not in listing.note


def test_an_original_without_a_box(basic):
    (basic / "Annotation" / "boundingbox" / "train_00002_boundingbox.txt").unlink()
    listing = RafDb(images="original").list(basic)
    assert np.isnan(listing.boxes).all(1).tolist() == [False, True] + [False] * 6
    assert listing.note.endswith("1 pictures have no box of their face.")


@pytest.mark.parametrize("content", ["1 2 3", "1 2 3 x", "10 2 1 14", "", "nan nan nan nan"])
def test_a_wrong_box_is_named(basic, content):
    path = basic / "Annotation" / "boundingbox" / "test_0002_boundingbox.txt"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"test_0002_boundingbox\.txt, row 1: not a box"):
        RafDb(images="original").list(basic)
    assert len(RafDb().list(basic).keys) == 8


def test_the_fingerprint_of_originals_sees_a_box(basic):
    aligned, original = RafDb().fingerprint(basic), RafDb(images="original").fingerprint(basic)
    (basic / "Annotation" / "boundingbox" / "test_0002_boundingbox.txt").write_text("1 1 9 9")
    assert RafDb().fingerprint(basic) == aligned and RafDb(images="original").fingerprint(basic) != original


def test_the_folder_above_will_do_even_beside_the_compound_set(basic):
    lay_out(basic.parent / "compound", (("train_0001", 9),))
    for data in (basic.parent, basic.parent.parent):
        listing = RafDb().list(data)
        assert listing.ids[0] == "Image/aligned/train_00001_aligned.jpg"
        assert RafDb().read(data, listing.keys[0]).shape == (6, 7, 3)
        assert RafDb().fingerprint(data) == RafDb().fingerprint(basic)


def test_two_copies(basic):
    lay_out(basic.parent / "again" / "basic")
    lay_out(basic.parent / "old" / "basic")
    shutil.rmtree(basic)
    with pytest.raises(BadInput, match=r"list_patition_label\.txt is in again/basic and in old/basic"):
        RafDb().list(basic.parent)


def test_a_folder_inside_is_sent_above(basic):
    for inside in ("EmoLabel", "Image/aligned"):
        with pytest.raises(BadInput, match=f"a folder inside the set.*Give {basic} with --data"):
            RafDb().list(basic / inside)


def test_the_list_is_missing_or_has_another_name(basic):
    path = basic / "EmoLabel" / "list_patition_label.txt"
    path.rename(path.with_name("list_partition_label.txt"))
    with pytest.raises(BadInput, match=r"patition_label\.txt: no such file.*There is 'list_partition_label\.txt'") as error:
        RafDb().list(basic)
    assert error.value.file == path
    with pytest.raises(BadInput, match=r"Expected basic/EmoLabel/list_patition_label\.txt beside basic/Image"):
        RafDb().list(basic)


def test_pictures_that_are_still_packed(basic):
    (basic / "Image" / "aligned").rename(basic / "Image" / "away")
    (basic / "Image" / "aligned.zip").write_bytes(b"PK")
    with pytest.raises(BadInput, match=r"Image/aligned: no such file or folder\. Unpack aligned\.zip first"):
        RafDb().list(basic)
    assert len(RafDb(images="original").list(basic).keys) == 8


@pytest.mark.parametrize(("line", "problem"), [
    ("train_00002.jpg", r"row 2: 'train_00002\.jpg' is not a name and a label"),
    ("train_00002.jpg five", r"row 2: 'train_00002\.jpg five' is not a name and a label"),
    ("valid_00002.jpg 5", r"row 2: 'valid_00002\.jpg 5' is not a name and a label"),
    ("train_00002.jpg 0", r"row 2: label 0, expected 1 to 7"),
    ("train_00002.jpg 8", r"row 2: label 8, expected 1 to 7.*compound"),
    ("train_00001.jpg 5", r"row 2: train_00001\.jpg is also in row 1"),
    ("train_00009.jpg 5", r"row 2: 1 of 8 listed pictures are not there; the first is Image/aligned/train_00009_aligned\.jpg"),
    ("caf\udce9.jpg 5", r"row 2: .* is not a name and a label"),
])
def test_a_wrong_line_is_named(basic, line, problem):
    path = basic / "EmoLabel" / "list_patition_label.txt"
    lines = path.read_text().splitlines()
    path.write_bytes(os.fsencode("\n".join([lines[0], line, *lines[2:]])))
    with pytest.raises(BadInput, match=problem) as error:
        RafDb().list(basic)
    assert error.value.file == path
    str(error.value).encode()


def test_blank_lines_windows_lines_and_a_mark_at_the_start_do_no_harm(basic):
    path = basic / "EmoLabel" / "list_patition_label.txt"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert len(RafDb().list(basic).keys) == 8


def test_an_empty_list(basic):
    (basic / "EmoLabel" / "list_patition_label.txt").write_text("")
    with pytest.raises(BadInput, match="an empty list"):
        RafDb().list(basic)


def test_pictures_that_are_not_listed_are_counted(basic):
    picture(basic / "Image" / "aligned" / "me.jpg")
    picture(basic / "Image" / "aligned" / os.fsdecode(b"caf\xe9.jpg"))
    listing = RafDb().list(basic)
    assert listing.excluded == {UNLISTED: 2} and len(listing.keys) == 8


def test_a_missing_picture_matters_where_its_class_is_chosen(basic):
    (basic / "Image" / "aligned" / "test_0001_aligned.jpg").unlink()  # fear
    picture(basic / "Image" / "aligned" / "me.jpg")
    listing = RafDb(classes=("sadness", "anger")).list(basic)
    assert len(listing.keys) == 3 and listing.excluded == {NOT_CHOSEN: 5, UNLISTED: 1}
    with pytest.raises(BadInput, match=r"row 6: 1 of 2 listed pictures are not there.*Image/aligned/test_0001_aligned\.jpg"):
        RafDb(classes=("fear", "anger")).list(basic)


@pytest.mark.parametrize("images", ["aligned", "original"])
def test_an_ending_in_capitals(basic, images):
    before = RafDb(images=images).list(basic)
    path = basic / before.keys[1]
    path.rename(path.with_suffix(".JPG"))
    listing = RafDb(images=images).list(basic)
    assert listing.ids == before.ids and listing.excluded == {}
    assert listing.keys[1].endswith(".JPG") and RafDb(images=images).read(basic, listing.keys[1]).ndim == 3


def test_wrong_fields():
    with pytest.raises(StudyError, match="expected 'aligned' or 'original'"):
        RafDb(images="cropped")
    with pytest.raises(StudyError, match="'happiness'"):
        RafDb(classes=("happy",))

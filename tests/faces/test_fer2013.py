import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets.fer2013 import CLASSES, COUNTS, Fer2013
from tests.faces.look_alikes import picture

USAGE = ("Training", "PublicTest", "PrivateTest")
PIXELS = " ".join(str(value % 256) for value in range(48 * 48))


def write(path, rows, header="emotion,pixels,Usage"):
    path.write_text("\n".join([header, *rows]) + "\n", errors="surrogateescape")
    return path


def look_alike(folder):
    folder.mkdir()
    write(folder / "fer2013.csv", [f"{row % 5},{PIXELS},{usage}" for row, usage in enumerate(USAGE * 3)])
    return Fer2013(classes=CLASSES[:4]), folder, 9


def look_alike_folders(folder):
    """As Kaggle's users have it: a test folder that holds both test parts, told apart by the pictures' names."""
    for label in CLASSES:
        for name in ("train/{}/Training_1", "train/{}/Training_2", "test/{}/PublicTest_3", "test/{}/PrivateTest_4"):
            picture(folder / f"{name.format(label)}{CLASSES.index(label)}.jpg")
    return Fer2013(), folder


@pytest.fixture
def csv(tmp_path):
    return write(tmp_path / "fer2013.csv", [f"{row % 7},{PIXELS},{USAGE[row % 3]}" for row in range(21)])


def test_rows_become_pictures_labels_and_partitions(csv):
    source = Fer2013()
    listing = source.list(csv)
    assert listing.labels.tolist() == [row % 7 for row in range(21)]
    assert listing.partition.tolist() == [row % 3 for row in range(21)]
    assert listing.ids[0] == "fer2013.csv:2"
    assert np.array_equal(source.read(csv, listing.keys[5]).ravel(), np.arange(48 * 48) % 256)
    assert "35,887" in listing.note


def test_the_folder_will_do_and_so_will_the_other_official_file(tmp_path):
    write(tmp_path / "icml_face_data.csv", [f"3,Training,{PIXELS}"], header="emotion, Usage, pixels")
    source = Fer2013()
    listing = source.list(tmp_path)
    assert listing.labels.tolist() == [3]
    assert source.read(tmp_path, listing.keys[0])[0, 5] == 5


def test_the_file_may_lie_a_little_deeper(csv):
    (csv.parent / "archive").mkdir()
    csv.rename(csv.parent / "archive" / csv.name)
    source = Fer2013()
    listing = source.list(csv.parent)
    assert len(listing.ids) == 21 and source.read(csv.parent, listing.keys[0])[0, 5] == 5


def test_class_folders(tmp_path):
    source, data = look_alike_folders(tmp_path / "set")
    listing = source.list(data)
    assert listing.classes == CLASSES and len(listing.ids) == 28
    assert {(name.split("/")[2].split("_")[0], part) for name, part in zip(listing.ids, listing.partition.tolist())} == {
        ("Training", 0), ("PublicTest", 1), ("PrivateTest", 2)}
    assert all(name.split("/")[1] == CLASSES[label] for name, label in zip(listing.ids, listing.labels))
    assert "The official set has 28,709 train pictures (here 14)" in listing.note
    assert source.read(data, listing.keys[0]).shape == (6, 7)


def test_class_folders_of_which_nothing_tells_the_test_parts_apart(tmp_path):
    for name in ("train/Angry/1", "train/Happy/2", "test/Angry/3", "test/Happy/4"):
        picture(tmp_path / f"{name}.png")
    listing = Fer2013(classes=("happy", "angry")).list(tmp_path)
    assert listing.classes == ("happy", "angry") and listing.labels.tolist() == [1, 0, 1, 0]
    assert listing.partition.tolist() == [2, 2, 0, 0]
    official = np.array(COUNTS["happy"]) + COUNTS["angry"]
    assert f"{official[1]:,} validation pictures (here 0)" in listing.note


def test_folders_of_three_parts_and_of_none(tmp_path):
    for part in ("Training", "PublicTest", "PrivateTest"):
        picture(tmp_path / "parts" / part / "sad" / f"PublicTest_{part}.png")
    picture(tmp_path / "whole" / "sad" / "1.png")
    source = Fer2013(classes=("sad",))
    assert source.list(tmp_path / "parts").partition.tolist() == [2, 1, 0]
    whole = source.list(tmp_path / "whole")
    assert whole.partition is None
    assert whole.note == f"The official set has {sum(COUNTS['sad']):,} pictures (here 1)."


def test_class_folders_that_are_not_these(tmp_path):
    for name in ("angry", "happyness"):
        picture(tmp_path / name / "1.png")
    with pytest.raises(BadInput, match=r"'happyness' is none of FER2013's\. Did you mean 'happy'"):
        Fer2013().list(tmp_path)
    (tmp_path / "happyness").rename(tmp_path / "happy")
    with pytest.raises(BadInput, match="no class folder 'disgust'"):
        Fer2013().list(tmp_path)


def test_classes_may_be_chosen_in_any_order(csv):
    listing = Fer2013(classes=("sad", "happy")).list(csv)
    assert listing.labels.tolist() == [1, 0] * 3
    assert [int(name.split(":")[1]) - 2 for name in listing.ids] == [3, 4, 10, 11, 17, 18]


def test_an_unknown_class_is_refused_with_the_nearest():
    with pytest.raises(StudyError, match="'happy'"):
        Fer2013(classes=("hapy",))


@pytest.mark.parametrize(("row", "problem"), [
    (f"3,{PIXELS} 7,Training", r"row 3: 2305 pixels, expected 2304"),
    (f"3,{PIXELS[:500]}", r"row 3: 2 columns"),
    (f"9,{PIXELS},Training", r"row 3: emotion '9', expected 0 to 6"),
    (f"happy,{PIXELS},Training", r"row 3: emotion 'happy'"),
    (f"{'1' * 5000},{PIXELS},Training", r"row 3: emotion '1"),
    (f"\udcb2,{PIXELS},Training", r"row 3: emotion"),
    (f"3,{PIXELS},Trainign", r"row 3: Usage 'Trainign'"),
    ("3,,Training", r"row 3: 0 pixels"),
])
def test_a_wrong_row_is_named(tmp_path, row, problem):
    path = write(tmp_path / "fer2013.csv", [f"0,{PIXELS},Training", row])
    with pytest.raises(BadInput, match=problem) as error:
        Fer2013().list(path)
    assert error.value.file == path


def test_a_header_alone_is_an_error(tmp_path):
    with pytest.raises(BadInput, match="a header and no picture"):
        Fer2013().list(write(tmp_path / "fer2013.csv", []))


def test_a_file_without_its_last_line_break_gets_a_note(tmp_path):
    path = tmp_path / "icml_face_data.csv"
    path.write_text(f"emotion, Usage, pixels\n3,Training,{PIXELS[:-1]}")
    assert "the last number of its last row may be cut off" in Fer2013().list(path).note
    path.write_text(f"emotion, Usage, pixels\n3,Training,{PIXELS}\n")
    assert "cut off" not in Fer2013().list(path).note


def test_pixels_may_be_apart_by_more_than_one_space(tmp_path):
    source, path = Fer2013(), write(tmp_path / "fer2013.csv", [f"3, {PIXELS.replace(' 7 ', '  7  ')} ,Training"])
    assert np.array_equal(source.read(path, source.list(path).keys[0]).ravel(), np.arange(48 * 48) % 256)


def test_fields_of_the_wrong_kind_are_study_errors():
    with pytest.raises(StudyError, match=r"Fer2013\(classes='happy'\)"):
        Fer2013(classes="happy")


@pytest.mark.parametrize("value", ["256", "-1", "x", "1.5", "4294967297", "18446744073709551617"])
def test_a_wrong_pixel_is_named(tmp_path, value):
    path = write(tmp_path / "fer2013.csv", [f"0,{value}{PIXELS[1:]},Training"])
    source = Fer2013()
    with pytest.raises(BadInput, match="row 2: the pixels are not 2304 whole numbers"):
        source.read(path, source.list(path).keys[0])


def test_missing_files_and_wrong_columns(tmp_path):
    with pytest.raises(BadInput, match="--data"):
        Fer2013().list(None)
    with pytest.raises(BadInput, match="no such file"):
        Fer2013().list(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match=r"fer2013\.csv"):
        Fer2013().list(tmp_path)
    with pytest.raises(BadInput, match="row 1: the columns"):
        Fer2013().list(write(tmp_path / "x.csv", [], header="a,b"))


def test_the_real_file(real_data):
    source = Fer2013()
    listing = source.list(real_data)
    assert np.bincount(listing.partition).tolist() == [28709, 3589, 3589]
    assert dict(zip(CLASSES, np.bincount(listing.labels))) == {
        "angry": 4953, "disgust": 547, "fear": 5121, "happy": 8989, "sad": 6077, "surprise": 4002, "neutral": 6198}
    assert listing.note == ""
    parts = np.stack([np.bincount(listing.labels[listing.partition == part]) for part in range(3)], 1)
    assert dict(zip(CLASSES, map(tuple, parts.tolist()))) == COUNTS


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder whose file the examples of a property write anew."""
    return tmp_path_factory.mktemp("mangled")


MANGLED = st.binary(max_size=20) | st.sampled_from([b",", b" ", b"\n", b"\r", b"\0", b"-1", b"256", b"0x7", b"1e3", b"+7"])


@given(at=st.integers(0, 2304), length=st.integers(0, 12), text=MANGLED, from_end=st.booleans())
def test_a_mangled_row_reads_right_or_is_named(place, at, length, text, from_end):
    good = f"3,{PIXELS},Training".encode()
    at = max(0, len(good) - at) if from_end else at
    row = good[:at] + text + good[at + length:]
    path = place / f"{abs(hash(row))}.csv"  # another name each time, for a reader keeps its file open
    path.write_bytes(b"emotion,pixels,Usage\n" + good + b"\n" + row + b"\n" + good + b"\n")
    source = Fer2013()
    try:
        listing = source.list(path)
        pictures = [source.read(path, key) for key in listing.keys]
    except BadInput as error:
        assert error.file == path and error.row in range(3, 4 + text.count(b"\n"))
    else:
        lines = [line for line in row.split(b"\n") if line.strip()]
        assert len(pictures) == 2 + len(lines)
        for line, seen, label in zip(lines, pictures[1:], listing.labels[1:]):
            emotion, pixels, usage = line.split(b",")
            assert int(emotion) == label and usage.strip() in (b"Training", b"PublicTest", b"PrivateTest")
            assert re.fullmatch(rb"\s*([+]?\d+\s+){2303}[+]?\d+\s*", pixels)
            assert seen.ravel().tolist() == [int(value) for value in pixels.split()]
    finally:
        path.unlink()

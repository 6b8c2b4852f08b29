import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets.fer2013 import CLASSES, Fer2013

USAGE = ("Training", "PublicTest", "PrivateTest")
PIXELS = " ".join(str(value % 256) for value in range(48 * 48))


def write(path, rows, header="emotion,pixels,Usage"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def look_alike(folder):
    folder.mkdir()
    write(folder / "fer2013.csv", [f"{row % 5},{PIXELS},{usage}" for row, usage in enumerate(USAGE * 3)])
    return Fer2013(classes=CLASSES[:4]), folder, 9


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

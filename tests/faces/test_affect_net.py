import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets import NOT_CHOSEN
from mixedfer.faces.datasets._lists import CONTRADICTED, REPEATED, UNLISTED
from mixedfer.faces.datasets.affect_net import CLASSES, COLUMNS, LEFT_OUT, AffectNet
from tests.faces.look_alikes import picture

LANDMARKS = ";".join(f"{point}.5" for point in range(136))
FACES = {"training": {"689/a1.jpg": ("0,1,4,5", 0), "689/a2.JPG": ("0,0,6,6", 6), "12/b.png": ("NULL,NULL,NULL,NULL", 1),
                      "12/c.jpg": ("0,0,5,5", 8), "12/d.jpg": ("-1,-1,-1,-1", 10), "3/e.jpg": ("0,0,6,6", 9)},
         "validation": {"689/v1.jpg": ("1,1,4,4", 7), "3/v2.jpg": ("0,0,5,5", 1)}}


def line(name, box, label):
    return f"{name},{box},{LANDMARKS},{label},0.1,-2\n"


def look_alike(folder):
    """The distribution with lists: a header in the one, none in the other; one picture in neither."""
    for part, faces in FACES.items():
        text = "".join(line(name, *what) for name, what in faces.items())
        lists = folder / "Manually_Annotated_file_lists"
        lists.mkdir(parents=True, exist_ok=True)
        (lists / f"{part}.csv").write_text((",".join(COLUMNS) + "\n") * (part == "training") + text)
        for name in faces:
            picture(folder / "Manually_Annotated_Images" / name, colour=True)
    picture(folder / "Manually_Annotated_Images" / "3" / "unlisted.jpg")
    return AffectNet(), folder


def look_alike_newer(folder):
    """The distribution with a file per label, inside the folder that its archive makes."""
    for part, labels in {"train_set": {"0": 1, "10": 6, "7": 8}, "val_set": {"2": 7, "3": 0}}.items():
        annotations = folder / "AffectNet" / part / "annotations"
        annotations.mkdir(parents=True)
        for stem, label in labels.items():
            picture(folder / "AffectNet" / part / "images" / f"{stem}.jpg", colour=True)
            np.save(annotations / f"{stem}_exp.npy", np.array(str(label)))
            np.save(annotations / f"{stem}_val.npy", np.array("0.5"))
    return AffectNet(), folder


def lists(folder):
    return folder / "Manually_Annotated_file_lists"


def test_lists_become_labels_boxes_and_partitions(tmp_path):
    source, data = look_alike(tmp_path)
    listing = source.list(data)
    assert listing.ids == ["689/a1.jpg", "689/a2.JPG", "12/b.png", "689/v1.jpg", "3/v2.jpg"]
    assert [CLASSES[label] for label in listing.labels] == ["neutral", "anger", "happy", "contempt", "happy"]
    assert listing.partition.tolist() == [0, 0, 0, 2, 2]
    assert listing.boxes[[0, 1, 3]].tolist() == [[0, 1, 4, 5], [0, 0, 6, 6], [1, 1, 4, 4]]
    assert np.isnan(listing.boxes[2]).all() and listing.subjects is listing.votes is None
    assert listing.excluded == {**dict.fromkeys(LEFT_OUT.values(), 1), UNLISTED: 1}
    assert source.read(data, listing.keys[0]).shape == (6, 7, 3)


def test_reports_say_what_the_test_partition_is_and_that_the_counts_are_not_official(tmp_path):
    source, data = look_alike(tmp_path)
    note = source.list(data).note
    assert "official validation set is the test partition" in note
    assert "287,651 training pictures (here 3)" in note
    assert "4,000 validation pictures (here 2)" in note


def test_the_newer_distribution(tmp_path):
    source, data = look_alike_newer(tmp_path)
    listing = source.list(data)
    assert listing.ids == ["train_set/0.jpg", "train_set/10.jpg", "val_set/2.jpg", "val_set/3.jpg"]
    assert [CLASSES[label] for label in listing.labels] == ["happy", "anger", "contempt", "neutral"]
    assert listing.partition.tolist() == [0, 0, 2, 2] and listing.boxes is None
    assert listing.excluded == {LEFT_OUT["none"]: 1}
    inside = source.list(data / "AffectNet")
    assert inside.ids == listing.ids and inside.keys[0] == "train_set/images/0.jpg"


@pytest.mark.parametrize("value", [np.array(4), np.array(4.0), np.array(["4"])])
def test_labels_may_be_stored_as_numbers(tmp_path, value):
    source, data = look_alike_newer(tmp_path)
    np.save(data / "AffectNet" / "train_set" / "annotations" / "0_exp.npy", value)
    listing = source.list(data)
    assert CLASSES[listing.labels[listing.ids.index("train_set/0.jpg")]] == "fear"


def test_chosen_classes_need_no_other_pictures(tmp_path):
    _, data = look_alike(tmp_path)
    (data / "Manually_Annotated_Images" / "689" / "a1.jpg").unlink()
    listing = AffectNet(classes=("happy", "contempt")).list(data)
    assert listing.labels.tolist() == [0, 1, 0] and listing.excluded[NOT_CHOSEN] == 2
    with pytest.raises(StudyError, match="'anger'"):
        AffectNet(classes=("angry",))


def test_the_folders_of_the_archives(tmp_path):
    """Manually_Annotated.part1.rar makes a folder of its own around the pictures."""
    source, data = look_alike(tmp_path)
    ids = source.list(data).ids
    (data / "Manually_Annotated").mkdir()
    (data / "Manually_Annotated_Images").rename(data / "Manually_Annotated" / "Manually_Annotated_Images")
    assert source.list(data).ids == ids
    source.read(data, source.list(data).keys[0])
    with pytest.raises(BadInput, match="inside the set"):
        source.list(data / "Manually_Annotated_file_lists")


def test_repeated_and_contradicting_lines_are_counted(tmp_path):
    source, data = look_alike(tmp_path)
    with open(lists(data) / "validation.csv", "a") as file:
        file.write(line("3/v2.jpg", *FACES["validation"]["3/v2.jpg"]) + line("689/a1.jpg", "0,1,4,5", 3))
    listing = source.list(data)
    assert listing.ids == ["689/a2.JPG", "12/b.png", "689/v1.jpg", "3/v2.jpg"]
    assert listing.excluded[REPEATED] == 1 and listing.excluded[CONTRADICTED] == 2


@pytest.mark.parametrize(("old", "new", "row", "problem"), [
    (",6,0.1", ",11,0.1", 3, "expression '11', expected 0 to 10"), (",6,0.1", ",angry,0.1", 3, "expression 'angry'"),
    (",6,0.1", ",0.1", 3, "8 cells between commas, expected 9"),
    ("0,0,6,6", "0,0,six,6", 3, "face box '0', '0', 'six', '6' are"),
    ("face_x", "x", 1, "expression 'expression'"), ("689/a2.JPG", "689/a2.jpg", 3, "1 of 3 listed pictures are not there"),
    ("689/a2.JPG", "../a2.jpg", 3, r"the first is \.\./a2\.jpg")])
def test_a_wrong_line_is_named(tmp_path, old, new, row, problem):
    source, data = look_alike(tmp_path)
    path = lists(data) / "training.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=problem) as error:
        source.list(data)
    assert (error.value.file, error.value.row) == (path, row)


def test_what_is_not_unpacked_is_named(tmp_path):
    source, data = look_alike(tmp_path)
    place = data / "Manually_Annotated_Images"
    for path in place.rglob("*.*"):
        path.unlink()
    with pytest.raises(BadInput, match="3 of 3 listed pictures are not there"):
        source.list(data)
    for child in place.iterdir():
        child.rmdir()
    place.rmdir()
    (data / "Manually_Annotated.part1.rar").touch()
    for method in (source.list, source.fingerprint):
        with pytest.raises(BadInput, match=r"Manually_Annotated_Images: no such.*Unpack Manually_Annotated\.part1\.rar first"):
            method(data)
    (lists(data) / "validation.csv").unlink()
    with pytest.raises(BadInput, match=r"validation\.csv: no such"):
        source.fingerprint(data)


def test_the_newer_distribution_must_be_whole(tmp_path):
    source, data = look_alike_newer(tmp_path)
    part = data / "AffectNet" / "train_set"
    (part / "annotations" / "10_exp.npy").unlink()
    with pytest.raises(BadInput, match=r"1 pictures have no _exp\.npy, 0 files _exp\.npy no picture; the first is 10\.jpg"):
        source.list(data)
    (part / "images" / "10.jpg").unlink()
    (part / "images" / "0.jpg").unlink()
    with pytest.raises(BadInput, match=r"0 pictures have no _exp\.npy, 1 files _exp\.npy no picture; the first is 0_exp\.npy"):
        source.list(data)
    for ending in ("jpg", "png"):
        picture(part / "images" / f"0.{ending}")
    with pytest.raises(BadInput, match="differ in their endings only"):
        source.list(data)
    (data / "AffectNet" / "val_set").rename(data / "AffectNet" / "validation_set")
    for method in (source.list, source.fingerprint):
        with pytest.raises(BadInput, match=r"val_set: no such file or folder.*validation_set"):
            method(data)


@pytest.mark.parametrize("content", [b"", b"no array", "11", "-1", "happy", np.zeros(3)])
def test_a_wrong_label_file_is_named(tmp_path, content):
    source, data = look_alike_newer(tmp_path)
    path = data / "AffectNet" / "val_set" / "annotations" / "2_exp.npy"
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    with pytest.raises(BadInput, match="one whole number from 0 to 10") as error:
        source.list(data)
    assert error.value.file == path

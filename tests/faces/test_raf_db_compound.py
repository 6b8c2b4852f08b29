import pytest

from mixedfer.errors import BadInput
from mixedfer.faces.datasets.raf_db_compound import CLASSES, RafDbCompound
from tests.faces.look_alikes import picture
from tests.faces.test_raf_db import lay_out

ROWS = (("train_0001", 1), ("train_0002", 11), ("train_0003", 4), ("test_0001", 11), ("test_0002", 9))


def look_alike(folder):
    lay_out(folder / "compound", ROWS, images=("aligned",))
    picture(folder / "compound" / "Image" / "aligned" / "extra.jpg")
    return RafDbCompound(), folder


def test_labels_and_partitions(tmp_path):
    listing = RafDbCompound().list(lay_out(tmp_path, ROWS))
    # The official readme: 1 happily surprised, 4 sadly angry, 9 angrily surprised, 11 disgustedly surprised.
    assert [CLASSES[label] for label in listing.labels] == [
        "happily surprised", "disgustedly surprised", "sadly angry", "disgustedly surprised", "angrily surprised"]
    assert listing.partition.tolist() == [0, 0, 0, 2, 2]
    assert listing.note == "The official set has 3,162 training pictures (here 3), 792 test pictures (here 2)."


def test_originals_have_boxes(tmp_path):
    listing = RafDbCompound(images="original").list(lay_out(tmp_path, ROWS))
    assert listing.boxes[1].tolist() == [1, 2.5, 10, 12]


def test_it_is_found_beside_the_basic_set(tmp_path):
    lay_out(tmp_path / "basic")
    lay_out(tmp_path / "compound", ROWS)
    assert len(RafDbCompound().list(tmp_path).keys) == 5


def test_the_basic_list_is_not_taken_for_it(tmp_path):
    lay_out(tmp_path / "basic")
    for data in (tmp_path, tmp_path / "basic"):
        with pytest.raises(BadInput, match=r"no label is above 7.*seven basic expressions.*'compound'"):
            RafDbCompound().list(data)


def test_a_label_out_of_range(tmp_path):
    folder = lay_out(tmp_path, (*ROWS, ("test_0003", 12)))
    with pytest.raises(BadInput, match="row 6: label 12, expected 1 to 11"):
        RafDbCompound().list(folder)

"""What is wrong with a face set is counted: everything here was planted."""

from __future__ import annotations

import csv
import dataclasses
import io
import math

import numpy as np
import pytest
from scipy.ndimage import zoom

from mixedfer import faceset
from mixedfer.evidence import audit, audit_tables, duplicates
from mixedfer.evidence.figures import audit as figure
from mixedfer.faces.datasets.fer2013 import Fer2013
from tests.evidence.synthetic import write_faces

CLASSES = ("anger", "fear", "joy")
PARTS = ("train", "validation", "test")


def noise(count: int, size: int = 48) -> np.ndarray:
    """(count, size, size, 1) uint8: pictures that are smooth, as photos are, and each its own."""
    coarse = np.random.default_rng(1).uniform(20, 200, (count, 4, 4))
    return zoom(coarse, (1, size / 4, size / 4), order=1).astype(np.uint8)[..., None]


def opened(store, made) -> faceset.FaceSet:
    return faceset.load(store / "faces" / made[0])


def parts_of(faces) -> dict[str, np.ndarray]:
    return {name: np.asarray(faces.partition) == index for index, name in enumerate(PARTS)}


def examine(faces, parts=None, distance=duplicates.DISTANCE) -> dict:
    return audit.summarise(faces, parts_of(faces) if parts is None else parts, duplicates.find(faces, distance))


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """70 smooth pictures of three classes in turn: 10 validation, 30 training, 30 test; nobody twice."""
    store = tmp_path_factory.mktemp("store")
    made = opened(store, write_faces(store, 30, CLASSES, missed=0))
    return dataclasses.replace(made, images=noise(70), subjects=np.arange(70))


@pytest.fixture(scope="module")
def planted(faces):
    """Three equal pairs (one across labels and partitions), a shifted and a brighter one, three gray ones, one unreadable."""
    images, readable = np.array(faces.images), np.ones(70, bool)
    images[11] = images[14]                 # training, one class
    images[40], images[42] = images[12], images[13]     # test and training: 40 and 12 another class, 42 and 13 too
    images[0] = np.roll(images[15], 1, axis=1)          # validation and training, one class
    images[50] = images[16] + np.uint8(1)               # test and training, another class
    images[[20, 21, 60]] = 7
    images[69], readable[69] = 0, False
    meta = {**faces.meta, "unreadable": [["row 69", "an empty file"]], "excluded": {"of another class": 4}}
    return dataclasses.replace(faces, images=images, readable=readable, meta=meta)


def test_nothing_is_found_where_nothing_is(faces):
    made = examine(faces)
    every, *rest = made["parts"]
    assert [part["images"] for part in (every, *rest)] == [70, 30, 10, 30]
    assert [(part["distinct"], part["equal"], part["near"], part["constant"]) for part in rest] == [
        (30, 0, 0, 0), (10, 0, 0, 0), (30, 0, 0, 0)]
    assert all(row["equal"] == row["near"] == 0 for row in made["across"]) and len(made["across"]) == 3


def test_what_was_planted_is_found(planted):
    made = examine(planted)
    every = made["parts"][0]
    assert every["images"] == 69 and every["distinct"] == 69 - 3 - 2
    assert every["constant"] == 3 and every["equal"] == 2 * 3 + 3 and every["near"] == 4
    # 12 is of class 0, 40 of 1; 13 of 1, 42 of 0; 20, 21 and 60 of 2, 0 and 0; 16 of 1, 50 of 2.
    assert every["equal_other_label"] == 4 + 3 and every["near_other_label"] == 2
    assert made["across"] == [{"part": "validation", "other": "train", "equal": 0, "near": 1},
                              {"part": "test", "other": "train", "equal": 3, "near": 1},
                              {"part": "test", "other": "validation", "equal": 0, "near": 0}]
    assert made["unreadable"] == {"an empty file": 1} and made["excluded"] == {"of another class": 4}


def test_a_smaller_distance_finds_fewer(planted):
    exact, usual = (examine(planted, distance=distance)["parts"][0] for distance in (0, 8))
    assert exact["equal"] == usual["equal"] and exact["near"] < usual["near"]


def test_folds_are_compared_with_all_others_together(planted):
    folds = {f"test, fold {fold + 1}": np.arange(70) // 20 == fold for fold in range(4)}
    made = examine(planted, folds)
    assert [(row["part"], row["other"]) for row in made["across"]] == [(name, "any other") for name in folds]
    # The pair 0 and 15 is within a fold; of 12, 13, 16 and of the gray 20, 21, 60 the others are in other folds.
    assert [(row["equal"], row["near"]) for row in made["across"]] == [(2, 1), (2, 0), (2, 1), (1, 0)]


def test_subjects_of_several_partitions_are_counted(faces):
    subjects = np.arange(70)
    subjects[[0, 1, 2, 12]] = 100, 100, 101, 100     # 100 is in validation and training, 101 in one only
    subjects[[30, 31]] = -1
    made = examine(dataclasses.replace(faces, subjects=subjects))["parts"]
    assert [part["subjects_elsewhere"] for part in made] == [1, 1, 1, 0]
    assert [part["subjects"] for part in made] == [70 - 2 - 2, 30 - 2, 9, 30]
    nobody = examine(dataclasses.replace(faces, subjects=np.full(70, -1)))
    assert nobody["parts"][0]["subjects"] is None
    assert "subjects" not in {column.key for column in audit_tables.tables(nobody)[0].columns}


def test_rows_in_no_partition_share_no_subject(faces):
    subjects = np.zeros(70, int)
    assert examine(dataclasses.replace(faces, subjects=subjects), {"train": np.arange(70) < 5})["parts"][1][
        "subjects_elsewhere"] == 0


def test_entropies_are_in_bits(faces):
    labels = np.r_[np.zeros(35, int), np.ones(35, int)]
    votes = np.tile(np.float32([0.5, 0.25, 0.25]), (70, 1))
    made = examine(dataclasses.replace(faces, labels=labels, votes=votes), {})["parts"][0]
    assert made["label_entropy"] == 1 and made["vote_entropy"] == pytest.approx(0.5 * 1 + 2 * 0.25 * 2)
    thirds = examine(faces)["parts"][1]
    assert thirds["label_entropy"] == pytest.approx(math.log2(3)) and thirds["vote_entropy"] is None


def test_found_faces_are_told_by_class_and_partition_where_a_detector_looked(faces):
    found = np.arange(70) >= 12
    made = examine(dataclasses.replace(faces, found=found))
    train = made["parts"][1]
    assert train["found"] == 28 and train["by_class"]["fear"] == {"images": 10, "found": 9}
    blind = dataclasses.replace(faces, meta={**faces.meta, "searched": False})
    assert examine(blind)["parts"][0]["found"] is None
    assert "found" not in audit_tables.describe(examine(blind)) and "face found" in audit_tables.describe(made)


def test_every_picture_concerned_is_listed_with_the_first_like_it(planted):
    rows = list(csv.DictReader(io.StringIO(audit.listing(planted, parts_of(planted), duplicates.find(planted)))))
    told = {row["picture"]: row for row in rows}
    assert len(rows) == 9 + 4
    assert told["drawn-00040"] == {"picture": "drawn-00040", "class": "fear", "partition": "test", "first equal": "drawn-00012",
                                   "first alike": "drawn-00012", "one gray value": "no"}
    assert told["drawn-00015"]["first alike"] == "drawn-00000" and told["drawn-00015"]["first equal"] == "drawn-00015"
    assert told["drawn-00020"]["one gray value"] == "yes"


def test_the_terminal_says_what_was_lost(planted):
    told = audit_tables.describe(examine(planted))
    assert "1 picture unreadable: an empty file" in told and "4 pictures left out: of another class" in told


@pytest.mark.parametrize("change", [
    {}, {"meta": {"searched": False}}, {"parts": {}}, {"classes": [f"class {index} $%" for index in range(40)]}])
def test_the_figure_is_drawn_whatever_there_is(planted, change):
    faces = dataclasses.replace(planted, meta={**planted.meta, **change.get("meta", {})})
    faces = dataclasses.replace(faces, meta={**faces.meta, "classes": change.get("classes", faces.meta["classes"])})
    made = {"audit": examine(faces, change.get("parts"))}
    drawn = figure.draw(None, made)
    panels = drawn.subfigs[0].axes if drawn.subfigs else drawn.axes
    assert len(panels) == 2 - (change.get("meta") is not None) and len(drawn.subfigs) == 2 * (change.get("parts") is None)
    assert ("also in" in figure.alt(None, made)) == (change.get("parts") is None)


def test_the_real_data_has_its_known_copies(real_data, faces):
    """34,034 distinct images, 12 of one gray value; 280 validation and 288 test images are equal to a training image."""
    dataset, data = Fer2013(), real_data / "fer2013.csv"
    listing = dataset.list(data)
    images = np.stack([dataset.read(data, key) for key in listing.keys])[..., None]
    every = np.ones(len(images), bool)
    faces = dataclasses.replace(
        faces, images=images, labels=listing.labels, partition=listing.partition, subjects=np.full(len(images), -1),
        found=every, readable=every, landmarks=np.zeros((len(images), 68, 2), np.float32),
        votes=np.eye(7, dtype=np.float32)[listing.labels], meta=faces.meta | {"classes": list(listing.classes)})
    made = examine(faces)
    every = made["parts"][0]
    assert (every["images"], every["distinct"], every["constant"]) == (35887, 34034, 12)
    assert [row["equal"] for row in made["across"]][:2] == [280, 288]
    assert sum(row["images"] for row in every["by_class"].values()) == 35887
    assert 150 < made["across"][1]["near"] < 350     # photographs in other crops and contrasts; 246 when this was written

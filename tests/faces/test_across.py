import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces import splits
from mixedfer.faces.datasets import NOT_CHOSEN
from mixedfer.faces.datasets.across import UNUSED, Across
from mixedfer.faces.datasets.fer2013 import Fer2013
from mixedfer.faces.datasets.ferplus import FerPlus
from mixedfer.faces.datasets.folder import Folder
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.datasets.remapped import Remapped
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical
from tests.faces import test_ferplus
from tests.faces.look_alikes import picture
from tests.tiny import STUDY

NAMES = {"joy": "happy", "grief": "sad"}
PERSON = r"([a-z]+)-\d"


def joined(*places):
    return Path(os.pathsep.join(map(str, places)))


@pytest.fixture
def photos(tmp_path):
    """Two folders: one in three parts, one without, whose people have the same names."""
    for name in ("train/happy/anna-1", "train/sad/anna-2", "validation/happy/ben-1", "validation/sad/ben-2", "test/sad/carl-1"):
        picture(tmp_path / "one" / f"{name}.png")
    for name in ("grief/anna-1", "joy/anna-2", "joy/dora-1", "fear/dora-2"):
        picture(tmp_path / "two" / f"{name}.png")
    return joined(tmp_path / "one", tmp_path / "two")


@pytest.fixture
def across():
    return Across(dataset=Folder(subject=PERSON), test_dataset=Remapped(Folder(subject=PERSON), NAMES))


def test_one_trains_and_validates_the_other_tests(across, photos):
    listing = across.list(photos)
    found = {name: (listing.classes[label], part)
             for name, label, part in zip(listing.ids, listing.labels, listing.partition.tolist())}
    assert listing.classes == ("happy", "sad") and found == {
        "training/train/happy/anna-1.png": ("happy", 0), "training/train/sad/anna-2.png": ("sad", 0),
        "training/validation/happy/ben-1.png": ("happy", 1), "training/validation/sad/ben-2.png": ("sad", 1),
        "test/grief/anna-1.png": ("sad", 2), "test/joy/anna-2.png": ("happy", 2), "test/joy/dora-1.png": ("happy", 2)}
    assert listing.excluded == {UNUSED: 1, f"test data: {NOT_CHOSEN}": 1}


def test_people_of_the_two_are_never_the_same(across, photos):
    listing = across.list(photos)
    people = {}
    for name, subject in zip(listing.ids, listing.subjects):
        people.setdefault(subject, []).append(f"{name.split('/')[0]} {name.split('/')[-1].split('-')[0]}")
    assert sorted(map(set, people.values()), key=min) == [{"test anna"}, {"test dora"}, {"training anna"}, {"training ben"}]


def test_pictures_and_fingerprint_are_those_of_both(across, photos):
    one, two = map(Path, str(photos).split(os.pathsep))
    listing = across.list(photos)
    for key, name in zip(listing.keys, listing.ids):
        side, _, path = name.partition("/")
        assert np.array_equal(across.read(photos, key), Folder().read({"training": one, "test": two}[side], path))
    before = across.fingerprint(photos)
    assert across.fingerprint(photos) == before
    for place in (one / "train", two):
        picture(place / "happy" / "new.png")
        before, previous = across.fingerprint(photos), before
        assert before != previous


def test_without_partitions_everything_trains(photos):
    two, one = (Path(place) for place in reversed(str(photos).split(os.pathsep)))
    listing = Across(dataset=Remapped(Folder(), NAMES), test_dataset=Folder()).list(joined(two, one))
    sides = [name.split("/")[0] for name in listing.ids]
    assert [{"training": 0, "test": 2}[side] for side in sides] == listing.partition.tolist()
    assert sides.count("training") == 3 and sides.count("test") == 5 and UNUSED not in listing.excluded


def test_votes_and_boxes_of_one_alone(tmp_path):
    data = test_ferplus.write(tmp_path / "ferplus")
    for name in ("mirth/1", "woe/2"):
        picture(tmp_path / "photos" / f"{name}.png")
    plus = Remapped(FerPlus(labels="probability"), {"neutral": "neutral", "anger": "bad", "fear": "bad"})
    listing = Across(dataset=plus, test_dataset=Remapped(Folder(), {"woe": "bad", "mirth": "neutral"})).list(
        joined(data, tmp_path / "photos"))
    votes = dict(zip(listing.ids, listing.votes.tolist()))
    assert votes["training/fer2013.csv:3"] == pytest.approx([4 / 7, 3 / 7])
    assert votes["test/woe/2.png"] == [0, 1] and votes["test/mirth/1.png"] == [1, 0]
    assert listing.boxes is None and listing.subjects is None
    assert listing.note.startswith("Training data: 2 training pictures have no majority")


def test_the_classes_must_be_the_same(photos):
    across = Across(dataset=Folder(), test_dataset=Remapped(Folder(), {"joy": "happy", "grief": "sadness"}))
    with pytest.raises(StudyError, match=r"test data have no class 'sad'\. Did you mean 'sadness'.*Remapped"):
        across.list(photos)
    more = Remapped(Folder(), {**NAMES, "fear": "fear"})
    with pytest.raises(StudyError, match="training data have no class 'fear'"):
        Across(dataset=Folder(), test_dataset=more).list(photos)


def test_data_must_name_two_places(across, photos):
    one = Path(str(photos).split(os.pathsep)[0])
    for wrong, count in ((one, 1), (joined(photos, one), 3)):
        for method in (across.list, across.fingerprint):
            with pytest.raises(BadInput, match=rf"{count} place\(s\) named.*--data TRAINING{os.pathsep}TEST"):
                method(wrong)
    with pytest.raises(BadInput, match="--data"):
        across.list(None)
    with pytest.raises(BadInput, match="nowhere: no such file"):
        across.list(joined(one, one.parent / "nowhere"))
    with pytest.raises(BadInput, match="this study needs a folder"):
        across.list(joined(one, ""))


def test_a_side_that_needs_no_place(photos):
    people = Portrait(classes=("happy", "sad"), identities=2, per_class=1)
    across = Across(dataset=people, test_dataset=Folder())
    listing = across.list(joined("", str(photos).split(os.pathsep)[0]))
    assert np.bincount(listing.partition).tolist() == [4, 0, 5]
    assert across.read(joined("", "anywhere"), listing.keys[0]).shape == (200, 200, 3)


def test_it_is_a_part_of_a_study(across, photos):
    assert pickle.loads(pickle.dumps(across)) == across and hash(across)
    written = json.loads(json.dumps(canonical(across)))
    assert written["test_dataset"]["classes"] == [["joy", "happy"], ["grief", "sad"]]
    keys = across.list(photos).keys
    assert pickle.loads(pickle.dumps(keys)) == keys
    with pytest.raises(StudyError, match="test_dataset"):
        Across(dataset=Fer2013(), test_dataset=None)


def test_validation_is_drawn_from_the_people_that_train():
    train, test = (Portrait(classes=("happy", "sad"), identities=count, per_class=1, population=seed)
                   for count, seed in ((8, 1), (2, 2)))
    faces = unseen(Across(dataset=train, test_dataset=test).list(None))
    parts = splits.split(faces, STUDY)
    assert {faces.name(row).split("/")[0] for row in parts.test} == {"test"} and len(parts.test) == 4
    rest = np.concatenate([parts.train, parts.validation])
    assert {faces.name(row).split("/")[0] for row in rest} == {"training"} and len(rest) == 16
    assert len(parts.validation) and not set(faces.subjects[parts.train]) & set(faces.subjects[parts.validation])


def unseen(listing):
    """The face set of a listing as far as a split looks at it: without pixels and landmarks."""
    known = np.ones(len(listing.ids), bool)
    arrays = {name: np.zeros(len(known)) for name in ("images", "landmarks", "boxes", "votes")}
    return FaceSet(folder=Path("unseen"), meta={"classes": listing.classes}, found=known, readable=known, labels=listing.labels,
                   partition=listing.partition, subjects=listing.subjects, ids=np.array(listing.ids, bytes), **arrays)

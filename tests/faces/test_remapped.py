import dataclasses
import json
import pickle

import numpy as np
import pytest

from mixedfer.errors import StudyError
from mixedfer.faces.datasets import NOT_CHOSEN, Entry, collect, entries
from mixedfer.faces.datasets.folder import Folder
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.datasets.remapped import Remapped, remap
from mixedfer.identity import canonical, digest
from tests.faces.look_alikes import picture

NAMES = {"happy": "happiness", "sad": "sadness", "gloomy": "sadness"}


@pytest.fixture
def photos(tmp_path):
    for name in ("angry/anna-1", "gloomy/ben-1", "happy/anna-2", "sad/carl-1", "sad/anna-3"):
        picture(tmp_path / f"{name}.png")
    return tmp_path


def test_classes_are_renamed_merged_and_left_out(photos):
    listing = Remapped(Folder(subject=r"([a-z]+)-\d"), NAMES).list(photos)
    assert listing.classes == ("happiness", "sadness")
    assert {name: listing.classes[label] for name, label in zip(listing.ids, listing.labels)} == {
        "gloomy/ben-1.png": "sadness", "happy/anna-2.png": "happiness", "sad/anna-3.png": "sadness",
        "sad/carl-1.png": "sadness"}
    assert listing.excluded == {NOT_CHOSEN: 1}
    ben, anna, again, carl = listing.subjects
    assert anna == again and len({anna, ben, carl}) == 3


def test_pictures_and_fingerprint_are_those_of_the_source(photos):
    source, remapped = Folder(), Remapped(Folder(), NAMES)
    key = remapped.list(photos).keys[0]
    assert np.array_equal(remapped.read(photos, key), source.read(photos, key))
    assert remapped.fingerprint(photos) == source.fingerprint(photos)


def test_votes_are_merged():
    known = ("fear", "sad", "joy", "calm")
    source = collect([Entry(1, "a", "sad", votes=(1, 4, 3, 2)), Entry(2, "b", "calm", votes=(0, 0, 2, 8)),
                      Entry(3, "c", "joy", votes=(0, 0, 6, 4))], known, excluded={"torn": 2})
    listing = remap(source, {"joy": "good", "sad": "bad", "fear": "bad"})
    assert listing.ids == ["a", "c"] and listing.labels.tolist() == [1, 0]
    assert listing.votes.tolist() == [[pytest.approx(3 / 8), pytest.approx(5 / 8)], [1, 0]]
    assert listing.excluded == {"torn": 2, NOT_CHOSEN: 1}


def test_a_label_is_what_most_of_the_merged_votes_are_for():
    known, both = ("joy", "sad", "fear", "calm"), {"joy": "good", "sad": "bad", "fear": "bad"}
    votes = {"turned": ("joy", (4, 3, 3, 0)), "torn": ("joy", (3, 1, 2, 0)), "same": ("sad", (3, 4, 0, 3)),
             "by an expert": ("joy", (1, 4, 4, 0)), "of another class": ("calm", (0, 2, 2, 3))}
    source = collect([Entry(name, name, label, votes=counts) for name, (label, counts) in votes.items()], known,
                     note="As it was.")
    listing = remap(source, both)
    assert {name: listing.classes[label] for name, label in zip(listing.ids, listing.labels)} == {
        "turned": "bad", "torn": "good", "same": "bad", "by an expert": "good"}
    assert listing.excluded == {NOT_CHOSEN: 1}
    assert listing.note == "As it was. 1 pictures have most votes for several of the merged classes; their label is as before."
    renamed = remap(source, {name: name.upper() for name in known})
    assert np.array_equal(renamed.labels, source.labels) and renamed.note == "As it was."


def test_all_else_stays():
    source = collect([Entry(("k", n), f"{n}.png", "ab"[n % 2], n % 3, "xy"[n % 2] * (n > 1), box=(n, 1, 2, 3) if n else ())
                      for n in range(6)], ("a", "b"), note="as it was")
    same = remap(source, {"a": "a", "b": "b"})
    np.testing.assert_equal(dataclasses.asdict(same), dataclasses.asdict(source))
    other = remap(source, {"b": "B"})
    assert list(entries(other)) == [entry._replace(label="B", subject=entry.subject and f"{1:09d}")
                                    for entry in entries(source) if entry.label == "b"]


def test_names_that_do_not_fit(photos):
    with pytest.raises(StudyError, match=r"no class 'hapy'. Did you mean 'happy'"):
        Remapped(Folder(), {"hapy": "happiness"}).list(photos)
    for wrong in ({}, (("happy", "a", "b"),), (("happy", 3),), {"happy": None}, "happy"):
        with pytest.raises(StudyError, match="Remapped"):
            Remapped(Folder(), wrong)
    with pytest.raises(StudyError, match="named twice"):
        Remapped(Folder(), (("happy", "a"), ("happy", "b")))


def test_the_order_of_names_is_part_of_what_it_is():
    one, two = (Remapped(Portrait(), names) for names in ({"happy": "h", "sad": "s"}, {"sad": "s", "happy": "h"}))
    assert one == Remapped(Portrait(), (("happy", "h"), ("sad", "s"))) and hash(one) != hash(two)
    assert digest(one) != digest(two)
    assert json.loads(json.dumps(canonical(one)))["classes"] == [["happy", "h"], ["sad", "s"]]
    assert pickle.loads(pickle.dumps(one)) == one == dataclasses.replace(one)

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.faces.datasets import NOT_CHOSEN, Entry, collect

KNOWN = ("fear", "happy", "sad")


def test_entries_of_other_classes_are_counted():
    entries = [Entry(1, "a", "sad"), Entry(2, "b", "fear"), Entry(3, "c", "happy"), Entry(4, "d", "sad")]
    listing = collect(entries, KNOWN, ("sad", "happy"), excluded={"no face in it": 2})
    assert listing.ids == ["a", "c", "d"] and listing.keys == [1, 3, 4] and listing.classes == ("sad", "happy")
    assert listing.labels.tolist() == [0, 1, 0] and listing.excluded == {"no face in it": 2, NOT_CHOSEN: 1}
    assert listing.partition is listing.subjects is listing.votes is listing.boxes is None


def test_subjects_are_numbered_and_unknown_ones_are_not():
    entries = [Entry(1, "a", "sad", 0, "zoe"), Entry(2, "b", "sad", 2), Entry(3, "c", "sad", 0, "ann"),
               Entry(4, "d", "sad", 0, "zoe")]
    listing = collect(entries, KNOWN)
    zoe, unknown, ann, again = listing.subjects.tolist()
    assert unknown == -1 and zoe == again != ann and min(zoe, ann) >= 0
    assert listing.partition.tolist() == [0, 2, 0, 0]


def test_votes_for_classes_that_are_left_out_are_left_out():
    entries = [Entry(1, "a", "sad", votes=(5, 1, 3)), Entry(2, "b", "happy", votes=(9, 0, 0)), Entry(3, "c", "sad")]
    listing = collect(entries, KNOWN, ("sad", "happy"))
    assert listing.votes.dtype == np.float32
    assert listing.votes.tolist() == [[.75, .25], [0, 1], [1, 0]]  # 3 and 1 of 4; no vote left: the label


def test_boxes_where_a_list_has_them():
    listing = collect([Entry(1, "a", "sad", box=(1, 2, 30, 40)), Entry(2, "b", "sad")], KNOWN)
    assert listing.boxes[0].tolist() == [1, 2, 30, 40] and np.isnan(listing.boxes[1]).all()


def test_two_entries_of_one_name_are_refused():
    with pytest.raises(BadInput, match="'a' is listed twice"):
        collect([Entry(1, "a", "sad"), Entry(2, "a", "sad")], KNOWN)

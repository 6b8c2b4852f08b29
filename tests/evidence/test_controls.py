"""What explains a gain: controls are recognised by what they see, and treatments are told beyond them."""

from __future__ import annotations

import pytest

from mixedfer.evidence import comparing, controls, results, summary
from tests.evidence.synthetic import build

IMAGE = {"name": "image-only", "image": True, "landmarks": None, "widened": None, "seed": 0}
MIXED = {**IMAGE, "name": "mixed", "landmarks": "normalised"}
OTHERS = {"shows": "others", "rules_out": "An equal gain would mean little."}
LEAKING = {"shows": "others of its class", "rules_out": "It leaks the label."}


def told(store, *arms):
    found = results.load(build(store, arms, images=120, replicates=3), store)
    numbers = summary.summarise(found, comparing.compare_all(found))
    return found, numbers, {row[0]: row[1] for row in controls.explains(found, numbers).rows}


@pytest.mark.parametrize(("arm", "control", "view", "words"), [
    ({**MIXED, "name": "a"}, IMAGE, {"shows": "own", "rules_out": ""}, "Landmarks beside the image."),
    ({**MIXED, "image": False}, IMAGE, None, "Landmarks alone, without the image."),
    (MIXED, IMAGE, OTHERS, "Landmarks of other faces beside the image. An equal gain would mean little."),
    (MIXED, {**MIXED, "landmarks": "distances"}, OTHERS, "Landmarks of other faces beside the image."),
    (MIXED, {**MIXED, "landmarks": "distances"}, LEAKING,
     "Landmarks of other faces of its class beside the image. It leaks the label."),
    ({**IMAGE, "widened": "normalised"}, IMAGE, None, "The image alone, with as many parameters as with landmarks. "
     "An equal gain would mean that the gain comes from size."),
    ({**IMAGE, "widened": "normalised"}, MIXED, None, "The image alone, with as many parameters as with landmarks."),
    ({**IMAGE, "name": "b", "seed": 1}, IMAGE, None, "The control again, with other seeds. Any difference is chance."),
    ({**IMAGE, "name": "b"}, IMAGE, None, "The control again, with the same seeds. Any difference is chance."),
    ({**MIXED, "name": "b", "seed": 1}, MIXED, None, "The control again, with other seeds. Any difference is chance."),
    (IMAGE, MIXED, None, "The image alone."),
])
def test_what_an_arm_tells_depends_on_what_the_control_sees(arm, control, view, words):
    assert controls.tells(arm, control, view) == words


def test_a_treatment_is_told_beyond_its_controls(tmp_path):
    found, numbers, roles = told(tmp_path, "image-only", "mixed", "shuffled", "image-only again")
    assert list(roles) == ["mixed", "shuffled", "image-only again"] and "equal gain" in roles["shuffled"]
    rows = controls.beyond(found, numbers).rows
    assert [row[:2] for row in rows] == [["mixed", "shuffled"], ["mixed", "image-only again"]]
    for _, control, estimate, (low, high) in rows:
        assert estimate == pytest.approx(found.correct("mixed").mean() - found.correct(control).mean())
        assert low < estimate < high


def test_against_a_control_with_landmarks_the_image_alone_is_a_treatment(tmp_path):
    found, numbers, roles = told(tmp_path, "mixed", "image-only", "mixed again")
    assert roles["image-only"] == "The image alone." and roles["mixed again"].startswith("The control again, with other seeds")
    assert not controls.beyond(found, numbers).rows


def test_nothing_is_gained_beyond_a_control_that_collapsed(tmp_path):
    plan = build(tmp_path, ("image-only", "mixed", "shuffled"), images=120, replicates=3, collapsed=("shuffled",))
    found = results.load(plan, tmp_path)
    row, = controls.beyond(found, summary.summarise(found, comparing.compare_all(found))).rows
    assert row[:2] == ["mixed", "shuffled"] and row[3] is None

"""Whose landmarks an arm was shown is read from what its runs noted."""

from __future__ import annotations

import pytest

from mixedfer.evidence import results
from tests.evidence.spoiling import change, failures, on, seen
from tests.evidence.synthetic import build, sha


def test_whose_landmarks_an_arm_saw_is_told(tmp_path):
    found = results.load(build(tmp_path, ("image-only", "mixed", "landmarks-only", "shuffled"), images=60), tmp_path)
    detail = {check.name: check.detail for check in found.checks}["landmarks"]
    assert found.comparable and "image-only" not in detail
    assert detail.startswith("mixed saw each face's own landmarks; landmarks-only saw each face's own landmarks; "
                             "shuffled was given other faces' landmarks; arms with one view and seed saw equal numbers; "
                             "shuffled saw other numbers than mixed and landmarks-only in every epoch and evaluation")


def test_one_view_shows_all_arms_the_same_numbers(tmp_path):
    plan = build(tmp_path, ("image-only", "mixed", "landmarks-only"), images=60,
                 edit=change({"proof.shown": seen(3, landmarks=sha("x"))}))
    assert "in landmarks from epoch 4" in failures(plan, tmp_path)["landmarks"]


def test_a_shuffled_arm_that_got_its_own_landmarks_is_seen(tmp_path):
    def edit(arm, fold, replicate, facts):
        if arm == "shuffled":
            facts["proof"]["evaluated"]["test"]["sources"] = mark
    for mark, words in (("own", "each face's own"), ("some own", "some faces' own")):
        failed = failures(build(tmp_path / mark, ("image-only", "shuffled"), images=60, edit=edit), tmp_path / mark)
        assert list(failed) == ["landmarks"] and f"was given {words} landmarks" in failed["landmarks"]


CONTROLS = ("image-only", "mixed", "shuffled", "noise", "constant", "found flag")


def test_controls_are_told_by_their_hashes(tmp_path):
    found = results.load(build(tmp_path, CONTROLS, images=60), tmp_path)
    detail = {check.name: check.detail for check in found.checks}["landmarks"]
    assert found.comparable
    for words in ("noise was given numbers that are drawn anew in every replicate",
                  "constant was given the same numbers for every face",
                  "found flag was given no face's landmarks, as its view says (hashes alone cannot tell)",
                  "shuffled, noise, constant and found flag saw other numbers than mixed in every epoch"):
        assert words in detail


def test_controls_alone_say_what_they_were_not_compared_with(tmp_path):
    found = results.load(build(tmp_path, ("image-only", "shuffled"), images=60), tmp_path)
    detail = {check.name: check.detail for check in found.checks}["landmarks"]
    assert found.comparable
    assert "no arm saw the faces' own landmarks, so the numbers of shuffled were compared with none" in detail


@pytest.mark.parametrize("control", CONTROLS[2:])
@pytest.mark.parametrize("where", ["shown", "evaluated"])
def test_a_control_that_got_the_faces_own_numbers_is_seen(tmp_path, control, where):
    def edit(arm, fold, replicate, facts):
        shown, evaluated = (facts["proof"][name] for name in ("shown", "evaluated"))
        if arm == "mixed":
            own[replicate] = [epoch["landmarks"] for epoch in shown], evaluated["test"]["landmarks"]
        elif arm == control and where == "shown":
            for epoch, landmarks in zip(shown, own[replicate][0]):
                epoch["landmarks"] = landmarks
        elif arm == control:
            evaluated["test"]["landmarks"] = own[replicate][1]
    own: dict = {}
    failed = failures(build(tmp_path, CONTROLS, images=60, edit=edit), tmp_path)
    assert list(failed) == ["landmarks"]
    assert f"{control}, replicate 1 was given the numbers of mixed, replicate 1" in failed["landmarks"]


@pytest.mark.parametrize("control, words", [
    ("constant", "by its view it was given the same numbers for every face, by its hashes not"),
    ("noise", "by its view it was given numbers that are drawn anew in every replicate, by its hashes not"),
])
def test_controls_that_got_numbers_of_other_kinds_are_seen(tmp_path, control, words):
    """As if they had been given the flags of found faces."""
    def edit(arm, fold, replicate, facts):
        if arm == control:
            for at, epoch in enumerate(facts["proof"]["shown"]):
                epoch["landmarks"] = sha("flag", at, replicate)
            for part, seen in facts["proof"]["evaluated"].items():
                seen["landmarks"] = sha("flag", part)
    failed = failures(build(tmp_path, ("image-only", control), images=60, edit=edit), tmp_path)
    assert list(failed) == ["landmarks"] and words in failed["landmarks"]


def test_landmarks_that_are_the_same_for_every_face_are_seen(tmp_path):
    def spoil(facts):
        for epoch in facts["proof"]["shown"]:
            epoch["landmarks"] = sha("zeros")
    failed = failures(build(tmp_path, images=60, edit=on("mixed")(spoil)), tmp_path)
    assert list(failed) == ["landmarks"] and "was given the same numbers for every face" in failed["landmarks"]

"""What explains a gain: controls are recognised by what they see, and treatments are told beyond them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixedfer.evidence import comparing, controls, summary

VIEW = "mixedfer.learning.views."


@pytest.mark.parametrize(("arm", "words"), [
    ({"landmarks": {"kind": f"{VIEW}shuffled:Shuffled@1", "view": f"{VIEW}normalised:normalised@2"}}, "another face"),
    ({"landmarks": {"kind": f"{VIEW}shuffled_within_class:ShuffledWithinClass"}}, "leaks the true label"),
    ({"landmarks": f"{VIEW}normalised:normalised@2"}, ""), ({"landmarks": "my.own:view"}, ""),
    ({"landmarks": None, "widened": f"{VIEW}normalised:normalised"}, "as many parameters"),
    ({"landmarks": None, "seed": 0}, "the same seeds"),
])
def test_controls_are_recognised(arm, words):
    assert words in controls.tells(arm) and bool(words) == bool(controls.tells(arm))


def test_a_treatment_is_told_beyond_its_controls(drawn):
    study = drawn.plan.study
    shuffled = {**study["treatments"][1], "landmarks": {"kind": f"{VIEW}shuffled:Shuffled"}}
    loaded = replace(drawn, plan=replace(drawn.plan, study={**study, "treatments": [study["treatments"][0], shuffled]}))
    told = summary.summarise(loaded, comparing.compare_all(loaded))
    row, = controls.beyond(loaded, told).rows
    gap = drawn.correct("mixed").mean() - drawn.correct("landmarks-only").mean()
    assert row[:2] == ["mixed", "landmarks-only"] and row[2] == pytest.approx(gap) and row[3][0] < gap < row[3][1]
    assert [entry[0] for entry in controls.explains(loaded, told).rows] == ["mixed", "landmarks-only"]
    assert not controls.beyond(drawn, told).rows

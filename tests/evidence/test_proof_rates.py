"""Learning rates that follow each run's own validation: told, recomputed, and refused where they do not fit the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from mixedfer.checked import Checked
from mixedfer.evidence import results
from mixedfer.learning.schedules.plateau import Plateau
from tests.evidence.synthetic import build

RULE = Plateau(factor=0.5, patience=1)
#: Losses of four epochs; with patience 1 the rate falls after the third epoch of image-only, and never for mixed.
LOSSES = {"image-only": (0.9, 0.8, 0.8, 0.7), "mixed": (0.9, 0.8, 0.7, 0.6)}
RATES = {"image-only": [0.01, 0.01, 0.01, 0.005], "mixed": [0.01] * 4}


@dataclass(frozen=True, kw_only=True)
class Own(Checked):
    """A rule that is the study's own."""

    follows = "history"

    def __call__(self, epoch: int, epochs: int, history: Sequence[dict]) -> float:
        return 1.0


def study(folder, schedule=RULE, spoil=lambda arm, replicate, proof: None):
    """The check of a study whose arms have these losses and rates; every loss is other by a little in every replicate."""
    def edit(arm, fold, replicate, facts):
        facts["proof"]["learning_rate"] = [float(np.float32(rate)) for rate in RATES[arm]]
        for entry, loss, rate in zip(facts["history"], LOSSES[arm], facts["proof"]["learning_rate"], strict=True):
            entry.update(validation_loss=loss + replicate / 1000, learning_rate=rate, epoch=entry["epoch"],
                         **dict.fromkeys(("loss", "accuracy", "validation_accuracy"), 0.5))
        spoil(arm, replicate, facts["proof"])
    found = results.load(build(folder, images=60, recipe={"schedule": schedule}, edit=edit), folder)
    return found, next(check for check in found.checks if check.name == "learning rate")


def test_arms_may_have_other_rates_by_one_rule_which_are_recomputed(tmp_path):
    found, check = study(tmp_path)
    assert found.comparable
    assert check.detail.startswith("by one rule, Plateau, from each run's own validation, so that arms may have other rates: "
                                   "2 courses in 10 runs")
    assert check.detail.endswith("every run those that its history gives when recomputed")


def test_the_rule_of_a_study_is_not_recomputed_and_that_is_said(tmp_path):
    found, check = study(tmp_path, Own())
    assert found.comparable and "by one rule, Own, " in check.detail and "was not recomputed" in check.detail


@pytest.mark.parametrize(("epoch", "schedule", "words"), [
    (0, Own(), "mixed, replicate 2 differs from image-only, replicate 1 in its learning rate in epoch 1, after the same"),
    (2, Own(), "mixed, replicate 2 differs from image-only, replicate 2 in its learning rate in epoch 3, after the same"),
    (3, RULE, "mixed, replicate 2 had a learning rate in epoch 4 that its history does not give")])
def test_a_rate_that_the_rule_does_not_give_is_found(tmp_path, epoch, schedule, words):
    def spoil(arm, replicate, proof):
        if (arm, replicate) == ("mixed", 1):
            proof["learning_rate"][epoch] *= 1.01
    found, check = study(tmp_path, schedule, spoil)
    assert not check.passed and words in check.detail
    assert [other.name for other in found.checks if not other.passed] == ["learning rate"]


@pytest.mark.parametrize(("change", "words"), [
    ({"learning_rate": [0.01] * 3}, "mixed, replicate 2 left 3 entries of learning rate"),
    ({"learning_rate": ["x"] * 4}, "mixed, replicate 2 left 0 entries of learning rate"),
    ({"follows": "epochs"}, "mixed, replicate 2 differs from image-only, replicate 2 in word on what its learning"),
    ({"follows": None}, "mixed, replicate 2 left no word on what its learning rate follows")])
def test_what_a_run_did_not_write_down_does_not_fit(tmp_path, change, words):
    def spoil(arm, replicate, proof):
        if (arm, replicate) == ("mixed", 1):
            proof.update(change)
    _, check = study(tmp_path, RULE, spoil)
    assert not check.passed and words in check.detail

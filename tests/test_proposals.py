"""Real Optuna: what it proposes depends on the search, the trial's number and the scores so far, and on nothing else."""

import dataclasses
import math
import sys

import pytest

from mixedfer.axes import Axis, Range, Search
from mixedfer.errors import BadInput
from tests.tiny import STUDY

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'mixedfer[tune]'")

from mixedfer.proposals import Proposals, release

SPACE = (Range("learning_rate", 1e-6, 1.0, log=True), Axis("optimizer", ("sgd", "adam")), Range("batch_size", 4, 32))
RATE = "recipe.learning_rate"


def play(score, rounds, metric="accuracy", **search):
    """All values that were proposed in so many rounds of five."""
    study = dataclasses.replace(STUDY, metric=metric, search=Search(**{"space": SPACE, "trials": 50, "together": 5, **search}))
    proposals, seen = Proposals(study), []
    for _ in range(rounds):
        asked = proposals.ask(5)
        proposals.tell([score(values) for values in asked])
        seen += asked
    return seen


def planted(values):
    """Best at a learning rate of 3e-3, by orders of magnitude."""
    return -abs(math.log10(values[RATE] / 3e-3))


def test_the_first_trial_is_the_recipe_itself_and_all_lie_in_the_space():
    seen = play(planted, 4)
    assert seen[0] == {RATE: 0.01, "recipe.optimizer": "adam", "recipe.batch_size": 8}
    assert all(1e-6 <= one[RATE] <= 1 and one["recipe.optimizer"] in ("sgd", "adam") for one in seen)
    assert all(isinstance(one["recipe.batch_size"], int) and 4 <= one["recipe.batch_size"] <= 32 for one in seen)
    assert len({one[RATE] for one in seen}) == 20


def test_a_planted_good_learning_rate_is_found():
    seen = play(planted, 8)
    late = sorted(abs(planted(one)) for one in seen[20:])
    assert late[0] < 0.1 and late[10] < 0.75  # half of the late trials; at random it were 1.6 of six orders of magnitude
    low = play(lambda values: -planted(values), 8, metric="log_loss")
    assert low == seen


def test_a_search_is_replayed_to_the_same_proposals():
    assert play(planted, 6)[:20] == play(planted, 4)


def test_arms_are_asked_the_same_until_their_scores_tell_them_apart():
    def other(values):
        return -abs(math.log10(values[RATE] / 0.3))
    one, two = play(planted, 4), play(other, 4)
    assert one[:10] == two[:10] and one[10:] != two[10:]
    assert play(planted, 4, sampler="random") == play(other, 4, sampler="random")
    assert play(planted, 1, seed=1)[1:] != one[1:5]


def test_a_recipe_that_does_not_train_is_worse_than_any_score():
    def wild(values):
        return None if values[RATE] > 1e-4 else -9.0
    late = play(wild, 8)[20:]
    assert sum(one[RATE] <= 1e-4 for one in late) > 0.6 * len(late)  # at random one in three


def test_without_optuna_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(BadInput, match=r"mixedfer\[tune\]"):
        release()

"""The signs of a collapsed model, on answers that show them and on answers that do not."""

from __future__ import annotations

import numpy as np

from mixedfer.evidence import collapse
from mixedfer.metrics import METRICS


def faces(count=300, happy=0.63):
    return (np.arange(count) >= happy * count).astype(int)


def test_the_class_prior_for_every_face_is_collapse():
    """The network that this project began with ended at one constant output: 0.63 and 0.37 for every face."""
    reason = collapse.reason(faces(), np.tile(np.float32([0.63, 0.37]), (300, 1)))
    assert "no better" in reason and "one class" in reason and "one constant output" in reason


def test_a_nearly_constant_output_is_collapse_whatever_the_ties_say():
    """With balanced classes a hair decides the answer; half are right, none of them by merit."""
    rng = np.random.default_rng(0)
    happy = 0.5 + rng.normal(0, 0.001, 300)
    reason = collapse.reason(faces(happy=0.5), np.stack([happy, 1 - happy], -1))
    assert "one constant output" in reason and "one class" not in reason


def test_confident_answers_of_one_class_are_collapse():
    probabilities = np.tile([0.99, 0.01], (300, 1))
    assert "100.0% of its answers are one class" in collapse.reason(faces(), probabilities)


def test_chance_is_collapse():
    answers = np.random.default_rng(0).integers(0, 2, 300)
    assert collapse.reason(faces(), np.eye(2)[answers]).startswith("no better than always answering")


def test_a_model_that_learnt_has_not_collapsed():
    rng = np.random.default_rng(0)
    truth, probabilities = rng.integers(0, 4, 200), rng.dirichlet(np.ones(4), 200)
    assert collapse.reason(truth, probabilities + 0.4 * np.eye(4)[truth]) == ""
    truth = faces()
    assert collapse.reason(truth, 0.6 * np.eye(2)[truth] + 0.2) == ""


def test_every_class_answered_well_is_no_collapse_however_lopsided_the_truth():
    """90 of 100 are of one class, 85% of each are right: less often than by always answering that class, and learnt."""
    truth = np.repeat([0, 1], [1800, 200])
    right = np.arange(2000) % 20 < 17
    probabilities = np.where(np.arange(2) == np.where(right, truth, 1 - truth)[:, None], 0.85, 0.15)
    assert METRICS["accuracy"](truth, probabilities) == 0.85 < 0.9 and collapse.reason(truth, probabilities) == ""
    constant = np.tile([0.9, 0.1], (2000, 1))
    assert "no better than always answering" in collapse.reason(truth, constant)
    blind = np.eye(2)[(np.random.default_rng(0).random(2000) < 0.1).astype(int)]
    assert collapse.reason(truth, blind).startswith("no better than always answering")


def test_a_lopsided_truth_may_be_answered_lopsidedly():
    truth = np.r_[np.zeros(995, int), np.ones(5, int)]
    assert collapse.reason(truth, 0.9 * np.eye(2)[truth] + 0.05) == ""

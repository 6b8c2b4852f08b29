"""Metrics against scikit-learn and arithmetic; the signs of a collapsed model."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from mixedfer.errors import BadInput, Fault, MixedferError
from mixedfer.evidence import metrics

SCORES = (metrics.accuracy, metrics.macro_f1, metrics.balanced_accuracy, metrics.confusion, metrics.recall,
          metrics.collapse)


@pytest.fixture
def answered():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 200)
    probabilities = rng.dirichlet(np.ones(4), 200)
    probabilities[np.arange(200), truth] += 0.4
    return truth, probabilities / probabilities.sum(-1, keepdims=True)


def test_against_scikit_learn(answered):
    truth, probabilities = answered
    answers = probabilities.argmax(-1)
    assert metrics.accuracy(truth, probabilities) == (truth == answers).mean()
    assert metrics.macro_f1(truth, probabilities) == pytest.approx(f1_score(truth, answers, average="macro"))
    assert metrics.balanced_accuracy(truth, probabilities) == pytest.approx(balanced_accuracy_score(truth, answers))
    assert metrics.recall(truth, probabilities).mean() == pytest.approx(balanced_accuracy_score(truth, answers))
    assert metrics.confusion(truth, probabilities).sum() == 200
    assert metrics.confusion(truth, probabilities)[1, 2] == ((truth == 1) & (answers == 2)).sum()


def test_a_class_without_images_or_answers():
    """Truth 0, 0, 1 answered 0, 2, 2: recalls 1/2, 0 and none; F1 2/3, 0 and 0."""
    truth, probabilities = np.array([0, 0, 1]), np.eye(3)[[0, 2, 2]]
    assert metrics.balanced_accuracy(truth, probabilities) == pytest.approx(1 / 4)
    assert metrics.macro_f1(truth, probabilities) == pytest.approx(2 / 9)
    assert metrics.recall(truth, probabilities).tolist()[:2] == [0.5, 0.0]
    assert np.isnan(metrics.recall(truth, probabilities)[2])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("truth, probabilities, error", [
    (np.zeros(0, int), np.zeros((0, 2)), BadInput),
    (np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, 0.5]]), Fault),
    (np.array([0, 2]), np.full((2, 2), 0.5), BadInput),
    (np.array([0, -1]), np.full((2, 2), 0.5), BadInput),
    (np.array([0, 1, 1]), np.full((2, 2), 0.5), BadInput),
])
def test_no_data_is_an_error(score, truth, probabilities, error):
    with pytest.raises(error) as caught:
        score(truth, probabilities)
    assert isinstance(caught.value, MixedferError)


def faces(count=300, happy=0.63):
    return (np.arange(count) >= happy * count).astype(int)


def test_the_class_prior_for_every_face_is_collapse():
    """The network that this project began with ended at one constant output: 0.63 and 0.37 for every face."""
    reason = metrics.collapse(faces(), np.tile(np.float32([0.63, 0.37]), (300, 1)))
    assert "no better" in reason and "one class" in reason and "one constant output" in reason


def test_a_nearly_constant_output_is_collapse_whatever_the_ties_say():
    """With balanced classes a hair decides the answer; half are right, none of them by merit."""
    rng = np.random.default_rng(0)
    happy = 0.5 + rng.normal(0, 0.001, 300)
    reason = metrics.collapse(faces(happy=0.5), np.stack([happy, 1 - happy], -1))
    assert "one constant output" in reason and "one class" not in reason


def test_confident_answers_of_one_class_are_collapse():
    probabilities = np.tile([0.99, 0.01], (300, 1))
    assert "100.0% of its answers are one class" in metrics.collapse(faces(), probabilities)


def test_chance_is_collapse():
    answers = np.random.default_rng(0).integers(0, 2, 300)
    assert metrics.collapse(faces(), np.eye(2)[answers]).startswith("no better than always answering")


def test_a_model_that_learnt_has_not_collapsed(answered):
    assert metrics.collapse(*answered) == ""
    truth = faces()
    assert metrics.collapse(truth, 0.6 * np.eye(2)[truth] + 0.2) == ""


def test_a_lopsided_truth_may_be_answered_lopsidedly():
    truth = np.r_[np.zeros(995, int), np.ones(5, int)]
    assert metrics.collapse(truth, 0.9 * np.eye(2)[truth] + 0.05) == ""

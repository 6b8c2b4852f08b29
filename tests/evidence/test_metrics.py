"""Metrics against scikit-learn and arithmetic; the signs of a collapsed model."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from sklearn.metrics import balanced_accuracy_score, f1_score

from mixedfer.errors import BadInput, Fault, MixedferError
from mixedfer.evidence import metrics

SCORES = (metrics.accuracy, metrics.macro_f1, metrics.balanced_accuracy, metrics.log_loss, metrics.collapse)


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
    assert metrics.log_loss(truth, probabilities) == pytest.approx(sklearn.metrics.log_loss(truth, probabilities))


def test_a_class_without_images_or_answers():
    """Truth 0, 0, 1 answered 0, 2, 2: recalls 1/2, 0 and none; F1 2/3, 0 and 0."""
    truth, probabilities = np.array([0, 0, 1]), np.eye(3)[[0, 2, 2]]
    assert metrics.balanced_accuracy(truth, probabilities) == pytest.approx(1 / 4)
    assert metrics.macro_f1(truth, probabilities) == pytest.approx(2 / 9)
    # A class that only the answers know counts for F1 and not for recall, as in scikit-learn.
    assert metrics.macro_f1(truth, probabilities) == pytest.approx(f1_score(truth, [0, 2, 2], average="macro"))


def test_an_impossible_truth_costs_much_and_not_infinitely_much():
    """-log of the float32 epsilon, 15.9 nats."""
    certain = np.float32([[1.0, 0.0]])
    assert metrics.log_loss(np.array([1]), certain) == pytest.approx(-np.log(np.finfo(np.float32).eps))
    assert metrics.log_loss(np.array([1]), certain) == pytest.approx(
        sklearn.metrics.log_loss([1], certain, labels=[0, 1]), rel=1e-5)
    assert metrics.log_loss(np.array([0]), certain) == pytest.approx(0, abs=1e-6)


def test_unknown_metrics_are_refused(answered):
    for function in (lambda: metrics.higher_is_better("auc"), lambda: metrics.parts("auc", *answered)):
        with pytest.raises(BadInput, match="'auc', expected one of accuracy"):
            function()


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


def test_every_class_answered_well_is_no_collapse_however_lopsided_the_truth():
    """90 of 100 are of one class, 85% of each are right: less often than by always answering that class, and learnt."""
    truth = np.repeat([0, 1], [1800, 200])
    right = np.arange(2000) % 20 < 17
    probabilities = np.where(np.arange(2) == np.where(right, truth, 1 - truth)[:, None], 0.85, 0.15)
    assert metrics.accuracy(truth, probabilities) == 0.85 < 0.9 and metrics.collapse(truth, probabilities) == ""
    constant = np.tile([0.9, 0.1], (2000, 1))
    assert "no better than always answering" in metrics.collapse(truth, constant)
    blind = np.eye(2)[(np.random.default_rng(0).random(2000) < 0.1).astype(int)]
    assert metrics.collapse(truth, blind).startswith("no better than always answering")


def test_a_lopsided_truth_may_be_answered_lopsidedly():
    truth = np.r_[np.zeros(995, int), np.ones(5, int)]
    assert metrics.collapse(truth, 0.9 * np.eye(2)[truth] + 0.05) == ""

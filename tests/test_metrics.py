"""Metrics against scikit-learn and arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from sklearn.metrics import balanced_accuracy_score, f1_score

from mixedfer import metrics
from mixedfer.errors import BadInput, Fault, StudyError
from mixedfer.evidence import collapse
from mixedfer.metrics import METRICS


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
    assert METRICS["accuracy"](truth, probabilities) == (truth == answers).mean()
    assert METRICS["macro_f1"](truth, probabilities) == pytest.approx(f1_score(truth, answers, average="macro"))
    assert METRICS["balanced_accuracy"](truth, probabilities) == pytest.approx(balanced_accuracy_score(truth, answers))
    assert METRICS["log_loss"](truth, probabilities) == pytest.approx(sklearn.metrics.log_loss(truth, probabilities))


def test_a_class_without_images_or_answers():
    """Truth 0, 0, 1 answered 0, 2, 2: recalls 1/2, 0 and none; F1 2/3, 0 and 0."""
    truth, probabilities = np.array([0, 0, 1]), np.eye(3)[[0, 2, 2]]
    assert METRICS["balanced_accuracy"](truth, probabilities) == pytest.approx(1 / 4)
    assert METRICS["macro_f1"](truth, probabilities) == pytest.approx(2 / 9)
    # A class that only the answers know counts for F1 and not for recall, as in scikit-learn.
    assert METRICS["macro_f1"](truth, probabilities) == pytest.approx(f1_score(truth, [0, 2, 2], average="macro"))


def test_an_impossible_truth_costs_much_and_not_infinitely_much():
    """-log of the float32 epsilon, 15.9 nats."""
    certain = np.float32([[1.0, 0.0]])
    assert METRICS["log_loss"](np.array([1]), certain) == pytest.approx(-np.log(np.finfo(np.float32).eps))
    assert METRICS["log_loss"](np.array([1]), certain) == pytest.approx(
        sklearn.metrics.log_loss([1], certain, labels=[0, 1]), rel=1e-5)
    assert METRICS["log_loss"](np.array([0]), certain) == pytest.approx(0, abs=1e-6)


def test_an_unknown_metric_is_refused_with_the_nearest():
    with pytest.raises(StudyError, match=r"'acuracy'.*Did you mean 'accuracy'"):
        metrics.of("acuracy")


@pytest.mark.parametrize("score", [*METRICS.values(), collapse.reason])
@pytest.mark.parametrize("truth, probabilities, error", [
    (np.zeros(0, int), np.zeros((0, 2)), BadInput),
    (np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, 0.5]]), Fault),
    (np.array([0, 2]), np.full((2, 2), 0.5), BadInput),
    (np.array([0, -1]), np.full((2, 2), 0.5), BadInput),
    (np.array([0, 1, 1]), np.full((2, 2), 0.5), BadInput),
])
def test_no_data_is_an_error(score, truth, probabilities, error):
    with pytest.raises(error):
        score(truth, probabilities)

"""How well one run answers: pure functions of `truth` (K,) class indices and `probabilities` (K, C).

The answer is the class of the highest probability. Every function raises BadInput on empty or ill-shaped input and
Fault on NaN or infinity: no data is an error, never 0.0. Scores are proportions, 0..1.

>>> truth = np.array([0, 0, 1, 1])
>>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
>>> accuracy(truth, probabilities)
0.75
"""

from __future__ import annotations

import numpy as np

from mixedfer.errors import BadInput, Fault

#: Answers are nearly all one class from this share on.
ONE_CLASS = 0.99
#: A constant output: no class's probability has a standard deviation over images above this ...
CONSTANT = 0.01
#: ... and the mean entropy is within this part of the entropy of the class prior.
AT_PRIOR = 0.02


def accuracy(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """The share of images answered correctly."""
    truth, answers = _answers(truth, probabilities)
    return float((truth == answers).mean())


def macro_f1(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Unweighted mean of the F1 scores of every class that occurs in the truth or in the answers (scikit-learn).

    A class that is never answered, or answered but absent, counts as 0.
    """
    from sklearn.metrics import f1_score

    truth, answers = _answers(truth, probabilities)
    return float(f1_score(truth, answers, average="macro", zero_division=0))


def balanced_accuracy(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean recall over the classes that occur in the truth, as scikit-learn's `balanced_accuracy_score`."""
    from sklearn.metrics import recall_score

    truth, answers = _answers(truth, probabilities)
    return float(recall_score(truth, answers, labels=np.unique(truth), average="macro", zero_division=0))


def confusion(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(C, C) int64 counts: rows are the true class, columns the answer.

    >>> confusion(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])).tolist()
    [[1, 0], [1, 1]]
    """
    from sklearn.metrics import confusion_matrix

    truth, answers = _answers(truth, probabilities)
    return confusion_matrix(truth, answers, labels=range(probabilities.shape[1])).astype(np.int64)


def recall(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(C,) share of each class's images answered correctly; NaN for a class that has no image.

    >>> recall(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])).tolist()
    [1.0, 0.5]
    """
    counts = confusion(truth, probabilities)
    totals = counts.sum(1)
    return np.divide(np.diag(counts), totals, out=np.full(len(counts), np.nan), where=totals > 0)


def collapse(truth: np.ndarray, probabilities: np.ndarray) -> str:
    """Why this run has learnt nothing, in words; "" when it has.

    Three signs: it is right no more often than always answering the most frequent class; nearly all its answers are
    one class (unless the truth is as lopsided); its output is one constant, the class prior, for every face.

    >>> collapse(np.array([0, 0, 1]), np.full((3, 2), [0.63, 0.37]))  # doctest: +ELLIPSIS
    'no better than always answering the most frequent class (66.7% right, 66.7% of the images are of that class); ...'
    >>> collapse(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]))
    ''
    """
    truth, answers = _answers(truth, probabilities)
    prior = np.bincount(truth, minlength=probabilities.shape[1]) / len(truth)
    reasons = (_no_better(truth, answers, prior), _one_class(answers, prior), _constant(probabilities, prior))
    return "; ".join(reason for reason in reasons if reason)


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """(...,) entropy in nats of distributions (..., C).

    >>> entropy(np.array([1.0, 0.0])).item(), round(entropy(np.array([0.5, 0.5])).item(), 4)
    (0.0, 0.6931)
    """
    from scipy.special import entr

    return entr(np.asarray(probabilities, float)).sum(-1)


def _no_better(truth: np.ndarray, answers: np.ndarray, prior: np.ndarray) -> str:
    right, majority = (truth == answers).mean(), prior.max()
    if right > majority + 1e-9:
        return ""
    return (f"no better than always answering the most frequent class ({right:.1%} right, {majority:.1%} of the images "
            "are of that class)")


def _one_class(answers: np.ndarray, prior: np.ndarray) -> str:
    shares = np.bincount(answers, minlength=len(prior)) / len(answers)
    top = shares.argmax()
    return f"{shares[top]:.1%} of its answers are one class" if shares[top] >= max(ONE_CLASS, prior[top] + 1e-9) else ""


def _constant(probabilities: np.ndarray, prior: np.ndarray) -> str:
    if len(probabilities) < 2 or probabilities.std(0, dtype=float).max() > CONSTANT:
        return ""
    mean, at_prior = entropy(probabilities).mean(), entropy(prior)
    return "" if abs(mean - at_prior) > AT_PRIOR * at_prior else (
        f"one constant output for every face (mean entropy {mean:.3f} nats, the class prior has {at_prior:.3f})")


def _answers(truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, probabilities = np.asarray(truth), np.asarray(probabilities)
    if truth.ndim != 1 or probabilities.ndim != 2 or len(truth) != len(probabilities):
        raise BadInput(f"truth of shape {truth.shape} and probabilities of shape {probabilities.shape}, "
                       "expected (K,) and (K, classes)")
    if not probabilities.size:
        raise BadInput("no test images: there is nothing to measure")
    if not np.isfinite(probabilities).all():
        raise Fault("NaN or infinity among the predicted probabilities")
    if truth.min() < 0 or truth.max() >= probabilities.shape[1]:
        raise BadInput(f"true classes {truth.min()} to {truth.max()}, expected 0 to {probabilities.shape[1] - 1}")
    return truth, probabilities.argmax(-1)

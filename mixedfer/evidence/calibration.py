"""Does a model know when it is right? Calibration error, reliability curve and Brier score of one run's probabilities.

Pure functions of `truth` (K,) class indices and `probabilities` (K, C). The confidence of an answer is its probability;
answers are put into 15 bins of equal width by their confidence (Guo, Pleiss, Sun & Weinberger 2017, ICML, section 2).
"""

from __future__ import annotations

import numpy as np

BINS = 15


def reliability(truth: np.ndarray, probabilities: np.ndarray) -> list[dict[str, float]]:
    """The reliability curve: mean confidence, accuracy and share of the answers in each bin that has any, ascending.

    >>> reliability(np.array([0, 0, 1]), np.array([[0.7, 0.3], [0.8, 0.2], [0.9, 0.1]]))[2]
    {'confidence': 0.9, 'accuracy': 0.0, 'share': 0.3333333333333333}
    """
    confidence = np.asarray(probabilities, float).max(-1)
    right = np.asarray(probabilities).argmax(-1) == truth
    # Bins are open below and closed above, as in the paper: (0, 1/15], (1/15, 2/15], ...
    bins = np.ceil(confidence * BINS).astype(int).clip(1, BINS) - 1
    count, sure, correct = (np.bincount(bins, weights, BINS) for weights in (None, confidence, right))
    return [{"confidence": float(sure[i] / count[i]), "accuracy": float(correct[i] / count[i]),
             "share": float(count[i] / len(right))} for i in np.flatnonzero(count)]


def expected_error(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Expected calibration error, 0..1: the gap between confidence and accuracy, averaged over answers.

    >>> round(expected_error(np.array([0, 0, 0, 1]), np.tile([0.9, 0.1], (4, 1))), 6)   # sure to 90%, right in 75%
    0.15
    """
    return sum(part["share"] * abs(part["confidence"] - part["accuracy"]) for part in reliability(truth, probabilities))


def brier(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Brier score (1950), 0..2, less is better: squared distance of the probabilities to the truth, averaged over images.

    >>> round(brier(np.array([0, 1]), np.array([[1.0, 0.0], [0.5, 0.5]])), 6)   # (0 + 0.5) / 2
    0.25
    """
    probabilities = np.asarray(probabilities, float)
    likelihood = probabilities[np.arange(len(truth)), truth]
    return float(((probabilities**2).sum(-1) - 2 * likelihood + 1).mean())

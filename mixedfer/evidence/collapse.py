"""Has a run learnt nothing? Three signs, so that a collapsed model is impossible to miss."""

from __future__ import annotations

import numpy as np

from mixedfer.metrics import METRICS, answered

#: Answers are nearly all one class from this share on.
ONE_CLASS = 0.99
#: Standard errors by which the balanced accuracy must exceed that of answers drawn without looking.
CLEARLY = 3
#: A constant output: no class's probability has a standard deviation over images above this ...
CONSTANT = 0.01
#: ... and the mean entropy is within this part of the entropy of the class prior.
AT_PRIOR = 0.02


def reason(truth: np.ndarray, probabilities: np.ndarray) -> str:
    """Why a run with these answers has learnt nothing, in words; "" when it has. (K,) class indices, (K, C) probabilities.

    Three signs: it is right no more often than always answering the most frequent class, and on the classes alike no more
    often than answers drawn without looking; nearly all its answers are one class (unless the truth is as lopsided); its
    output is one constant, the class prior, for every face. Raises what a metric raises for input that cannot be used.

    >>> reason(np.array([0, 0, 1]), np.full((3, 2), [0.63, 0.37]))  # doctest: +ELLIPSIS
    'no better than always answering the most frequent class (66.7% right, 66.7% of the images are of that class; ...'
    >>> reason(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]))
    ''
    """
    truth, answers = answered(truth, probabilities)
    prior = np.bincount(truth, minlength=probabilities.shape[1]) / len(truth)
    signs = (_no_better(truth, probabilities, prior), _one_class(answers, prior), _constant(probabilities, prior))
    return "; ".join(sign for sign in signs if sign)


def _no_better(truth: np.ndarray, probabilities: np.ndarray, prior: np.ndarray) -> str:
    right, majority = METRICS["accuracy"](truth, probabilities), prior.max()
    if right > majority + 1e-9:
        return ""
    balanced = METRICS["balanced_accuracy"](truth, probabilities)
    if balanced > _blind(probabilities.argmax(-1), prior) + 1e-9:
        return ""
    return (f"no better than always answering the most frequent class ({right:.1%} right, {majority:.1%} of the images are "
            f"of that class; mean recall {balanced:.1%})")


def _blind(answers: np.ndarray, prior: np.ndarray) -> float:
    """The highest mean recall that such answers may have by chance: 1 / classes and some of its standard errors.

    Lopsided data can be answered well in every class and yet less often rightly than by their most frequent class.
    """
    present = prior > 0
    drawn = np.bincount(answers, minlength=len(prior))[present] / len(answers)
    variance = drawn * (1 - drawn) / (prior[present] * len(answers))
    return float((1 + CLEARLY * np.sqrt(variance.sum())) / present.sum())


def _one_class(answers: np.ndarray, prior: np.ndarray) -> str:
    shares = np.bincount(answers, minlength=len(prior)) / len(answers)
    top = shares.argmax()
    return f"{shares[top]:.1%} of its answers are one class" if shares[top] >= max(ONE_CLASS, prior[top] + 1e-9) else ""


def _constant(probabilities: np.ndarray, prior: np.ndarray) -> str:
    if len(probabilities) < 2 or probabilities.std(0, dtype=float).max() > CONSTANT:
        return ""
    mean, at_prior = _entropy(probabilities).mean(), _entropy(prior)
    return "" if abs(mean - at_prior) > AT_PRIOR * at_prior else (
        f"one constant output for every face (mean entropy {mean:.3f} nats, the class prior has {at_prior:.3f})")


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    """(...,) entropy in nats of distributions (..., C).

    >>> _entropy(np.array([1.0, 0.0])).item(), round(_entropy(np.array([0.5, 0.5])).item(), 4)
    (0.0, 0.6931)
    """
    from scipy.special import entr

    return entr(np.asarray(probabilities, float)).sum(-1)

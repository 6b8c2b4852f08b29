"""How well one run answers: pure functions of `truth` (K,) class indices and `probabilities` (K, C).

The answer is the class of the highest probability. Every function raises BadInput on empty or ill-shaped input and
Fault on NaN or infinity: no data is an error, never 0.0. Scores are proportions, 0..1, but for `log_loss` (nats).

All four metrics are one thing, the mean of ratios of sums over images (`parts`, `score`). So a metric without one
subject, or with an image counted twice, is a subtraction or a weighting of sums and never another pass over the images.

>>> truth = np.array([0, 0, 1, 1])
>>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
>>> accuracy(truth, probabilities)
0.75
"""

from __future__ import annotations

import numpy as np

from mixedfer.errors import BadInput, Fault

#: What a study may be judged by, and whether more of it is better.
HIGHER_IS_BETTER = {"accuracy": True, "macro_f1": True, "balanced_accuracy": True, "log_loss": False}
#: Smallest probability that the log loss looks at: what a float32 can add to 1. A zero would cost infinitely much.
SMALLEST = float(np.finfo(np.float32).eps)
#: Answers are nearly all one class from this share on.
ONE_CLASS = 0.99
#: Standard errors by which the balanced accuracy must exceed that of answers drawn without looking.
CLEARLY = 3
#: A constant output: no class's probability has a standard deviation over images above this ...
CONSTANT = 0.01
#: ... and the mean entropy is within this part of the entropy of the class prior.
AT_PRIOR = 0.02


def accuracy(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """The share of images answered correctly."""
    return _of("accuracy", truth, probabilities)


def macro_f1(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Unweighted mean of the F1 scores of every class that occurs in the truth or in the answers, as scikit-learn's.

    A class that is never answered, or answered but absent, counts as 0.
    """
    return _of("macro_f1", truth, probabilities)


def balanced_accuracy(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean recall over the classes that occur in the truth, as scikit-learn's `balanced_accuracy_score`."""
    return _of("balanced_accuracy", truth, probabilities)


def log_loss(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean of -log(probability of the true class) in nats, as scikit-learn's on float32; less is better."""
    return _of("log_loss", truth, probabilities)


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better. Raises BadInput for a metric that is not known.

    >>> higher_is_better("accuracy"), higher_is_better("log_loss")
    (True, False)
    """
    if metric not in HIGHER_IS_BETTER:
        raise BadInput(f"metric {metric!r}, expected one of {', '.join(HIGHER_IS_BETTER)}")
    return HIGHER_IS_BETTER[metric]


def parts(metric: str, truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(K, R, 2): what each image adds to the numerator and denominator of each of the metric's R ratios.

    One ratio for accuracy (right / images) and log loss (loss / images), one per class for balanced accuracy (right /
    images of the class) and macro F1 (2 right / (images of the class + answers of the class)).

    >>> parts("accuracy", np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]])).tolist()
    [[[1.0, 1.0]], [[0.0, 1.0]]]
    """
    higher_is_better(metric)
    truth, answers = _answers(truth, probabilities)
    if metric == "log_loss":
        likelihood = np.asarray(probabilities, float)[np.arange(len(truth)), truth]
        top, bottom = -np.log(likelihood.clip(SMALLEST, 1 - SMALLEST))[:, None], np.ones((len(truth), 1))
    elif metric == "accuracy":
        top, bottom = (truth == answers)[:, None], np.ones((len(truth), 1))
    else:
        classes = np.arange(np.shape(probabilities)[1])
        true, answered = truth[:, None] == classes, answers[:, None] == classes
        top, bottom = true & answered, true
        if metric == "macro_f1":
            top, bottom = 2 * top, true.astype(int) + answered
    return np.stack([top, bottom], -1).astype(float)


def score(sums: np.ndarray) -> np.ndarray:
    """(...,) the metric from sums (..., R, 2) of `parts` over images: the mean of the ratios that have a denominator.

    >>> score(np.array([[3.0, 4.0], [1.0, 4.0], [0.0, 0.0]])).item()
    0.5
    """
    top, bottom = sums[..., 0], sums[..., 1]
    present = bottom > 0
    return np.divide(top, bottom, out=np.zeros(top.shape), where=present).sum(-1) / present.sum(-1)


def _of(metric: str, truth: np.ndarray, probabilities: np.ndarray) -> float:
    return float(score(parts(metric, truth, probabilities).sum(0)))


def collapse(truth: np.ndarray, probabilities: np.ndarray) -> str:
    """Why this run has learnt nothing, in words; "" when it has.

    Three signs: it is right no more often than always answering the most frequent class, and on the classes alike no more
    often than answers drawn without looking; nearly all its answers are one class (unless the truth is as lopsided); its
    output is one constant, the class prior, for every face.

    >>> collapse(np.array([0, 0, 1]), np.full((3, 2), [0.63, 0.37]))  # doctest: +ELLIPSIS
    'no better than always answering the most frequent class (66.7% right, 66.7% of the images are of that class; ...'
    >>> collapse(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]))
    ''
    """
    truth, answers = _answers(truth, probabilities)
    prior = np.bincount(truth, minlength=probabilities.shape[1]) / len(truth)
    reasons = (_no_better(truth, probabilities, prior), _one_class(answers, prior), _constant(probabilities, prior))
    return "; ".join(reason for reason in reasons if reason)


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """(...,) entropy in nats of distributions (..., C).

    >>> entropy(np.array([1.0, 0.0])).item(), round(entropy(np.array([0.5, 0.5])).item(), 4)
    (0.0, 0.6931)
    """
    from scipy.special import entr

    return entr(np.asarray(probabilities, float)).sum(-1)


def _no_better(truth: np.ndarray, probabilities: np.ndarray, prior: np.ndarray) -> str:
    right, majority = accuracy(truth, probabilities), prior.max()
    if right > majority + 1e-9:
        return ""
    balanced = balanced_accuracy(truth, probabilities)
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

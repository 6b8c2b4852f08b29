"""What a study can be judged by. A new entry of `METRICS` is a new metric; nothing else needs to change.

A metric is a number for one run, from `truth` (K,) class indices and `probabilities` (K, C); the run's answer is the class of
the highest probability. Every function raises BadInput on empty or ill-shaped input and Fault on NaN or infinity: no data is
an error, never 0.0.

Each metric is the mean of ratios of sums over images (`Metric.parts`, `score`). So a metric without one subject, or with an
image counted twice, is a subtraction or a weighting of sums and never another pass over the images.

>>> truth = np.array([0, 0, 1, 1])
>>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
>>> METRICS["accuracy"](truth, probabilities)
0.75
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixedfer.errors import BadInput, Fault, StudyError, nearest

#: Smallest probability that the log loss looks at: what a float32 can add to 1. A zero would cost infinitely much.
SMALLEST = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Metric:
    """A metric: `title` for people, how it is computed, and how it is told.

    `ratios` maps truth (K,), answers (K,) and probabilities (K, C) to what each image adds to the numerators and to the
    denominators of R ratios, each (K, R). A metric whose `unit` is "point" is a proportion, 0..1, and its differences are told
    in percentage points; any other is told as it is, in that unit, to three decimals.
    """

    title: str
    ratios: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    higher_is_better: bool = True
    unit: str = "point"

    @property
    def proportion(self) -> bool:
        """Whether it is told in percent."""
        return self.unit == "point"

    @property
    def scale(self) -> int:
        """What its differences are multiplied by to be told in its unit."""
        return 100 if self.proportion else 1

    @property
    def digits(self) -> int:
        """Decimals of a difference in its unit."""
        return 1 if self.proportion else 3

    def parts(self, truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """(K, R, 2): what each image adds to the numerator and denominator of each ratio.

        >>> METRICS["accuracy"].parts(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]])).tolist()
        [[[1.0, 1.0]], [[0.0, 1.0]]]
        """
        truth, answers = answered(truth, probabilities)
        return np.stack(self.ratios(truth, answers, np.asarray(probabilities, float)), -1).astype(float)

    def __call__(self, truth: np.ndarray, probabilities: np.ndarray) -> float:
        return float(score(self.parts(truth, probabilities).sum(0)))


def of(name: str) -> Metric:
    """The metric of a name. Raises StudyError with the nearest name for one that is not known.

    >>> of("log_loss").higher_is_better
    False
    """
    if name not in METRICS:
        raise StudyError(f"no metric is called {name!r}", remedy=nearest(name, METRICS))
    return METRICS[name]


def score(sums: np.ndarray) -> np.ndarray:
    """(...,) a metric from sums (..., R, 2) of its `parts` over images: the mean of the ratios that have a denominator.

    >>> score(np.array([[3.0, 4.0], [1.0, 4.0], [0.0, 0.0]])).item()
    0.5
    """
    top, bottom = sums[..., 0], sums[..., 1]
    present = bottom > 0
    return np.divide(top, bottom, out=np.zeros(top.shape), where=present).sum(-1) / present.sum(-1)


def answered(truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) truth and (K,) answers, once both arguments are seen to be usable."""
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


def _accuracy(truth, answers, probabilities):
    """The share of images answered correctly: right / images."""
    return (truth == answers)[:, None], np.ones((len(truth), 1))


def _balanced_accuracy(truth, answers, probabilities):
    """Mean recall over the classes that occur in the truth, as scikit-learn's: right / images of the class."""
    classes = np.arange(probabilities.shape[1])
    true = truth[:, None] == classes
    return true & (answers[:, None] == classes), true


def _macro_f1(truth, answers, probabilities):
    """Unweighted mean of the F1 scores of every class that occurs in the truth or in the answers, as scikit-learn's.

    2 right / (images of the class + answers of the class): one that is never answered, or answered but absent, counts as 0.
    """
    right, true = _balanced_accuracy(truth, answers, probabilities)
    return 2 * right, true.astype(int) + (answers[:, None] == np.arange(probabilities.shape[1]))


def _log_loss(truth, answers, probabilities):
    """Mean of -log(probability of the true class) in nats, as scikit-learn's on float32: loss / images."""
    likelihood = probabilities[np.arange(len(truth)), truth]
    return -np.log(likelihood.clip(SMALLEST, 1 - SMALLEST))[:, None], np.ones((len(truth), 1))


#: In the order in which reports tell them.
METRICS = {
    "accuracy": Metric("accuracy", _accuracy),
    "macro_f1": Metric("macro F1", _macro_f1),
    "balanced_accuracy": Metric("balanced accuracy", _balanced_accuracy),
    "log_loss": Metric("log loss", _log_loss, higher_is_better=False, unit="nat"),
}

"""How well answers agree with labels that are shares: a teacher's scores, or the votes of many annotators.

Pure functions of `votes` (K, C), which sum to 1 in each row, and `probabilities` (K, C), and the table of what they give.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixedfer.evidence.table import Column, Table
from mixedfer.metrics import SMALLEST

#: What each is called by people, and how it is shown.
MEASURES = {"share": ("same class, %", "spread"), "kappa": ("Cohen's kappa", "decimals"),
            "divergence": ("divergence (Kullback-Leibler), nats", "decimals"),
            "jensen_shannon": ("Jensen-Shannon divergence, nats", "decimals")}
CONSTANT = "the mean label, whatever the face"


def measure(truth: np.ndarray, votes: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """All of `MEASURES`; `truth` (K,) is the class with most votes."""
    answers = np.asarray(probabilities).argmax(-1)
    return {"share": float((answers == truth).mean()), "kappa": kappa(truth, answers),
            "divergence": divergence(votes, probabilities), "jensen_shannon": jensen_shannon(votes, probabilities)}


def kappa(one: np.ndarray, other: np.ndarray) -> float:
    """Cohen's kappa (1960) of two raters, (K,) class indices each: their agreement beyond what their shares of the classes
    give by chance, 1 at most; 0 where chance alone gives all of it.

    >>> round(kappa(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0])), 6)    # (3/4 - 1/2) / (1 - 1/2)
    0.5
    """
    classes = 1 + max(one.max(), other.max())
    chance = float(np.bincount(one, minlength=classes) @ np.bincount(other, minlength=classes)) / len(one)**2
    return (float((one == other).mean()) - chance) / (1 - chance) if chance < 1 else 0.0


def divergence(votes: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean divergence of the votes from the probabilities (Kullback and Leibler 1951), in nats; 0 where they are equal.

    >>> divergence(np.array([[0.5, 0.5]]), np.array([[0.5, 0.5]]))
    0.0
    """
    from scipy.special import rel_entr

    return float(rel_entr(np.asarray(votes, float), np.asarray(probabilities, float).clip(SMALLEST)).sum(-1).mean())


def jensen_shannon(votes: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean of Lin's (1991) divergence in nats, which is the same either way: 0 where they are equal, ln 2 at most.

    >>> jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) / float(np.log(2))
    1.0
    """
    votes, probabilities = np.asarray(votes, float), np.asarray(probabilities, float)
    middle = (votes + probabilities) / 2
    return (divergence(votes, middle) + divergence(probabilities, middle)) / 2


def shared(votes: np.ndarray) -> bool:
    """Whether any of the labels is more than one class."""
    return bool((np.asarray(votes).max(-1, initial=0) < 1).any())


def constant(truth: np.ndarray, votes: np.ndarray) -> dict[str, float]:
    """What an answer that never changes would reach."""
    return measure(truth, votes, np.tile(np.asarray(votes, float).mean(0), (len(votes), 1)))


def table(summary: Mapping) -> Table:
    """One row per arm, and the constant answer for comparison; none where every label is one class."""
    found = summary["agreement"] or {}
    columns = (Column("arm"), *(Column(key, heading, kind) for key, (heading, kind) in MEASURES.items()))
    rows = [[name, *((part[key]["mean"], part[key]["sd"]) for key in MEASURES)] for name, part in found.get("arms", {}).items()]
    rows += [[CONSTANT, *((found["constant"][key], None) for key in MEASURES)]] if found else []
    return Table("agreement", "Agreement with the labels' shares, mean ± sd over runs", columns, rows)

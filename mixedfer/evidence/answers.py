"""One answer per arm and face: the one that most replicates of the arm gave."""

from __future__ import annotations

import numpy as np


def votes(results, arm: str) -> np.ndarray:
    """(K, C) how many replicates of the arm answer each class for each tested image."""
    return np.stack([(results.arms[arm].predictions == index).sum(0) for index in range(len(results.faces.classes))], -1)


def answer(results, arm: str) -> np.ndarray:
    """(K,) the class that most replicates answer; where several do, the one of them with the highest mean probability."""
    counts, mean = votes(results, arm), results.arms[arm].probabilities.mean(0)
    return np.where(counts == counts.max(-1, keepdims=True), mean, -1).argmax(-1)


def outcomes(results, treatment: str) -> dict[str, np.ndarray]:
    """The four cells of the 2x2 -> (K,) bool, by the answers of the control and of one treatment."""
    control = results.plan.control
    theirs, ours = (answer(results, arm) == results.truth for arm in (control, treatment))
    return {"both right": ours & theirs, f"only {treatment} right": ours & ~theirs,
            f"only {control} right": ~ours & theirs, "both wrong": ~ours & ~theirs}

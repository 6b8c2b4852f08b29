"""What a recipe's label mode trains on: targets from votes, and weights of classes. The loss is in `losses`.

The four modes are those of Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced
Label Distribution", ICMI 2016 (arXiv:1608.01041). A set without votes has each face's whole vote on its label, so that all
modes are one there. Validation and test are always on the majority label.
"""

from __future__ import annotations

import numpy as np

#: The share of the votes that makes a class a target of its own, as in the paper's program.
ENOUGH = np.float32(0.3)


def targets(mode: str, labels: np.ndarray, votes: np.ndarray, luck: np.ndarray | None, smoothing: float) -> np.ndarray:
    """(n, classes) float32 for labels (n,), votes (n, classes) and, for the mode "drawn" alone, one number in [0, 1) each (n,).

    "majority": the label; "soft": the votes; "drawn": one class, drawn by the votes; "multi-target": 1 for each class with
    `ENOUGH` of the votes (for those with the most, where none has), all the same to `losses.MultiTarget`, which needs one met.

    >>> votes = np.array([[.75, .25], [.75, .25]])
    >>> targets("drawn", np.zeros(2, int), votes, np.array([.7, .8]), 0).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    classes = votes.shape[1]
    if mode == "drawn":
        sums = np.cumsum(votes, 1)  # rounded, so that the last may lie below 1, and a class without votes beyond it
        labels = np.minimum((sums <= luck[:, None] * sums[:, -1:]).sum(1), classes - 1)
    if mode == "multi-target":
        votes = votes >= np.minimum(ENOUGH, votes.max(1, keepdims=True))
    chosen = np.eye(classes, dtype=np.float32)[labels] if mode in ("majority", "drawn") else votes
    return (chosen * (1 - smoothing) + smoothing / classes).astype(np.float32)


def weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """(classes,) float32: what a face of each class counts so that all classes together count alike; the mean face counts 1.

    >>> weights(np.array([0, 0, 0, 0, 1, 1]), 2).tolist()
    [0.75, 1.5]
    """
    counts = np.bincount(labels, minlength=classes)
    return np.divide(len(labels), classes * counts, out=np.zeros(classes), where=counts > 0).astype(np.float32)

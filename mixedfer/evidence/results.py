"""Records -> `Results`: everything a report is made of, and the proof that the arms are comparable.

Refuses to pool runs that are missing, damaged, or whose provenance differs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.faceset import FaceSet
from mixedfer.records import Plan, Record


@dataclass(frozen=True)
class Check:
    """One line of the proof: what was compared across arms, whether it held, and the evidence in words."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Arm:
    """All runs of one arm. J replicates (times folds), K test images, C classes.

    `probabilities` is (J, K, C) with images in the order of `Results.rows`; with folds, J counts replicates and the
    K images are the test images of all folds put together, each predicted by the fold in which it was held out.
    `records` is one list per replicate, one Record per fold.
    """

    name: str
    records: list[list[Record]]
    probabilities: np.ndarray

    @property
    def predictions(self) -> np.ndarray:
        """(J, K) predicted class indices."""
        return self.probabilities.argmax(-1)


@dataclass(frozen=True)
class Results:
    """A study's evidence. `rows` (K,) are the tested rows of `faces`; `truth` (K,) their class; `fold` (K,) their fold."""

    plan: Plan
    faces: FaceSet
    rows: np.ndarray
    truth: np.ndarray
    fold: np.ndarray
    arms: dict[str, Arm]
    checks: list[Check]

    @property
    def comparable(self) -> bool:
        """Whether every check of the proof passed."""
        return all(check.passed for check in self.checks)

    @property
    def found(self) -> np.ndarray:
        """(K,) bool: the detector found a face in the tested image."""
        return np.asarray(self.faces.found)[self.rows]

    def correct(self, arm: str) -> np.ndarray:
        """(J, K) bool: replicate j of this arm is right on image k."""
        return self.arms[arm].predictions == self.truth

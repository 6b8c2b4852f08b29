"""Positive control: landmarks of another face of the same class. It leaks the label, in the test partition too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixedfer.learning.views.shuffled import Shuffled


@dataclass(frozen=True)
class ShuffledWithinClass(Shuffled):
    """Another view, of the landmarks of a randomly drawn face of the same class. THIS LEAKS THE LABEL, never evidence.

    The other face is chosen by the true label, when testing as when training, so a high accuracy says nothing about
    recognising expressions. It is an upper bound: what landmarks could add if their errors were independent of the image's.
    Raises StudyError where a class has one face in a partition.

    >>> from mixedfer.learning.views.normalised import normalised
    >>> labels = np.array([0, 1, 0, 1])
    >>> ShuffledWithinClass(normalised).sources(np.arange(4), labels, np.random.default_rng(0)).tolist()
    [2, 3, 0, 1]
    """

    shows: ClassVar[str] = "others of its class"
    rules_out: ClassVar[str] = ("It leaks the true label at test time too and is no evidence: a gain only shows that this "
                                "network can use class information in landmarks; without a gain, it could not have shown any.")

    def sources(self, rows: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each row another one of the same class, each used once."""
        sources = np.empty_like(rows)
        for label in np.unique(labels):
            same = labels == label
            sources[same] = super().sources(rows[same], labels[same], rng)
        return sources

"""Negative control: real landmarks, but of another face of the same partition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixedfer.checked import require
from mixedfer.learning.views import Wrapping


@dataclass(frozen=True)
class Shuffled(Wrapping):
    """Another view, of the landmarks of a randomly drawn face; the pairing is fixed for the whole run.

    The network, its size and the landmarks' distribution stay what they are; only the link to the image is cut. Raises
    StudyError where there is no other face.

    >>> from mixedfer.learning.views.normalised import normalised
    >>> rows = np.arange(5)
    >>> bool((Shuffled(normalised).sources(rows, np.zeros(5), np.random.default_rng(0)) != rows).all())
    True
    """

    shows: ClassVar[str] = "others"
    rules_out: ClassVar[str] = ("An equal gain would mean that the gain comes from having a landmark branch and real-looking "
                                "input, not from what a face's own landmarks say about it.")

    def sources(self, rows: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each row another one of `rows`, each used once."""
        require(len(rows) > 1, f"{type(self).__name__}: a partition or class of one face has no other face to take")
        # One cycle through all rows in random order (Sattolo): no face keeps its own.
        order = rng.permutation(len(rows))
        sources = np.empty_like(rows)
        sources[order] = rows[np.roll(order, 1)]
        return sources

    def __call__(self, points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
        return self.view(points, found, size)

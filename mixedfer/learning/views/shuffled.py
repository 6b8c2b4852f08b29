"""Negative control: real landmarks, but of another face of the same partition.

The network, its size and the landmarks' distribution stay what they are; only the link to the image is cut. If this arm
gains as much as the real one, the gain is not due to what landmarks say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Shuffled:
    """Another view, of the landmarks of a randomly drawn face; the pairing is fixed for the whole run."""

    view: Any

    def sources(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        # One cycle through all rows in random order (Sattolo): no face keeps its own.
        order = rng.permutation(len(rows))
        sources = np.empty_like(rows)
        sources[order] = rows[np.roll(order, 1)]
        return sources

    def __call__(self, points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
        return self.view(points, found, size)

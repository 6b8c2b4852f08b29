"""Where the points lie, with position, size and roll removed: the eyes are level and one unit apart."""

from __future__ import annotations

import numpy as np

from mixedfer import geometry


def normalised(points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """(n, 68, 2) in inter-ocular distances from the midpoint of the eyes; see `geometry.normalise`."""
    return geometry.normalise(points).astype(np.float32)

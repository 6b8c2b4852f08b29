"""Where the points lie, with position, size and roll removed: the eyes are level and one unit apart."""

from __future__ import annotations

import numpy as np

from mixedfer import geometry


def normalised(points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """(n, 68, 2) in inter-ocular distances from the midpoint of the eyes; see `geometry.normalise`.

    >>> shown = normalised(geometry.generic(48)[None], np.ones(1, bool), 48)
    >>> round(float(shown[0, 42:48, 0].mean() - shown[0, 36:42, 0].mean()), 5)
    1.0
    """
    return geometry.normalise(points).astype(np.float32)

"""The points as they come: pixels of the image, not normalised (the original study's input)."""

from __future__ import annotations

import numpy as np


def pixels(points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """(n, 68, 2) x and y in pixels.

    >>> pixels(np.full((1, 68, 2), 23.5), np.ones(1, bool), 48)[0, 0].tolist()
    [23.5, 23.5]
    """
    return points.astype(np.float32)

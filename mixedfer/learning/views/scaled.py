"""Where the points lie in the image, as fractions of its side."""

from __future__ import annotations

import numpy as np


def scaled(points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """(n, 68, 2) x and y from 0 (left or top edge of the image) to 1. Not normalised: position, size and roll remain.

    With `Preparation(crop=True)` the image is the detector's box with its border, and this is the box-scaled form.

    >>> scaled(np.full((1, 68, 2), 23.5), np.ones(1, bool), 48)[0, 0].tolist()
    [0.5, 0.5]
    """
    return ((points + 0.5) / size).astype(np.float32)

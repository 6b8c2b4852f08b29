"""How far the points are from each other."""

from __future__ import annotations

import numpy as np

from mixedfer import geometry

_FIRST, _SECOND = np.triu_indices(geometry.POINTS, 1)


def distances(points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """(n, 2278) distances of all pairs of points in inter-ocular distances: (0, 1), (0, 2), ... (66, 67).

    They do not change with position, size, roll or mirroring (which permutes them).

    >>> distances(geometry.generic(48)[None], np.ones(1, bool), 48).shape
    (1, 2278)
    """
    points = geometry.normalise(points).astype(np.float32)
    return np.linalg.norm(points[:, _FIRST] - points[:, _SECOND], axis=-1)

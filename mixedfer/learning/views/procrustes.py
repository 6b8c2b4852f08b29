"""Where the points lie once the face is laid over the generic face as well as shift, size and roll allow."""

from __future__ import annotations

import numpy as np

from mixedfer import geometry


def procrustes(points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """(n, 68, 2) in inter-ocular distances of the generic face, from the centroid; see `geometry.procrustes`.

    All 68 points decide position, size and roll; with `normalised` the twelve of the eyes do.

    >>> faces = np.stack([geometry.generic(48), geometry.generic(96)])
    >>> bool(np.allclose(*procrustes(faces, np.ones(2, bool), 96), atol=1e-6))
    True
    """
    return geometry.procrustes(points).astype(np.float32)

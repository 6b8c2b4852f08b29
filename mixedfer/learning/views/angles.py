"""How wide the corners of some triangles between landmarks are."""

from __future__ import annotations

import numpy as np

#: Triangles of landmarks that expressions bend and that are never nearly flat on a frontal face; closed under mirroring.
TRIANGLES = np.array([
    (48, 54, 33), (48, 54, 8), (48, 51, 57), (54, 51, 57), (50, 52, 33),    # mouth: its corners, its opening
    (36, 37, 41), (45, 44, 46), (39, 38, 40), (42, 43, 47),                 # how wide the eyes are open
    (19, 36, 39), (24, 45, 42), (21, 39, 27), (22, 42, 27), (21, 22, 27),   # brows over eyes and nose
    (36, 45, 33), (31, 35, 27), (4, 12, 8),                                 # nose and jaw
])


def angles(points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """(n, 17, 3) interior angles in radians, 0 to pi, one per corner of `TRIANGLES`; 0 where two corners coincide.

    They do not change with position, size, roll or mirroring (which permutes them).

    >>> from mixedfer import geometry
    >>> shown = angles(geometry.generic(48)[None], np.ones(1, bool), 48)
    >>> shown.shape, bool(np.allclose(shown.sum(2), np.pi, atol=1e-5))
    ((1, 17, 3), True)
    """
    corners = points[:, TRIANGLES]
    one, other = np.roll(corners, -1, axis=2) - corners, np.roll(corners, 1, axis=2) - corners
    cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    return np.arctan2(abs(cross), (one * other).sum(-1)).astype(np.float32)

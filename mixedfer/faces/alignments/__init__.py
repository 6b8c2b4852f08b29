"""Ways to put a face upright at one place and size in its image, one per file.

Each is a frozen dataclass with `matrix(points, box, size) -> (2, 3)`: from the 68 landmarks `(68, 2)` and the box of a face
in a picture to the similarity that carries picture pixels to pixels of an image `size` pixels wide and high. Nothing is
sheared, stretched or mirrored. Pixel centres are whole numbers, as `cv2.warpAffine` and `geometry.transform` take them. Of
a face turned, grown or moved in its picture, the image is the same.

Landmarks that lie in one place, or that are no numbers, raise Unreadable: an image that was not aligned must not hide
among those that were.
"""

from __future__ import annotations

import numpy as np

from mixedfer.errors import Unreadable

REMEDY = "Leave this picture out, or prepare the faces without an alignment."
SMALLEST = 1e-3  # pixels: a face whose landmarks lie closer together has no direction to turn upright


def fit(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The similarity without reflection that carries `points` (n, 2) closest to `target` (n, 2), least squares: (2, 3).

    Umeyama (1991) in two dimensions, written in complex numbers: for centred points z and targets w the best turn and
    scale are one factor, sum(conj(z) w) / sum(|z|^2). Two points are met exactly. Raises Unreadable for points in one
    place, or that are not finite, and for their mirror image, which no turn brings nearer.

    >>> fit(np.array([[0, 0], [2, 0]]), np.array([[5, 5], [5, 9]])).round(9).tolist()
    [[0.0, -2.0, 5.0], [2.0, 0.0, 5.0]]
    """
    points, target = np.asarray(points, np.float64), np.asarray(target, np.float64)
    if not np.isfinite(points).all():
        raise Unreadable("its landmarks are not numbers, so the face cannot be aligned", remedy=REMEDY)
    centre, goal = points.mean(0), target.mean(0)
    z, w = (points - centre) @ (1, 1j), (target - goal) @ (1, 1j)
    spread, product = np.vdot(z, z).real, np.vdot(z, w)
    if spread < len(points) * SMALLEST**2:
        raise Unreadable("its landmarks lie in one place, so the face cannot be aligned", remedy=REMEDY)
    if abs(product) < 1e-6 * np.sqrt(spread * np.vdot(w, w).real):
        raise Unreadable("its landmarks are those of no face, so the face cannot be aligned", remedy=REMEDY)
    factor = product / spread
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([linear, goal - linear @ centre])


def resized(points: np.ndarray, factor: float, size: int) -> np.ndarray:
    """Places in an image `size` pixels wide and high, moved away from its middle by `factor`.

    >>> resized(np.array([[0.0, 9.5]]), 0.5, 20).tolist()
    [[4.75, 9.5]]
    """
    middle = (size - 1) / 2
    return (points - middle) * factor + middle

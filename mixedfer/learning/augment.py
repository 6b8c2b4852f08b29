"""What an augmentation's affines do to points and pixels. One matrix moves both."""

from __future__ import annotations

import numpy as np

from mixedfer import geometry


def move(points: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Points (n, 68, 2) moved by (n, 3, 3) matrices; where a matrix mirrors, the 68 indices swap sides too."""
    moved = geometry.transform(points, matrices)
    mirrored = np.linalg.det(matrices[:, :2, :2]) < 0
    moved[mirrored] = moved[mirrored][:, geometry.MIRROR]
    return moved


def for_pixels(matrices: np.ndarray) -> np.ndarray:
    """(n, 8) float32: the inverse maps, from output to input pixels, as `keras.ops.image.affine_transform` takes them."""
    return np.linalg.inv(matrices).reshape(-1, 9)[:, :8].astype(np.float32)

"""What affines do to points and pixels, and the frames that a network sees of an image. One matrix moves both."""

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


def shifted(offsets: np.ndarray) -> np.ndarray:
    """(n, 3, 3): maps that bring the pixel at each offset (n, 2; x, y) to the frame's top left corner."""
    matrices = np.tile(np.eye(3), (len(offsets), 1, 1))
    matrices[:, :2, 2] = -offsets
    return matrices


def frames(kind: str, size: int, side: int) -> np.ndarray:
    """(v, 3, 3): from an image of `size` pixels to the frames of `side` in which it is looked at when testing.

    "one": the middle; "mirror": that and its mirror image; "ten-crop": the middle and the four corners, each as it is and
    mirrored (Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NeurIPS 2012).

    >>> frames("ten-crop", 48, 42)[:5, :2, 2].astype(int).tolist()
    [[-3, -3], [0, 0], [-6, 0], [0, -6], [-6, -6]]
    """
    rest = size - side
    places = [(rest // 2, rest // 2), *([(0, 0), (rest, 0), (0, rest), (rest, rest)] if kind == "ten-crop" else [])]
    plain = shifted(np.array(places, float))
    mirror = np.array([[-1, 0, side - 1], [0, 1, 0], [0, 0, 1.0]])
    return plain if kind == "one" else np.concatenate([plain, mirror @ plain])

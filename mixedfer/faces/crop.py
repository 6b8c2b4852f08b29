"""One square image per face, and the affine that carries points from the picture into it."""

from __future__ import annotations

import numpy as np

from mixedfer.faces.detectors import Box


def square(box: Box, margin: float) -> tuple[float, float, float]:
    """Left, top and side of the square around a box's centre, its longer side widened by `margin` on each side.

    >>> square(Box(10, 20, 40, 20), 0.25)
    (0.0, 0.0, 60.0)
    """
    side = max(box.width, box.height) * (1 + 2 * margin)
    return box.left + (box.width - side) / 2, box.top + (box.height - side) / 2, side


def crop(picture: np.ndarray, box: Box, margin: float, size: int, colour: bool) -> tuple[np.ndarray, np.ndarray]:
    """The image (size, size, 1 or 3) uint8 and the 2x3 matrix from picture pixels to image pixels.

    Where the square reaches over the edge, the edge's pixels are repeated. Areas are averaged when shrinking.
    """
    import cv2

    left, top, side = square(box, margin)
    left, top, side = round(left), round(top), max(1, round(side))
    piece = _cut(_channels(picture, colour), left, top, side)
    if side != size:
        piece = cv2.resize(piece, (size, size), interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)
    scale = size / side
    # A pixel's centre is a whole number, so the picture's corner lies at -0.5.
    shift = [(0.5 - left) * scale - 0.5, (0.5 - top) * scale - 0.5]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return piece.reshape(size, size, 3 if colour else 1), matrix


def _channels(picture: np.ndarray, colour: bool) -> np.ndarray:
    import cv2

    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB) if colour else picture
    return picture if colour else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def _cut(picture: np.ndarray, left: int, top: int, side: int) -> np.ndarray:
    import cv2

    height, width = picture.shape[:2]
    before = max(0, -top), max(0, -left)
    after = max(0, top + side - height), max(0, left + side - width)
    inside = picture[max(0, top):max(0, top + side), max(0, left):max(0, left + side)]
    if not any(before + after):
        return inside
    return cv2.copyMakeBorder(inside, before[0], after[0], before[1], after[1], cv2.BORDER_REPLICATE)

"""One square image per face, and the affine that carries points from the picture into it.

A pixel's centre is a whole number, so a picture's corner lies at -0.5. Over a picture's edge, the edge's pixels are repeated.
"""

from __future__ import annotations

import math

import numpy as np

from mixedfer.errors import Unreadable
from mixedfer.faces.detectors import Box

#: Of contrast-limited equalisation: tiles along each side (of a 48-pixel image, each has 144 pixels), and the highest bin of
#: a tile's histogram over the mean one.
TILES, LIMIT = 4, 2.0
#: A square of up to so many pixels, or of up to four times as many as its picture has, is cut out pixel by pixel.
LARGE = 4096**2


def square(box: Box, margin: float) -> tuple[float, float, float]:
    """Left, top and side of the square around a box's centre, its longer side widened by `margin` on each side.

    >>> square(Box(10, 20, 40, 20), 0.25)
    (0.0, 0.0, 60.0)
    """
    side = max(box.width, box.height) * (1 + 2 * margin)
    return box.left + (box.width - side) / 2, box.top + (box.height - side) / 2, side


def crop(picture: np.ndarray, box: Box, margin: float, size: int, colour: bool) -> tuple[np.ndarray, np.ndarray]:
    """The image (size, size, 1 or 3) uint8 of a box, its longer side widened by `margin` on each side, and the 2x3 matrix from
    picture pixels to image pixels. Areas are averaged when shrinking.

    Memory grows with the picture, not with the box: a square much larger than its picture, or beside it, is drawn by `warp`.
    """
    import cv2

    left, top, side = square(box, margin)
    left, top, side = round(left), round(top), max(1, round(side))
    scale = size / side
    shift = [(0.5 - left) * scale - 0.5, (0.5 - top) * scale - 0.5]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    height, width = picture.shape[:2]
    beside = left >= width or top >= height or left + side <= 0 or top + side <= 0  # less than half a pixel lies in it
    if beside or side**2 > max(LARGE, 4 * width * height):
        return warp(picture, matrix, size, colour), matrix
    piece = _cut(_channels(picture, colour), left, top, side)
    if side != size:
        piece = cv2.resize(piece, (size, size), interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)
    return piece.reshape(size, size, 3 if colour else 1), matrix


def warp(picture: np.ndarray, matrix: np.ndarray, size: int, colour: bool) -> np.ndarray:
    """The image (size, size, 1 or 3) uint8 that a 2x3 matrix from picture pixels to image pixels makes; any turn and scale.

    When shrinking, what lies below a pixel is averaged: the picture is first shrunk by areas to twice the scale, then drawn
    on a grid twice as fine, whose pixels are averaged four by four. Raises Unreadable for a matrix that shows nothing: not
    finite, or one that flattens the picture.
    """
    import cv2

    scale = math.sqrt(abs(np.linalg.det(matrix[:, :2]))) if np.isfinite(matrix).all() else 0.0
    if scale < 1e-6:
        raise Unreadable("its landmarks give no alignment: they lie in one place, or on one line")
    piece, matrix = _around(_channels(picture, colour), matrix, size, scale)
    fine = 2 if scale < 1 else 1
    if 2 * scale < 1:
        piece, matrix = _shrunk(piece, matrix, 2 * scale)
    finer = fine * matrix + [[0, 0, (fine - 1) / 2]]
    image = cv2.warpAffine(piece, finer, (fine * size, fine * size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if fine > 1:
        image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return image.reshape(size, size, 3 if colour else 1)


def equalised(image: np.ndarray, how: str) -> np.ndarray:
    """An image (size, size, 1 or 3) with its brightness spread evenly: "none", "histogram" over all of it, or "clahe", tile
    by tile with limited contrast (Zuiderveld, Graphics Gems IV, 1994). Of a colour image, the luminance alone.
    """
    import cv2

    if how == "none":
        return image
    spread = cv2.equalizeHist if how == "histogram" else cv2.createCLAHE(LIMIT, (TILES, TILES)).apply
    if image.shape[2] == 1:
        return spread(image[..., 0])[..., None]
    parts = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    parts[..., 0] = spread(np.ascontiguousarray(parts[..., 0]))
    return cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB)


def _around(picture: np.ndarray, matrix: np.ndarray, size: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """The part of a picture that its image is drawn from, with the pixels next to it, and the matrix from there."""
    corners = np.array([[-0.5, -0.5], [size - 0.5, -0.5], [-0.5, size - 0.5], [size - 0.5, size - 0.5]])
    seen = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    beside = math.ceil(2 / scale) + 2
    ends = np.array(picture.shape[1::-1])
    low = np.clip(np.floor(seen.min(0)) - beside, 0, ends - 1).astype(int)
    high = np.clip(np.ceil(seen.max(0)) + beside, low + 1, ends).astype(int)
    return picture[low[1]:high[1], low[0]:high[0]], np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ low])


def _shrunk(picture: np.ndarray, matrix: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """A picture shrunk to about `scale`, and the matrix from there."""
    import cv2

    ends = np.array(picture.shape[1::-1])
    new = np.maximum(1, np.rint(ends * scale)).astype(int)
    step = ends / new
    back = matrix[:, :2] * step
    return (cv2.resize(picture, tuple(map(int, new)), interpolation=cv2.INTER_AREA),
            np.column_stack([back, matrix[:, 2] + matrix[:, :2] @ (step / 2 - 0.5)]))


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

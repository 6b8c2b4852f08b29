"""Many faces on one picture, so that one question labels them all; and which answer belongs to which face."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mixedfer.faces.detectors import Box

#: Pixels between tiles, and their gray.
GAP, GRAY = 8, 128


def groups(count: int, most: int) -> Iterator[range]:
    """The places 0 to `count` in groups of `most`; the last may be smaller, so that nothing is left over.

    >>> [list(group) for group in groups(5, 2)]
    [[0, 1], [2, 3], [4]]
    """
    return (range(first, min(first + most, count)) for first in range(0, count, most))


def join(crops: Sequence[np.ndarray]) -> tuple[np.ndarray, list[Box]]:
    """One picture of all crops (h, w) or (h, w, 3) uint8, and the place of each on it. One alone stays as it is.

    Cells are as large as the largest crop; smaller ones lie in their middle. Fifty make five rows of ten, as many rows to a
    column for any other number.

    >>> [tuple(map(int, place)) for place in join([np.zeros((4, 4), np.uint8), np.zeros((2, 2), np.uint8)])[1]]
    [(8, 8, 4, 4), (21, 9, 2, 2)]
    """
    if len(crops) == 1:
        return crops[0], [Box(0.0, 0.0, float(crops[0].shape[1]), float(crops[0].shape[0]))]
    across = math.ceil(math.sqrt(2 * len(crops)))
    cell = np.max([crop.shape[:2] for crop in crops], axis=0)
    rows, columns = math.ceil(len(crops) / across), min(across, len(crops))
    colour = any(crop.ndim == 3 for crop in crops)
    picture = np.full((*(np.array([rows, columns]) * (cell + GAP) + GAP), *([3] if colour else [])), GRAY, np.uint8)
    places = []
    for number, crop in enumerate(crops):
        height, width = crop.shape[:2]
        top, left = np.array(divmod(number, across)) * (cell + GAP) + GAP + (cell - crop.shape[:2]) // 2
        picture[top:top + height, left:left + width] = crop[..., None] if colour and crop.ndim == 2 else crop
        places.append(Box(*map(float, (left, top, width, height))))
    return picture, places


def match(said: Sequence[Box | None], places: Sequence[Box], boxes: Sequence[Box]) -> tuple[list[int | None], dict[int, str]]:
    """Which answer is about the face of each tile, and which answers are about none, and why.

    `said` are the rectangles of the answers, on the mosaic; `boxes` the faces, each on its own crop. Of several rectangles in a
    tile the one counts that covers the face best. Without a rectangle, an answer counts where there is one face and one answer.

    >>> match([Box(9, 9, 3, 3), Box(90, 9, 3, 3)], [Box(8, 8, 5, 5)], [Box(1, 1, 3, 3)])
    ([0], {1: 'a rectangle in no tile'})
    """
    if list(said) == [None] and len(places) == 1:
        return [0], {}
    best: list[int | None] = [None] * len(places)
    wrong = {}
    for number, box in enumerate(said):
        tile = None if box is None else tile_of(box, places)
        if tile is None:
            wrong[number] = "a face without a rectangle, which could be any" if box is None else "a rectangle in no tile"
            continue
        face = boxes[tile]._replace(left=boxes[tile].left + places[tile].left, top=boxes[tile].top + places[tile].top)
        before = best[tile]
        if before is not None:
            worse = before if overlap(said[before], face) < overlap(box, face) else number
            wrong[worse] = "a second rectangle in one tile"
        if before is None or wrong.get(before):
            best[tile] = number
    return best, wrong


def tile_of(box: Box, places: Sequence[Box]) -> int | None:
    """The tile that a rectangle on the mosaic belongs to: the one that holds more than half of it. None where none does."""
    area = box.width * box.height
    return next((number for number, place in enumerate(places) if 2 * shared(box, place) > area > 0), None)


def shared(one: Box, other: Box) -> float:
    """The area that two rectangles have in common."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)


def overlap(one: Box, other: Box) -> float:
    """What two rectangles share of what they cover together, 0 to 1.

    >>> overlap(Box(0, 0, 2, 2), Box(1, 0, 2, 2)) == 2 / 6
    True
    """
    common = shared(one, other)
    return common / (one.width * one.height + other.width * other.height - common) if common else 0.0

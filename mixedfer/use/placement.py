"""Where faces lay in the pictures that a network was trained on whole, and where in another picture a face lies so.

With `Preparation(crop=False)` a network is shown whole pictures, each mostly filled by one face, as in FER2013. A group photo
is no such picture: shown all of it for each face, the network would say the same of all, about something that it never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mixedfer.faces.detectors import Box
from mixedfer.faceset import FaceSet

ROWS = 4096  # at once, so that memory does not grow with the face set
#: How much smaller a face may come out where the same landmarks are measured in its picture, not in its image: last bits.
SLACK = 1e-4


class Placement(NamedTuple):
    """The middle (`across`, `down`) and the longer side (`extent`) of the rectangle around a face's landmarks: medians over the
    faces of a study, in sides of the square image. `smallest` is the least of those longer sides.

    Landmarks and not boxes, for a detector's boxes come in steps of a fifth of their size.
    """

    across: float
    down: float
    extent: float
    smallest: float


def measure(faces: FaceSet, missed: str) -> Placement | None:
    """The placement of the found faces that arms may see; None where nobody looked for faces, or none was found."""
    rows = np.flatnonzero(faces.used(missed) & faces.found)
    if not (faces.searched and len(rows)):
        return None
    size = faces.images.shape[1]
    found = np.concatenate([spans(faces.take("landmarks", rows[first:first + ROWS])) for first in range(0, len(rows), ROWS)])
    return Placement(*map(float, np.median(found / size, axis=0)), float(found[:, 2].min() / size * (1 - SLACK)))


def spans(points: np.ndarray) -> np.ndarray:
    """(n, 3): the middle across and down, and the longer side, of the rectangle around the landmarks (n, 68, 2) of each face,
    in pixels from the picture's corner.

    >>> spans(np.array([[[1.0, 0.0], [5.0, 2.0]]])).tolist()
    [[3.5, 1.5, 4.0]]
    """
    low, high = points.min(1).astype(float), points.max(1).astype(float)
    return np.column_stack([(low + high) / 2 + 0.5, (high - low).max(1)])  # a pixel's centre is a whole number


def alike(found: np.ndarray, shape: Sequence[int], face: str, placement: Placement) -> np.ndarray:
    """(n,) bool: which of the faces `found` (n,) of `sightings.FACE` in a picture of this shape the network is shown as in its
    training, by the whole picture.

    That is the one that training would have taken of the picture (`face`, see `Preparation`), if it fills no less of it than
    the smallest of training; and a picture in which no face was found.
    """
    box = found["box"]
    worth = [found["score"]] if face == "most-confident" else [box[:, 2] * box[:, 3], found["score"]]
    taken = np.arange(len(found)) == np.lexsort(worth[::-1])[-1]
    large = spans(found["landmarks"])[:, 2] >= placement.smallest * max(shape[:2])
    return ~found["found"] | ((taken | (face == "all")) & large)


def around(points: np.ndarray, placement: Placement) -> Box:
    """The square of a picture in which the face with these landmarks (68, 2) lies as faces lay in training.

    >>> around(np.array([[9.5, 9.5], [19.5, 19.5]]), Placement(0.5, 0.5, 0.5, 0.3))
    Box(left=5.0, top=5.0, width=20.0, height=20.0)
    """
    across, down, extent = spans(points[None])[0].tolist()
    side = extent / placement.extent
    return Box(across - placement.across * side, down - placement.down * side, side, side)

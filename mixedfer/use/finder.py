"""A picture -> the faces in it, cut out and landmarked as in training."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import pictures, sightings, work
from mixedfer.geometry import transform
from mixedfer.study import Preparation
from mixedfer.use import placement
from mixedfer.use.placement import Placement

#: A picture: its file, or its pixels, uint8, (h, w) gray or (h, w, 3) RGB.
Picture = str | Path | np.ndarray
NO_FACE = "no face found"
CUT = "faces that do not fill the picture as in training are cut out to lie as those did"


class Found(NamedTuple):
    """What was found in a picture (n,) of `sightings.FACE`, each face's image and its landmarks there, and `why` there are none
    or one is missing.
    """

    found: np.ndarray
    images: list[np.ndarray]
    points: list[np.ndarray]
    why: str


@dataclass(frozen=True)
class Finder:
    """Finds the faces of a picture; small, so that it can be sent to a worker. `predictor` is the landmark model's file. Every
    face is found, whichever the `preparation` took in training; `placed` says where faces lay, if whole pictures were shown.
    """

    preparation: Preparation
    predictor: Path
    placed: Placement | None = None

    def __call__(self, image: Picture) -> Found:
        """The faces, from left to right. Raises BadInput for an array that is no picture; a file that is none is told of."""
        try:
            picture = image if isinstance(image, np.ndarray) else pictures.read(Path(image))
        except BadInput as error:
            return _nothing(error.what)
        picture = _pixels(picture)
        every = dataclasses.replace(self.preparation, face="all")
        found = sightings.find({0: picture}, {}, every, self.predictor)[0]
        if isinstance(found, str):
            return _nothing(found)
        if self.preparation.missed == "exclude" and not found["found"].any():
            return _nothing(NO_FACE)
        return self._cut(picture, found)

    def _cut(self, picture: np.ndarray, found: np.ndarray) -> Found:
        import cv2

        kept, images, points, why = [], [], [], "" if found["found"].any() else NO_FACE
        whole = self._alike(picture, found)
        if picture.ndim == 3 and not self.preparation.colour:
            picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)  # as `work.cut` would, of all of it for every face
        for place, face in enumerate(found):
            try:
                image, matrix = work.cut(picture, face, self.preparation) if whole[place] else self._cut_out(picture, face)
            except (cv2.error, Unreadable) as error:
                why = f"a face was left out: {error.what if isinstance(error, Unreadable) else str(error).strip()}"
                continue
            kept.append(place)
            images.append(image)
            points.append(transform(face["landmarks"][None], matrix[None])[0].astype(np.float32))
        return Found(found[kept], images, points, why or ("" if whole.all() else CUT))

    def _alike(self, picture: np.ndarray, found: np.ndarray) -> np.ndarray:
        """(n,) bool: which of the faces found are shown to the network in the way of their training."""
        if self.placed is None:
            return np.ones(len(found), bool)
        return placement.alike(found, picture.shape, self.preparation.face, self.placed)

    def _cut_out(self, picture: np.ndarray, face: np.void) -> tuple[np.ndarray, np.ndarray]:
        """The image of a face smaller than those of training, as of a picture in which it lies as they lay."""
        face = face.copy()
        face["box"] = placement.around(face["landmarks"], self.placed)
        return work.cut(picture, face, dataclasses.replace(self.preparation, crop=True, border=0.0))


def _nothing(why: str) -> Found:
    return Found(np.zeros(0, sightings.FACE), [], [], why)


def _pixels(image: np.ndarray) -> np.ndarray:
    """A picture as detectors take it. Raises BadInput for pixels of another type or shape."""
    gray = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if gray.dtype != np.uint8 or gray.ndim not in (2, 3) or gray.shape[2:] not in ((), (3,)) or not gray.size:
        raise BadInput(f"pixels of type {image.dtype} and shape {image.shape}, expected uint8 of (height, width) or (height, "
                       "width, 3) in the order red, green, blue", remedy="Convert them, as by (255 * x).astype('uint8').")
    return np.ascontiguousarray(gray)

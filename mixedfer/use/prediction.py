"""Pictures -> the faces in them and what a bundle says of each; the way of a face is that of training.

>>> from mixedfer.use.prediction import Predictor                    # doctest: +SKIP
>>> Predictor("bundles/quickstart-mixed")("holiday.jpg")[0].label    # doctest: +SKIP
'happy'
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import landmarks, pictures, sightings, work
from mixedfer.faces.detectors import Box
from mixedfer.faceset import FaceSet
from mixedfer.geometry import transform
from mixedfer.learning.batches import TOGETHER
from mixedfer.use import bundle as bundles
from mixedfer.use.bundle import Bundle
from mixedfer.use.network import Network

#: A picture: its file, or its pixels, uint8, (h, w) gray or (h, w, 3) RGB.
Picture = str | Path | np.ndarray


class Face(NamedTuple):
    """A face in a picture. `box` and `landmarks` (68, 2) float32 are in its pixels; `found` is False where no face was found
    and the bundle, as in its training, takes the whole picture for one. `probabilities` (classes,) are those of the network,
    or the mean over an ensemble, whose standard deviation (n - 1) is `spread`, None for one network.
    """

    box: Box
    landmarks: np.ndarray
    found: bool
    label: str
    probabilities: np.ndarray
    spread: np.ndarray | None = None


class Seen(NamedTuple):
    """The faces of one picture, from left to right, and `why` there are none or one is missing; "" where all is well."""

    faces: list[Face]
    why: str = ""


class _Looked(NamedTuple):
    """What was found in a picture (n,) of `sightings.FACE`, and each face's image and landmarks in it."""

    found: np.ndarray
    images: list[np.ndarray]
    points: list[np.ndarray]
    why: str


NO_FACE = "no face found"


class Predictor:
    """Answers of a bundle, for one picture or for many.

    `bundle` is a folder that `mixedfer export` wrote, `predictor` the landmark model's file, where it is not the installed one.
    Every face of a picture is answered for. Raises BadInput for a bundle that is refused, see `mixedfer.use.bundle`.
    """

    def __init__(self, bundle: str | Path | Bundle, predictor: Path | None = None):
        self.bundle = bundle if isinstance(bundle, Bundle) else bundles.read(Path(bundle))
        # However many faces were taken of a picture in training, here all are asked for.
        self.preparation = dataclasses.replace(self.bundle.preparation, face="all")
        self.predictor = landmarks.find_predictor(predictor, self.preparation.predictor)
        self.network = Network(self.bundle)

    def __call__(self, image: Picture) -> list[Face]:
        """The faces of one picture; none where the bundle leaves pictures without a face out. Raises Unreadable for a picture
        that cannot be read.
        """
        (faces, why), = self.predict_many([image])
        if why and not faces and why != NO_FACE:
            raise Unreadable(why, file=image if isinstance(image, (str, Path)) else None)
        return faces

    def predict_many(self, images: Iterable[Picture], together: int = TOGETHER) -> Iterator[Seen]:
        """The faces of each picture, in order; a picture that cannot be read is told of, and the others go on.

        Faces of several pictures go through the network, so many `together`, in batches of one size: an answer does not depend
        on which pictures are beside it.
        """
        looked, answers = collections.deque(), collections.deque()
        waiting: list[tuple[np.ndarray, np.ndarray, bool]] = []
        for image in images:
            looked.append(one := self._look(image))
            waiting += zip(one.images, one.points, one.found["found"])
            while len(waiting) >= together:
                answers += self._answer(waiting[:together], together)
                del waiting[:together]
            yield from self._ready(looked, answers)
        if waiting:
            answers += self._answer(waiting, together)
        yield from self._ready(looked, answers)

    def _look(self, image: Picture) -> _Looked:
        """The faces in a picture and the images that are cut of them."""
        try:
            picture = image if isinstance(image, np.ndarray) else pictures.read(Path(image))
        except (Unreadable, BadInput) as error:
            return _nothing(error.what)
        picture = _pixels(picture)
        found = sightings.find({0: picture}, {}, self.preparation, self.predictor)[0]
        if isinstance(found, str):
            return _nothing(found)
        if self.preparation.missed == "exclude" and not found["found"].any():
            return _nothing(NO_FACE)
        return self._cut(picture, found)

    def _cut(self, picture: np.ndarray, found: np.ndarray) -> _Looked:
        import cv2

        kept, images, points, why = [], [], [], "" if found["found"].any() else NO_FACE
        for place, face in enumerate(found):
            try:
                image, matrix = work.cut(picture, face, self.preparation)
            except (cv2.error, Unreadable) as error:
                why = f"a face was left out: {error.what if isinstance(error, Unreadable) else str(error).strip()}"
                continue
            kept.append(place)
            images.append(image)
            points.append(transform(face["landmarks"][None], matrix[None])[0].astype(np.float32))
        return _Looked(found[kept], images, points, why)

    def _answer(self, waiting: list[tuple[np.ndarray, np.ndarray, bool]], together: int) -> Iterator[np.ndarray]:
        """(models, classes) for each face."""
        images, points, found = (np.stack(column) for column in zip(*waiting))
        faces = _face_set(images, points, found, self.bundle.classes)
        return iter(self.network.answers(faces, np.arange(len(images)), together).swapaxes(0, 1))

    def _ready(self, looked: collections.deque, answers: collections.deque) -> Iterator[Seen]:
        """The pictures whose faces all have their answers."""
        while looked and len(looked[0].images) <= len(answers):
            one = looked.popleft()
            yield Seen([self._face(face, answers.popleft()) for face in one.found], one.why)

    def _face(self, face: np.ndarray, answers: np.ndarray) -> Face:
        several = len(answers) > 1
        mean = answers.mean(0) if several else answers[0]
        return Face(Box(*map(float, face["box"])), face["landmarks"].copy(), bool(face["found"]),
                    self.bundle.classes[int(mean.argmax())], mean, answers.std(0, ddof=1) if several else None)


def _nothing(why: str) -> _Looked:
    return _Looked(np.zeros(0, sightings.FACE), [], [], why)


def _pixels(image: np.ndarray) -> np.ndarray:
    """A picture as detectors take it. Raises BadInput for pixels of another type or shape."""
    gray = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if gray.dtype != np.uint8 or gray.ndim not in (2, 3) or gray.shape[2:] not in ((), (3,)) or not gray.size:
        raise BadInput(f"pixels of type {image.dtype} and shape {image.shape}, expected uint8 of (height, width) or (height, "
                       "width, 3) in the order red, green, blue", remedy="Convert them, as by (255 * x).astype('uint8').")
    return np.ascontiguousarray(gray)


def _face_set(images: np.ndarray, points: np.ndarray, found: np.ndarray, classes: tuple[str, ...]) -> FaceSet:
    """A face set in memory of faces about which nothing but this is known."""
    count = len(images)
    return FaceSet(folder=Path(), meta={"classes": list(classes)}, images=images, landmarks=points, found=found,
                   boxes=np.zeros((count, 4), np.float32), readable=np.ones(count, bool), labels=np.zeros(count, np.int64),
                   votes=np.zeros((count, len(classes)), np.float32), partition=np.full(count, -1, np.int8),
                   subjects=np.full(count, -1), ids=np.full(count, b""))

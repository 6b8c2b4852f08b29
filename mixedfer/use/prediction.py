"""Pictures -> the faces in them and what a bundle says of each; the way of a face is that of training.

>>> from mixedfer.use.prediction import Predictor                    # doctest: +SKIP
>>> Predictor("bundles/quickstart-mixed")("holiday.jpg")[0].label    # doctest: +SKIP
'happy'
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer import processes
from mixedfer.errors import Unreadable
from mixedfer.faces import landmarks, work
from mixedfer.faces.detectors import Box
from mixedfer.faces.pools import AHEAD
from mixedfer.faceset import FaceSet
from mixedfer.learning.batches import TOGETHER
from mixedfer.use import bundle as bundles
from mixedfer.use.bundle import Bundle
from mixedfer.use.finder import NO_FACE, Finder, Found, Picture
from mixedfer.use.network import Network


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


class Prediction(NamedTuple):
    """The faces of one picture, from left to right, and `why` there are none or one is missing; "" where all is well."""

    faces: list[Face]
    why: str = ""


class Predictor:
    """Answers of a bundle, for one picture or for many.

    `bundle` is a folder that `mixedfer export` wrote, `predictor` the landmark model's file, where it is not the installed one.
    Every face of a picture is answered for. After `backend.setup(threads)`, with as many threads as the runs had, answers are
    to the last bit those of the runs on the same device. Raises BadInput for a bundle that is refused, see
    `mixedfer.use.bundle`.
    """

    def __init__(self, bundle: str | Path | Bundle, predictor: Path | None = None):
        self.bundle = bundle if isinstance(bundle, Bundle) else bundles.read(Path(bundle))
        preparation = self.bundle.preparation
        self.finder = Finder(preparation, landmarks.find_predictor(predictor, preparation.predictor), self.bundle.placed)
        self.network = Network(self.bundle)

    def __call__(self, image: Picture) -> list[Face]:
        """The faces of one picture; none where the bundle leaves pictures without a face out. Raises Unreadable for a picture
        that cannot be read.
        """
        (faces, why), = self.predict_many([image])
        if why and not faces and why != NO_FACE:
            raise Unreadable(why, file=image if isinstance(image, (str, Path)) else None)
        return faces

    def predict_many(self, images: Iterable[Picture], together: int = TOGETHER, workers: int = 1) -> Iterator[Prediction]:
        """The faces of each picture, in order; a picture that cannot be read is told of, and the others go on.

        Faces of several pictures go through the network, so many `together`, in batches of one size: an answer does not depend
        on which pictures are beside it. With several `workers`, processes of their own look for faces in the next pictures
        while the network is asked about those of the last ones.
        """
        with _found(self.finder, images, workers) as found:
            yield from self.answers(found, together)

    def answers(self, found: Iterable[Found], together: int = TOGETHER) -> Iterator[Prediction]:
        """The same for what a finder equal to this one's has found already, such as that of another bundle."""
        looked, answers = collections.deque(), collections.deque()
        waiting: list[tuple[np.ndarray, np.ndarray, bool]] = []
        for one in found:
            looked.append(one)
            waiting += zip(one.images, one.points, one.found["found"])
            # Neither faces nor pictures pile up: many pictures without a face may follow one with a face.
            while len(waiting) >= together or (waiting and len(looked) >= together):
                answers += self._answer(waiting[:together], together)
                del waiting[:together]
            yield from self._ready(looked, answers)
        if waiting:
            answers += self._answer(waiting, together)
        yield from self._ready(looked, answers)

    def _answer(self, waiting: list[tuple[np.ndarray, np.ndarray, bool]], together: int) -> Iterator[np.ndarray]:
        """(models, classes) for each face."""
        images, points, found = (np.stack(column) for column in zip(*waiting))
        faces = face_set(images, points, found, self.bundle.classes)
        return iter(self.network.answers(faces, np.arange(len(images)), together).swapaxes(0, 1))

    def _ready(self, looked: collections.deque, answers: collections.deque) -> Iterator[Prediction]:
        """The pictures whose faces all have their answers."""
        while looked and len(looked[0].images) <= len(answers):
            one = looked.popleft()
            yield Prediction([self._face(face, answers.popleft()) for face in one.found], one.why)

    def _face(self, face: np.ndarray, answers: np.ndarray) -> Face:
        several = len(answers) > 1
        mean = answers.mean(0) if several else answers[0]
        return Face(Box(*map(float, face["box"])), face["landmarks"].copy(), bool(face["found"]),
                    self.bundle.classes[int(mean.argmax())], mean, answers.std(0, ddof=1) if several else None)


@contextlib.contextmanager
def _found(finder: Finder, images: Iterable[Picture], workers: int) -> Iterator[Iterator[Found]]:
    """What is found in each picture, in order."""
    if workers < 2:
        yield map(finder, images)
        return
    with processes.pool(workers, work.start) as pool:
        with processes.huge_pages():
            for _ in range(workers):
                pool.submit(work.get_ready, finder.predictor)
        yield _ahead(pool, finder, images, workers * AHEAD)


def _ahead(pool: Executor, finder: Finder, images: Iterable[Picture], most: int) -> Iterator[Found]:
    """The same by a pool, which has so many pictures at most that are begun or wait."""
    begun: collections.deque[Future[Found]] = collections.deque()
    for image in images:
        begun.append(pool.submit(finder, image))
        if len(begun) == most:
            yield begun.popleft().result()
    yield from (one.result() for one in begun)


def face_set(images: np.ndarray, points: np.ndarray, found: np.ndarray, classes: tuple[str, ...]) -> FaceSet:
    """A face set in memory of faces about which nothing but this is known."""
    count = len(images)
    return FaceSet(folder=Path(), meta={"classes": list(classes)}, images=images, landmarks=points, found=found,
                   boxes=np.zeros((count, 4), np.float32), readable=np.ones(count, bool), labels=np.zeros(count, np.int64),
                   votes=np.zeros((count, len(classes)), np.float32), partition=np.full(count, -1, np.int8),
                   subjects=np.full(count, -1), ids=np.full(count, b""))

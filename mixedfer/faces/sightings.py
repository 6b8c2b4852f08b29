"""What is found in a picture: boxes, scores and landmarks, in pixels of the picture as it is given.

It follows from the picture's pixels, the detector, which face, the landmark model and this code; not from labels, from where
the picture lies, or from the images that are cut by it. So it is kept, see `register`, and a picture is searched once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mixedfer.errors import Unreadable
from mixedfer.faces import landmarks
from mixedfer.faces.detectors import Box, Sight
from mixedfer.geometry import POINTS
from mixedfer.identity import canonical, hash_source, version
from mixedfer.study import Preparation

#: The packages that provide `cv2`; which of them is installed is no matter of ours.
OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")
PACKAGES = ("dlib-bin", "dlib", *OPENCV, "numpy")
#: What decides them; detectors name themselves, but not the package that they lie in.
SOURCE = ("sightings.py", "landmarks.py", "detectors/__init__.py")
#: One face. Where none was found there is one all the same, whose box is the whole picture and whose score is NaN.
FACE = np.dtype([("found", bool), ("score", np.float64), ("box", np.float64, 4), ("landmarks", np.float32, (POINTS, 2))])


def making(preparation: Preparation) -> dict:
    """What decides, besides the picture, what is found in it."""
    detector = preparation.detector
    versions = {name: version(name) for name in (*PACKAGES, *getattr(detector, "packages", ()))}
    return {"detector": canonical(detector), "face": preparation.face, "predictor": preparation.predictor,
            "versions": versions, "code": hash_source(*(Path(__file__).parent / name for name in SOURCE))}


def name(picture: np.ndarray, box: Box | None) -> bytes:
    """A picture by its pixels, and by the box that a list gives for a face in it: 32 bytes.

    >>> gray = np.zeros((48, 48), np.uint8)
    >>> name(gray, None) == name(gray.copy(), None) != name(gray.reshape(24, 96), None)
    True
    """
    digest = hashlib.sha256(f"{picture.dtype.str} {picture.shape} {box}".encode())
    digest.update(np.ascontiguousarray(picture))
    return digest.digest()


def find(pictures: Mapping[int, np.ndarray], boxes: Mapping[int, Box], preparation: Preparation,
         predictor: Path) -> dict[int, np.ndarray | str]:
    """The faces of each picture, from left to right: (n,) of `FACE`; or, for what OpenCV or dlib cannot cope with, why not.

    Pictures go by number; `boxes` are those that a list gives.
    """
    import cv2

    try:
        return _find(pictures, boxes, preparation, predictor) if pictures else {}
    except (cv2.error, RuntimeError, Unreadable) as error:
        if len(pictures) > 1:
            alone = [find({number: picture}, boxes, preparation, predictor) for number, picture in pictures.items()]
            return {number: faces for found in alone for number, faces in found.items()}
        return dict.fromkeys(pictures, error.what if isinstance(error, Unreadable) else str(error).strip())


def _find(pictures: Mapping[int, np.ndarray], boxes: Mapping[int, Box], preparation: Preparation,
          predictor: Path) -> dict[int, np.ndarray]:
    """First all are searched, then all get their landmarks: what a step needs stays in the processor's caches, which makes
    small pictures a tenth faster than one after the other.
    """
    found = [chosen(_look(picture, boxes.get(number), preparation.detector), preparation.face)
             for number, picture in pictures.items()]
    sights = [(picture, sight) for picture, several in zip(pictures.values(), found)
              for sight in several or [Sight(whole(picture), np.nan)]]
    faces = np.zeros(len(sights), FACE)
    faces["box"], faces["score"] = [sight.box for _, sight in sights], [sight.score for _, sight in sights]
    faces["found"] = [bool(several) for several in found for _ in several or [None]]
    faces["landmarks"] = landmarks.extract([picture for picture, _ in sights], [sight.box for _, sight in sights], predictor)
    ends = np.cumsum([len(several) or 1 for several in found])
    return dict(zip(pictures, np.split(faces, ends[:-1])))


def _look(picture: np.ndarray, box: Box | None, detector) -> list[Sight]:
    return detector.find(picture, box) if getattr(detector, "annotated", False) else detector.find(picture)


def whole(picture: np.ndarray) -> Box:
    """A picture's own frame."""
    return Box(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))


def chosen(sights: Sequence[Sight], face: str) -> list[Sight]:
    """The face that a preparation takes, the first of several that are alike; or all, from left to right.

    >>> small, sure = Sight(Box(5, 0, 9, 9), 2.0), Sight(Box(0, 0, 8, 8), 3.0)
    >>> [chosen([small, sure], face) == [small] for face in ("largest", "most-confident")]
    [True, False]
    """
    if face == "all":
        return sorted(sights)
    worth = (lambda sight: sight.box.width * sight.box.height) if face == "largest" else (lambda sight: sight.score)
    return [max(sights, key=worth)] if sights else []

"""What was found in the pictures: boxes, scores and landmarks, kept apart from the images that are cut by them.

They are named by what decides them (the pictures, the detector, which face, the landmark model, this code), not by the
images' size, colour, border or alignment: another image needs no second search. One file, `<first picture>.npz`, per chunk
of pictures, with the checksums of zip: a file that a power failure cut off is a chunk that was not searched.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.errors import Unreadable
from mixedfer.faces import landmarks
from mixedfer.faces.detectors import Box, Sight
from mixedfer.geometry import POINTS
from mixedfer.identity import canonical, hash_source, version
from mixedfer.study import Preparation, Study

CHUNK = 64  # pictures in one file, which are lost together when the search is interrupted
#: The packages that provide `cv2`; which of them is installed is no matter of ours.
OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")
PACKAGES = ("dlib-bin", "dlib", *OPENCV, "pillow", "numpy", "scipy")
#: What decides them; data sets and detectors name themselves, but not the packages that they lie in.
SOURCE = ("seeds.py", "geometry.py", "faces/sightings.py", "faces/landmarks.py", "faces/pictures.py",
          "faces/datasets/__init__.py", "faces/detectors/__init__.py")
FACE = np.dtype([("picture", np.int64), ("found", bool), ("readable", bool), ("score", np.float64), ("box", np.float64, 4),
                 ("landmarks", np.float32, (POINTS, 2))])


@dataclass(frozen=True)
class Sightings:
    """Faces in the order of their pictures, those of one picture from left to right: `rows` (n,) of `FACE`.

    `picture` counts the data set's pictures. Where no face was found there is one row, whose box is the whole picture and
    whose score is NaN. `unreadable` says of pictures why they cannot be seen; their one row is zero.
    """

    rows: np.ndarray
    unreadable: dict[int, str]

    def of(self, pictures: Collection[int]) -> Sightings:
        """Those of some pictures."""
        rows = self.rows[np.isin(self.rows["picture"], list(pictures))]
        return Sightings(rows, {picture: why for picture, why in self.unreadable.items() if picture in pictures})


def making(study: Study, fingerprint: str) -> dict:
    """What decides a study's sightings, and names them; `fingerprint` is its data set's."""
    detector, package = study.preparation.detector, Path(__file__).parents[1]
    versions = {name: version(name) for name in (*PACKAGES, *getattr(detector, "packages", ()))}
    return {"dataset": canonical(study.dataset), "pictures": fingerprint, "detector": canonical(detector),
            "face": study.preparation.face, "predictor": study.preparation.predictor, "versions": versions,
            "code": hash_source(*(package / name for name in SOURCE))}


def find(pictures: Mapping[int, np.ndarray | str], boxes: Mapping[int, Box], preparation: Preparation,
         predictor: Path) -> Sightings:
    """The faces in pictures, by number; instead of a picture, why there is none. `boxes` are those that a list gives.

    What OpenCV or dlib cannot cope with is unreadable.
    """
    import cv2

    try:
        return _find(pictures, boxes, preparation, predictor)
    except (cv2.error, RuntimeError, Unreadable) as error:
        if len(pictures) > 1:
            return joined([find({number: picture}, boxes, preparation, predictor) for number, picture in pictures.items()])
        why = error.what if isinstance(error, Unreadable) else str(error).strip()
        return _find(dict.fromkeys(pictures, why), boxes, preparation, predictor)


def _find(pictures: Mapping[int, np.ndarray | str], boxes: Mapping[int, Box], preparation: Preparation,
          predictor: Path) -> Sightings:
    """First all are searched, then all get their landmarks: what a step needs stays in the processor's caches, which makes
    small pictures a tenth faster than one after the other.
    """
    unreadable = {number: why for number, why in pictures.items() if isinstance(why, str)}
    readable = {number: picture for number, picture in pictures.items() if number not in unreadable}
    found = {number: chosen(_look(picture, boxes.get(number), preparation.detector), preparation.face)
             for number, picture in readable.items()}
    sights = [(number, sight) for number in readable for sight in found[number] or [Sight(whole(readable[number]), np.nan)]]
    rows = np.zeros(len(sights) + len(unreadable), FACE)
    rows["picture"] = [number for number, _ in sights] + list(unreadable)
    if sights:
        seen, boxes_seen = rows[:len(sights)], [sight.box for _, sight in sights]
        seen["readable"] = True
        seen["found"] = [bool(found[number]) for number, _ in sights]
        seen["box"], seen["score"] = boxes_seen, [sight.score for _, sight in sights]
        seen["landmarks"] = landmarks.extract([readable[number] for number, _ in sights], boxes_seen, predictor)
    return Sightings(rows[np.argsort(rows["picture"], kind="stable")], unreadable)


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


def joined(parts: Sequence[Sightings]) -> Sightings:
    """Several parts as one."""
    return Sightings(np.concatenate([part.rows for part in parts]),
                     {number: why for part in parts for number, why in part.unreadable.items()})


def write(folder: Path, first: int, sightings: Sightings) -> None:
    """A chunk's file, whole or not at all; not flushed, for what is lost is noticed and found again."""
    numbers, reasons = list(sightings.unreadable), list(sightings.unreadable.values())
    part = disk.beside(_file(folder, first))
    try:
        with open(part, "wb") as file:
            np.savez(file, rows=sightings.rows, numbers=np.array(numbers, np.int64), reasons=np.array(reasons, str))
        os.replace(part, _file(folder, first))
    finally:
        part.unlink(missing_ok=True)


def read(folder: Path, first: int) -> Sightings | None:
    """A chunk's sightings; None where there is no file, or not all of it."""
    try:
        with open(_file(folder, first), "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return Sightings(file["rows"], dict(zip(file["numbers"].tolist(), file["reasons"].tolist())))
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def _file(folder: Path, first: int) -> Path:
    return folder / f"{first}.npz"

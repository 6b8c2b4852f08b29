"""dlib's 68-point predictor: an ensemble of regression trees (Kazemi and Sullivan, CVPR 2014).

The model file comes with the package `face_recognition_models`. It was trained on iBUG 300-W, whose terms exclude
commercial use.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.errors import BadInput
from mixedfer.faces.detectors import Box
from mixedfer.geometry import POINTS

FILE = "shape_predictor_68_face_landmarks.dat"
_NO_WORDS = str.maketrans("", "", "points[()]")


def find_predictor(given: Path | None, expected: str) -> Path:
    """The model file: the one given, or the one that is installed. Raises BadInput when its SHA-256 is not `expected`."""
    path = Path(given) if given else _installed()
    if not path.is_file():
        raise BadInput("no such file", file=path, remedy=f"Give the place of {FILE} with --predictor.")
    found = disk.hash_file(path)
    if found != expected:
        raise BadInput(f"its SHA-256 is {found}, the study expects {expected}", file=path,
                       remedy=f"Use the expected model, or accept this one with --set predictor={found}.")
    return path


def extract(picture: np.ndarray, box: Box, predictor: Path) -> np.ndarray:
    """The 68 points of the face in `box`: (68, 2) float32, x and y in pixels of `picture`."""
    import dlib

    left, top = round(box.left), round(box.top)
    # dlib's rectangles include their last pixel.
    face = dlib.rectangle(left, top, left + round(box.width) - 1, top + round(box.height) - 1)
    # "points[(3, 17), (4, 22), ...]": reading what dlib prints takes a third of the time that 136 attributes take.
    text = repr(_model(predictor)(picture, face).parts()).translate(_NO_WORDS)
    return np.fromstring(text, np.float32, sep=",").reshape(POINTS, 2)


def _installed() -> Path:
    # Found by path: importing the package would need the long gone pkg_resources.
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.origin:
        raise BadInput("the package face_recognition_models is not installed",
                       remedy=f"Install it with `pip install face_recognition_models`, or give {FILE} with --predictor.")
    return Path(spec.origin).parent / "models" / FILE


@functools.lru_cache(maxsize=1)
def _model(path: Path):
    import dlib

    return dlib.shape_predictor(str(path))

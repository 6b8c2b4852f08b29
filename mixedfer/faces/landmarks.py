"""dlib's 68-point predictor: an ensemble of regression trees (Kazemi and Sullivan, CVPR 2014).

The model file comes with the package `face_recognition_models`. It was trained on iBUG 300-W, whose terms exclude
commercial use.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.errors import BadInput
from mixedfer.faces.detectors import Box
from mixedfer.geometry import POINTS

FILE = "shape_predictor_68_face_landmarks.dat"
REMEDY = f"Give the place of {FILE} with --predictor, or leave the option out."
_NO_WORDS = str.maketrans("", "", "points[()]")


def find_predictor(given: Path | None, expected: str) -> Path:
    """The model file: the one given, or the one that is installed. Raises BadInput when its SHA-256 is not `expected`."""
    path = Path(given) if given else installed(FILE, f", or give {FILE} with --predictor")
    if not path.is_file():
        raise BadInput("no such file", file=path, remedy=f"Give the place of {FILE} with --predictor.")
    found = disk.hash_file(path)
    if found != expected:
        raise BadInput(f"its SHA-256 is {found}, the study expects {expected}", file=path,
                       remedy=f"Use the expected model, or accept this one with --set predictor={found}.")
    return path


@functools.lru_cache(maxsize=1)
def load(predictor: Path):
    """dlib's model, read once per process. Raises BadInput when the file holds none, or not one of 68 points."""
    import dlib

    try:
        model = dlib.shape_predictor(str(predictor))
        count = model(np.zeros((64, 64), np.uint8), dlib.rectangle(8, 8, 55, 55)).num_parts
    except RuntimeError as error:
        why = str(error).partition("\n")[0]
        raise BadInput(f"not a landmark model that dlib can use ({why})", file=predictor, remedy=REMEDY) from error
    if count != POINTS:
        raise BadInput(f"a model of {count} landmarks, expected {POINTS}", file=predictor, remedy=REMEDY)
    return model


def extract(pictures: Sequence[np.ndarray], boxes: Sequence[Box], predictor: Path) -> np.ndarray:
    """The 68 points of the face in each picture's box: (n, 68, 2) float32, x and y in pixels of that picture."""
    model = load(predictor)
    shapes = [model(picture, _rectangle(box)).parts() for picture, box in zip(pictures, boxes)]
    # "points[(3, 17), (4, 22), ...]": reading what dlib prints takes a third of the time that 136 attributes take.
    text = ",".join(map(repr, shapes)).translate(_NO_WORDS)
    return np.fromstring(text, np.float32, sep=",").reshape(-1, POINTS, 2)


def _rectangle(box: Box):
    import dlib

    left, top = round(box.left), round(box.top)
    # dlib's rectangles include their last pixel.
    return dlib.rectangle(left, top, left + round(box.width) - 1, top + round(box.height) - 1)


def installed(file: str, otherwise: str = "") -> Path:
    """Where the package `face_recognition_models` keeps one of its models. Raises BadInput when it is not installed."""
    # Found by path: importing the package would need the long gone pkg_resources.
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.origin:
        raise BadInput("the package face_recognition_models is not installed",
                       remedy=f"Install it with `pip install face_recognition_models`{otherwise}.")
    return Path(spec.origin).parent / "models" / file

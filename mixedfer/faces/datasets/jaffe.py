"""JAFFE: 213 gray 256x256 faces of ten Japanese women, each posing seven expressions, seen from the front.

Source: Lyons, Akamatsu, Kamachi and Gyoba, "Coding Facial Expressions with Gabor Wavelets", FG 1998;
https://zenodo.org/records/3451524. Terms: non-commercial research, with citation.
Expected: 213 pictures, 10 people with two to four pictures of each expression; no official partition.
Reads `KA.AN1.39.tiff` (person, expression and take, number) in --data or any folder below it; other picture formats are
read too where the names were kept. The label is what was posed, which raters did not always see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer.checked import Checked
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect

CODES = {"AN": "anger", "DI": "disgust", "FE": "fear", "HA": "happiness", "SA": "sadness", "SU": "surprise", "NE": "neutral"}
CLASSES = tuple(CODES.values())
#: As FER2013 calls its classes, in its order: for `remapped`.
AS_FER2013 = {"anger": "angry", "disgust": "disgust", "fear": "fear", "happiness": "happy", "sadness": "sad",
              "surprise": "surprise", "neutral": "neutral"}
NAME = re.compile(rf"([A-Z]{{2}})\.({'|'.join(CODES)})\d+\.\d+\.\w+", re.IGNORECASE)
WHAT = "the folder with JAFFE's pictures"
LAYOUT = "pictures named like KA.AN1.39.tiff"


@dataclass(frozen=True, kw_only=True)
class Jaffe(Checked):
    """The folder as unpacked. `classes` may name some of the seven; subjects are the ten women.

    >>> Jaffe(classes=("happiness", "sadness")).classes
    ('happiness', 'sadness')
    """

    classes: tuple[str, ...] = CLASSES

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "classes", choose(self.classes, CLASSES))

    def fingerprint(self, data: Path | None) -> str:
        return pictures.fingerprint(_layout.root(data, WHAT))

    def list(self, data: Path | None) -> Listing:
        """Every picture of the chosen classes. Raises BadInput where no name is JAFFE's, or a picture is there twice."""
        found, others = _layout.by_name(_layout.root(data, WHAT), NAME, LAYOUT)
        entries = [Entry(path, path, CODES[name[2].upper()], subject=name[1].upper()) for path, name in found.items()]
        people = {entry.subject for entry in entries}
        return collect(entries, CLASSES, self.classes, excluded={_layout.OTHER_NAME: others},
                       note=_layout.unofficial({"pictures": (len(entries), 213), "people": (len(people), 10)}))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)

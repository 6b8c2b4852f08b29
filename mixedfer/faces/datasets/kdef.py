"""KDEF: 4,900 colour photographs of 70 people, each posing seven expressions, twice, seen from five angles.

Source: Lundqvist, Flykt and Oehman, "The Karolinska Directed Emotional Faces", Karolinska Institutet, 1998, ISBN 91-630-7164-9;
https://kdef.se. Terms: non-commercial research; a limited number of pictures may be shown in publications, with citation.
Expected: 4,900 pictures of 70 people (35 women, 35 men), 980 from each angle; no official partition.
Reads `AF01/AF01ANS.JPG` in --data or any folder below it: session (A or B), sex (F or M), number, expression, angle (FL and FR
full profiles, HL and HR half profiles, S straight). Both sessions of a person are one subject. The averaged faces (AKDEF)
show nobody and have other names: they are counted as left out. So are pictures of the release whose names are cut off
(readers report AF31V and AM31H).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import StudyError, nearest
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect

CODES = {"AN": "angry", "DI": "disgusted", "AF": "afraid", "HA": "happy", "SA": "sad", "SU": "surprised", "NE": "neutral"}
CLASSES = tuple(CODES.values())
#: As FER2013 calls its classes, in its order: for `remapped`.
AS_FER2013 = {"angry": "angry", "disgusted": "disgust", "afraid": "fear", "happy": "happy", "sad": "sad",
              "surprised": "surprise", "neutral": "neutral"}
ANGLES = ("FL", "HL", "S", "HR", "FR")
NAME = re.compile(rf"[AB]([FM]\d\d)({'|'.join(CODES)})({'|'.join(ANGLES)})\.\w+", re.IGNORECASE)
WHAT = "the folder with KDEF's pictures"
LAYOUT = "pictures named like AF01/AF01ANS.JPG"
OTHER_ANGLE = "from an angle that the study leaves out"


@dataclass(frozen=True, kw_only=True)
class Kdef(Checked):
    """The folder as unpacked. `angles` are those to be read; `classes` may name some of the seven.

    >>> Kdef(angles=("HL", "S", "HR")).angles
    ('HL', 'S', 'HR')
    """

    classes: tuple[str, ...] = CLASSES
    angles: tuple[str, ...] = ("S",)

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "classes", choose(self.classes, CLASSES))
        for angle in self.angles:
            if angle not in ANGLES:
                raise StudyError(f"unknown angle {angle!r}", remedy=nearest(angle, ANGLES))
        if not self.angles:
            raise StudyError("no angle is chosen", remedy=f"Name some of {', '.join(ANGLES)}.")

    def fingerprint(self, data: Path | None) -> str:
        return pictures.fingerprint(_layout.root(data, WHAT))

    def list(self, data: Path | None) -> Listing:
        """Every picture of the chosen angles and classes. Raises BadInput where no name is KDEF's, or one is there twice."""
        found, others = _layout.by_name(_layout.root(data, WHAT), NAME, LAYOUT)
        entries = [Entry(path, path, CODES[name[2].upper()], subject=name[1].upper()) for path, name in found.items()
                   if name[3].upper() in self.angles]
        people = {name[1].upper() for name in found.values()}
        return collect(entries, CLASSES, self.classes,
                       excluded={_layout.OTHER_NAME: others, OTHER_ANGLE: len(found) - len(entries)},
                       note=_layout.unofficial({"pictures": (len(found), 4900), "people": (len(people), 70)}))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)

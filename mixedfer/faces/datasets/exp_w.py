"""ExpW, Expression in-the-Wild: 91,793 faces from web searches in seven classes, several to a picture.

Source: Zhang, Luo, Loy, Tang, "From Facial Expression Recognition to Interpersonal Relation Prediction", IJCV 126, 2018
(arXiv:1609.06426); from the authors' page at the Chinese University of Hong Kong. Terms: for non-commercial research; the
pictures belong to their owners. Expected: 91,793 lines: 3,671 angry, 3,995 disgust, 1,088 fear, 30,537 happy, 10,559 sad,
7,060 surprise, 34,883 neutral (the sum is the paper's; the shares are those that papers on the set report).

    label/label.lst       image_name face_id_in_image top left right bottom confidence expression_label
    image/*.jpg           or image/origin/*.jpg, as the 7-zip archive unpacks

There are no partitions, and who the persons are is not known: the faces of one picture stay together. What is left out is
counted in faces; how many pictures are not in the list is told in the note.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import BadInput
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect
from mixedfer.faces.datasets._lists import UNLISTED, lines, missing, numbers, once

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
#: As FER2013 calls its classes, in its order: for `remapped`.
AS_FER2013 = {name: name for name in CLASSES}
LABELS = {str(number): name for number, name in enumerate(CLASSES)}
FACES = 91_793
LIST = "label/label.lst"
LAYOUT = "label/label.lst and image/"
PICTURES = ("image/origin", "image", "data/image/origin", "data/image")
EMPTY = "with a face box that has no area"
UNSURE = "of a face box that the detector was less sure of than the study asks for"


@dataclass(frozen=True, kw_only=True)
class ExpW(Checked):
    """`confidence` is the least that the list must give a face box: a number without a unit, at most about 100.

    >>> ExpW(classes=("happy", "sad")).confidence
    0.0
    """

    classes: tuple[str, ...] = CLASSES
    confidence: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "classes", choose(self.classes, CLASSES))

    def fingerprint(self, data: Path | None) -> str:
        label, place = _places(data)
        return pictures.fingerprint(place, [os.path.relpath(label, place), *pictures.files(place)])

    def list(self, data: Path | None) -> Listing:
        """Every face of the chosen classes, in the list's order. Raises BadInput with file and row for a wrong line."""
        label, place = _places(data)
        there, prefix = set(pictures.files(place)), os.path.relpath(place, data)
        faces = [(row, entry, self._against(entry, sure)) for row, entry, sure in _faces(label, prefix)]
        used = [(row, entry) for row, entry, reason in faces if not reason]
        missing(label, [(row, entry.subject) for row, entry in used if entry.label in self.classes], there)
        entries, excluded = once(entry for _, entry in used)
        excluded += Counter(reason for _, _, reason in faces if reason)
        unlisted = set(pictures.pictures(there)).difference(entry.subject for _, entry, _ in faces)
        return collect(entries, CLASSES, self.classes, excluded=excluded, note=_note(len(faces), len(unlisted)))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)

    def _against(self, face: Entry, confidence: float) -> str:
        return EMPTY if min(face.box[2:]) <= 0 else UNSURE if confidence < self.confidence else ""


def _places(data: Path | None) -> tuple[Path, Path]:
    """The list, and the folder with the pictures."""
    root = _layout.holder(_layout.root(data, f"ExpW's folder, with {LAYOUT}"), LIST, LAYOUT)
    place = next((root / name for name in PICTURES if (root / name).is_dir()), None)
    if place is None:
        raise _layout.absent(root / "image", "Unpack the pictures (origin.7z) into image/, beside label/.")
    return root / LIST, place


def _faces(path: Path, prefix: str) -> Iterator[tuple[int, Entry, float]]:
    """Yield row, entry and the confidence of the face box."""
    for row, line in lines(path):
        if not line.strip():
            continue
        parts = line.rsplit(None, 7)
        if len(parts) != 8:
            raise BadInput(f"{len(parts)} fields, expected 8 (picture, face, top, left, right, bottom, confidence, label)",
                           file=path, row=row, remedy="Is the file cut off? Download it again.")
        name, face, *box, confidence, label = parts
        top, left, right, bottom, sure = numbers((*box, confidence), "face box and confidence", path, row)
        if label not in LABELS:
            raise BadInput(f"expression {label!r}, expected 0 to {len(CLASSES) - 1}", file=path, row=row)
        yield row, Entry(f"{prefix}/{name}", f"{name}#{face}", LABELS[label], subject=name,
                         box=(left, top, right - left, bottom - top)), sure


def _note(total: int, unlisted: int) -> str:
    official = _layout.unofficial({"faces in its list": (total, FACES)})
    beside = f"{unlisted:,} pictures are {UNLISTED}." if unlisted else ""
    people = "Who the persons are is not known; the faces of one picture stay together."
    return " ".join(filter(None, (official, beside, people)))

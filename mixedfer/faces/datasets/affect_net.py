"""AffectNet: faces from web searches, annotated by hand, in eight classes.

Source: Mollahosseini, Hasani, Mahoor, "AffectNet: A Database for Facial Expression, Valence, and Arousal Computing in the
Wild", IEEE Transactions on Affective Computing 10(1), 2019 (arXiv:1708.03985); from the authors on request. Terms: for
research that is not commercial, under a signed agreement. Both distributions are read; --data is the folder as unpacked:

    Manually_Annotated_file_lists/training.csv, validation.csv     train_set/images/*.jpg, annotations/*_exp.npy
    Manually_Annotated_Images/<number>/<hash>.jpg                  val_set/images/*.jpg, annotations/*_exp.npy

Expected in the eight classes: 287,651 training pictures (74,874 neutral, 134,415 happy, 25,459 sad, 14,090 surprise, 6,378
fear, 3,803 disgust, 24,882 anger, 3,750 contempt) and 4,000 validation ones (3,999 in the newer distribution), 500 per class.
The labels of the test set are not public: as in the literature, the official validation set is the test partition here, and
validation is drawn from the training set. Who the persons are is not known. `training.csv` has a header, `validation.csv`
often none; where no face was found the lists have no box (NULL, or numbers below 0).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.checked import Checked
from mixedfer.errors import BadInput
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect
from mixedfer.faces.datasets._lists import UNLISTED, missing, numbers, once, rows

CLASSES = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
#: As FER2013 calls its classes, in its order: for `remapped`.
AS_FER2013 = {"anger": "angry", "disgust": "disgust", "fear": "fear", "happy": "happy", "sad": "sad", "surprise": "surprise",
              "neutral": "neutral"}
LABELS = {str(number): name for number, name in enumerate((*CLASSES, "none", "uncertain", "no face"))}
LEFT_OUT = {"none": "annotated as none of the eight expressions", "uncertain": "annotated as uncertain",
            "no face": "annotated as no face"}
EXPECTED = {0: ("training pictures", (287_651,)), 2: ("validation pictures", (4_000, 3_999))}
COLUMNS = ("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks", "expression",
           "valence", "arousal")
LISTS, PICTURES, LABEL = "Manually_Annotated_file_lists", "Manually_Annotated_Images", "_exp.npy"
LAYOUT = f"{LISTS}/ and {PICTURES}/, or train_set/ and val_set/"
NOTE = ("The labels of AffectNet's test set are not public: its official validation set is the test partition here. Who the "
        "persons are is not known.")


@dataclass(frozen=True, kw_only=True)
class AffectNet(Checked):
    """The manually annotated part. `classes` may name some of the eight.

    >>> AffectNet(classes=("happy", "contempt")).classes
    ('happy', 'contempt')
    """

    classes: tuple[str, ...] = CLASSES

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "classes", choose(self.classes, CLASSES))

    def fingerprint(self, data: Path | None) -> str:
        folder = _folder(data)
        newer = _newer(folder)
        lists, places = ([], _sets(newer)) if newer else (_lists(folder), [_pictures(folder)])
        paths = [*lists, *(place / name for place in places for name in pictures.files(place))]
        return pictures.fingerprint(folder, [os.path.relpath(path, folder) for path in paths])

    def list(self, data: Path | None) -> Listing:
        """Every picture of the chosen classes. Raises BadInput with file and row for a wrong line or missing pictures."""
        folder = _folder(data)
        newer = _newer(folder)
        listed, unlisted = (list(_annotated(newer, folder)), 0) if newer else _listed(folder, self.classes)
        entries, excluded = once(entry for entry in listed if entry.label in CLASSES)
        excluded += Counter(LEFT_OUT[entry.label] for entry in listed if entry.label in LEFT_OUT)
        excluded[UNLISTED] = unlisted
        return collect(entries, CLASSES, self.classes, excluded=excluded, note=_note(entries))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)


def _folder(data: Path | None) -> Path:
    return _layout.root(data, f"AffectNet's folder, with {LAYOUT}")


def _newer(folder: Path) -> Path | None:
    """The folder with train_set and val_set, or None for the distribution with lists."""
    found = [name for name in ("train_set", "val_set") if _layout.holders(folder, name)]
    return _layout.holder(folder, found[0], LAYOUT) if found else None


def _lists(folder: Path) -> list[Path]:
    place = _layout.holder(folder, f"{LISTS}/training.csv", LAYOUT) / LISTS
    if not (place / "validation.csv").is_file():
        raise _layout.absent(place / "validation.csv", "It is the test partition; the official archive has it.")
    return [place / "training.csv", place / "validation.csv"]


def _pictures(folder: Path) -> Path:
    return _layout.holder(folder, PICTURES, LAYOUT) / PICTURES


def _listed(folder: Path, classes: Sequence[str]) -> tuple[list[Entry], int]:
    """The entries of both lists, and how many pictures are in none; those of the chosen classes are seen to be there."""
    lists, place, entries = _lists(folder), _pictures(folder), []
    there, prefix = set(pictures.files(place)), os.path.relpath(place, folder)
    for path, part in zip(lists, (0, 2)):
        found = [(row, _entry(cells, prefix, part, path, row))
                 for row, cells in rows(path, COLUMNS, columns=COLUMNS, separator=",")]
        missing(path, [(row, entry.id) for row, entry in found if entry.label in classes], there)
        entries += [entry for _, entry in found]
    return entries, len(set(pictures.pictures(there)).difference(entry.id for entry in entries))


def _entry(cells: list[str], prefix: str, part: int, path: Path, row: int) -> Entry:
    name, *box, _, expression, _, _ = cells
    if expression not in LABELS:
        raise BadInput(f"expression {expression!r}, expected 0 to {len(LABELS) - 1}", file=path, row=row,
                       remedy="Is the list cut off, or edited? Unpack it again.")
    known = not any(cell in ("", "NULL") for cell in box) and numbers(box, "face box", path, row)
    return Entry(f"{prefix}/{name}", name, LABELS[expression], part, box=known if known and min(known[2:]) > 0 else ())


def _sets(newer: Path) -> list[Path]:
    """train_set and val_set, seen to have both their folders."""
    for name in ("train_set/images", "train_set/annotations", "val_set/images", "val_set/annotations"):
        if not (newer / name).is_dir():
            raise _layout.absent(newer / name, f"Expected {LAYOUT}.")
    return [newer / "train_set", newer / "val_set"]


def _annotated(newer: Path, folder: Path) -> Iterator[Entry]:
    """The entries of train_set and val_set, in order of their names."""
    for place, part in zip(_sets(newer), (0, 2)):
        found, labels = _pairs(place)
        prefix = os.path.relpath(place / "images", folder)
        for stem, picture in sorted(found.items()):
            label = _label(place / "annotations" / labels[stem])
            yield Entry(f"{prefix}/{picture}", f"{place.name}/{picture}", label, part)


def _pairs(place: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Pictures and files with their classes, by what their names have in common. Raises BadInput where one lacks the other."""
    names = pictures.pictures(pictures.files(place / "images"))
    found = {os.path.splitext(name)[0]: name for name in names}
    labels = {name.removesuffix(LABEL): name for name in pictures.files(place / "annotations") if name.endswith(LABEL)}
    if len(found) < len(names):
        raise BadInput("two pictures whose names differ in their endings only", file=place, remedy="Unpack the archive again.")
    alone = sorted(labels.keys() ^ found.keys())
    if alone:
        raise BadInput(f"{len(found.keys() - labels.keys()):,} pictures have no {LABEL}, {len(labels.keys() - found.keys()):,} "
                       f"files {LABEL} no picture; the first is {_layout.text(found.get(alone[0]) or labels[alone[0]])}",
                       file=place, remedy="Is an archive not unpacked, or not to its end?")
    return found, labels


def _label(path: Path) -> str:
    """The class in a file of one number, which the distribution stores as text."""
    try:
        return LABELS[str(int(np.load(path, allow_pickle=False).item()))]
    except disk.NO_ARRAY as error:
        raise BadInput("does not hold one whole number from 0 to 10", file=path, remedy="Unpack it again.") from error


def _note(entries: list[Entry]) -> str:
    counts = Counter(entry.partition for entry in entries)
    official = {name: (counts[part], counts[part] if counts[part] in expected else expected[0])
                for part, (name, expected) in EXPECTED.items()}
    return f"{NOTE} {_layout.unofficial(official)}".strip()

"""FER2013: 35,887 gray 48x48 faces from web searches in seven classes, with three official partitions.

Source: Goodfellow et al., "Challenges in Representation Learning", ICONIP 2013; Kaggle's "Challenges in
Representation Learning: Facial Expression Recognition Challenge". Terms: for research. Expected: 28,709 training, 3,589
public test (used for validation) and 3,589 private test (used for the test) rows; human accuracy 65 +- 5 %.
Reads `fer2013.csv` (emotion,pixels,Usage) and `icml_face_data.csv` (emotion, Usage, pixels); --data is the file or its
folder. Or a folder of pictures as Kaggle's users have it: `train/angry/...`, `test/angry/...` (or Training, PublicTest,
PrivateTest), with the same seven classes. Kaggle's `test` holds both test parts, 7,178 pictures; where their names begin
with PublicTest_ and PrivateTest_ the first become the validation part, as is official. Where nothing tells them apart,
validation is drawn from the training part, and the note says that the test part is not the official one.
"""

from __future__ import annotations

import functools
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer import disk
from mixedfer.checked import Checked
from mixedfer.errors import BadInput, nearest
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect, entries, need
from mixedfer.faces.datasets.folder import Folder
from mixedfer.faceset import PARTITIONS

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
#: Pictures of each class in the official training, public test and private test part.
COUNTS = {"angry": (3995, 467, 491), "disgust": (436, 56, 55), "fear": (4097, 496, 528), "happy": (7215, 895, 879),
          "sad": (4830, 653, 594), "surprise": (3171, 415, 416), "neutral": (4965, 607, 626)}
LABELS = {str(number).encode(): number for number in range(len(CLASSES))}
USAGE = {b"Training": 0, b"PublicTest": 1, b"PrivateTest": 2}
FILES = ("fer2013.csv", "icml_face_data.csv")
SIDE = 48
ROWS = 35_887
CUT_OFF = "Is the file cut off? Download it again."


class Row(NamedTuple):
    """One row of the CSV: `number` as a spreadsheet counts (the header is row 1), `emotion` a number into CLASSES, `partition`
    one into `faceset.PARTITIONS`, `start` the first byte of its pixels in the file, `length` how many bytes they take.
    """

    number: int
    emotion: int
    partition: int
    start: int
    length: int


@dataclass(frozen=True, kw_only=True)
class Fer2013(Checked):
    """The official CSV, or a folder of its pictures. `classes` may name some of the seven; the others are left out.

    >>> Fer2013(classes=("happy", "sad")).classes
    ('happy', 'sad')
    """

    classes: tuple[str, ...] = CLASSES

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "classes", choose(self.classes, CLASSES))

    def fingerprint(self, data: Path | None) -> str:
        place = _place(data)
        return Folder().fingerprint(place) if place.is_dir() else disk.hash_file(place)

    def list(self, data: Path | None) -> Listing:
        """Every row or picture of the chosen classes.

        Raises BadInput with file and row for a wrong label, usage or pixel count, and for class folders that are not FER2013's.
        """
        place = _place(data)
        if place.is_dir():
            return _folders(place, self.classes)
        found = collect((Entry((row.number, row.start, row.length), f"{place.name}:{row.number}", CLASSES[row.emotion],
                               row.partition) for row in rows(place)), CLASSES, self.classes)
        count = len(found.keys) + sum(found.excluded.values())
        if not count:
            raise BadInput("a header and no picture", file=place, remedy=CUT_OFF)
        return replace(found, note=_note(place, count))

    def read(self, data: Path | None, key: tuple[int, int, int] | str) -> np.ndarray:
        """A row's pixels, (48, 48) gray; of a folder, the picture as it is."""
        if isinstance(key, str):
            return Folder().read(data, key)
        row, start, length = key
        try:
            # As 64 bits, what is too large for them becomes the largest of them; as fewer, it would wrap around.
            values = np.fromstring(_bytes(data)[start:start + length], dtype=np.int64, sep=" ")
        except ValueError:
            values = np.empty(0)
        if len(values) != SIDE * SIDE or values.min() < 0 or values.max() > 255:
            raise BadInput(f"the pixels are not {SIDE * SIDE} whole numbers from 0 to 255", file=_place(data), row=row,
                           remedy="Download the file again.")
        return values.astype(np.uint8).reshape(SIDE, SIDE)


def csv_file(folder: Path) -> Path | None:
    """The official file that lies in this folder or a little below it, or None; a file is itself."""
    if not folder.is_dir():
        return folder
    return next((place / name for name in FILES for place in _layout.holders(folder, name)), None)


def _place(data: Path | None) -> Path:
    """The CSV, or a folder that holds none, but folders of pictures."""
    path = need(data, "fer2013.csv or icml_face_data.csv, or a folder of FER2013's class folders")
    if pictures.packed(path):
        raise BadInput("an archive", file=path, remedy=f"Unpack it first, then give {' or '.join(FILES)} with --data.")
    file = csv_file(path)
    if file is None and not any(child.is_dir() for child in path.iterdir()):
        raise BadInput(f"neither {' nor '.join(FILES)} is in this folder, nor are there class folders", file=path,
                       remedy="Give the file itself with --data.")
    return file or path


@functools.lru_cache(maxsize=1)
def _bytes(data: Path | None) -> mmap.mmap:
    with open(_place(data), "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _folders(root: Path, classes: tuple[str, ...]) -> Listing:
    """The pictures of a folder; upper and lower case of its class folders do not matter."""
    found = Folder().list(root)
    lower = [name.lower() for name in found.classes]
    for name in found.classes:
        if name.lower() not in CLASSES:
            raise BadInput(f"the class folder {name!r} is none of FER2013's", file=root, remedy=nearest(name.lower(), CLASSES))
    for name in classes:
        if name not in lower:
            raise BadInput(f"there is no class folder {name!r}", file=root,
                           remedy="Add it, or leave the class out with classes=(...).")
    listing = collect([entry._replace(label=entry.label.lower()) for entry in entries(found)], CLASSES, classes,
                      excluded=found.excluded)
    listing = replace(listing, partition=_official(listing))
    return replace(listing, note=" ".join(part for part in (_differences(listing), found.note) if part))


def _official(listing: Listing) -> np.ndarray | None:
    """The partition, with the public test pictures of a test folder that holds both test parts moved to validation."""
    partition = listing.partition
    if partition is None or (partition == 1).any():
        return partition
    public = np.array([os.path.basename(name).startswith("PublicTest_") for name in listing.ids])
    moved = np.where((partition == 2) & public, 1, partition).astype(np.int8)
    return moved if (moved == 2).any() else partition


def _differences(listing: Listing) -> str:
    """Which parts do not hold as many pictures of these classes as they officially do."""
    official = np.sum([COUNTS[name] for name in listing.classes], 0)
    if listing.partition is None:
        return _layout.unofficial({"pictures": (len(listing.ids), official.sum())})
    here = np.bincount(listing.partition, minlength=len(PARTITIONS))
    return _layout.unofficial({f"{name} pictures": counts for name, *counts in zip(PARTITIONS, here, official)})


def _note(path: Path, rows: int) -> str:
    """What is odd about the file, though every row is whole."""
    notes = [f"{path.name} has {rows:,} rows; the official file has {ROWS:,}."] * (rows != ROWS)
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read() != b"\n":
            notes.append(f"{path.name} does not end with a line break: the last number of its last row may be cut off.")
    return " ".join(notes)


def _columns(header: bytes, path: Path) -> list[str]:
    columns = [name.strip() for name in header.decode("utf-8-sig", "replace").split(",")]
    if sorted(columns) != sorted(("emotion", "pixels", "Usage")):
        raise BadInput(f"the columns are {', '.join(columns)[:80]!r}; expected emotion, pixels and Usage", file=path, row=1,
                       remedy="Give the official fer2013.csv or icml_face_data.csv.")
    return columns


def rows(path: Path) -> Iterator[Row]:
    """The rows of the official file, in its order. Raises BadInput with file and row for a wrong one."""
    with open(path, "rb", buffering=1 << 20) as file:  # a row is about as long as the default buffer, which is slow
        columns = _columns(file.readline(), path)
        position = file.tell()
        for row, line in enumerate(file, 2):
            if line.strip():
                yield Row(row, *_fields(line, columns, path, row, position))
            position += len(line)


def _fields(line: bytes, columns: list[str], path: Path, row: int, position: int) -> tuple[int, int, int, int]:
    parts = line.rstrip(b"\r\n").split(b",")
    if len(parts) != 3:
        raise BadInput(f"{len(parts)} columns, expected 3", file=path, row=row, remedy=CUT_OFF)
    field = dict(zip(columns, parts))
    pixels, label, usage = field["pixels"], field["emotion"].strip(), field["Usage"].strip()
    if np.count_nonzero(np.frombuffer(pixels, np.uint8) == ord(" ")) != SIDE * SIDE - 1:  # several times as fast as split
        count = len(pixels.split())
        if count != SIDE * SIDE:
            raise BadInput(f"{count} pixels, expected {SIDE * SIDE}", file=path, row=row, remedy=CUT_OFF)
    if label not in LABELS:
        raise BadInput(f"emotion {label.decode('utf-8', 'replace')!r}, expected 0 to {len(CLASSES) - 1}", file=path, row=row)
    if usage not in USAGE:
        known = ", ".join(name.decode() for name in USAGE)
        raise BadInput(f"Usage {usage.decode('utf-8', 'replace')!r}, expected one of {known}", file=path, row=row)
    start = position + sum(len(part) + 1 for part in parts[:columns.index("pixels")])
    return LABELS[label], USAGE[usage], start, len(pixels)

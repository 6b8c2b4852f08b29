"""FER2013: 35,887 gray 48x48 faces from web searches in seven classes, with three official partitions.

Source: Goodfellow et al., "Challenges in Representation Learning", ICONIP 2013; Kaggle's "Challenges in
Representation Learning: Facial Expression Recognition Challenge". Terms: for research. Expected: 28,709 training, 3,589
public test (used for validation) and 3,589 private test (used for the test) rows; human accuracy 65 +- 5 %.
Reads `fer2013.csv` (emotion,pixels,Usage) and `icml_face_data.csv` (emotion, Usage, pixels); --data is the file or its
folder.
"""

from __future__ import annotations

import functools
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.checked import Checked
from mixedfer.errors import BadInput
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, choose, collect, need

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGE = {b"Training": 0, b"PublicTest": 1, b"PrivateTest": 2}
FILES = ("fer2013.csv", "icml_face_data.csv")
SIDE = 48
ROWS = 35_887
CUT_OFF = "Is the file cut off? Download it again."


@dataclass(frozen=True, kw_only=True)
class Fer2013(Checked):
    """The official CSV. `classes` may name some of the seven; the rows of the others are left out.

    >>> Fer2013(classes=("happy", "sad")).classes
    ('happy', 'sad')
    """

    classes: tuple[str, ...] = CLASSES

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "classes", choose(self.classes, CLASSES))

    def fingerprint(self, data: Path | None) -> str:
        return disk.hash_file(_file(data))

    def list(self, data: Path | None) -> Listing:
        """Every row of the chosen classes. Raises BadInput with file and row for a wrong label, usage or pixel count."""
        path = _file(data)
        rows = [Entry((row, start, length), f"{path.name}:{row}", CLASSES[label], usage)
                for row, label, usage, start, length in _rows(path)]
        if not rows:
            raise BadInput("a header and no picture", file=path, remedy=CUT_OFF)
        return collect(rows, CLASSES, self.classes, note=_note(path, len(rows)))

    def read(self, data: Path | None, key: tuple[int, int, int]) -> np.ndarray:
        row, start, length = key
        try:
            # As 64 bits, what is too large for them becomes the largest of them; as fewer, it would wrap around.
            values = np.fromstring(_bytes(data)[start:start + length], dtype=np.int64, sep=" ")
        except ValueError:
            values = np.empty(0)
        if len(values) != SIDE * SIDE or values.min() < 0 or values.max() > 255:
            raise BadInput(f"the pixels are not {SIDE * SIDE} whole numbers from 0 to 255", file=_file(data), row=row,
                           remedy="Download the file again.")
        return values.astype(np.uint8).reshape(SIDE, SIDE)


def _file(data: Path | None) -> Path:
    path = need(data, "fer2013.csv or icml_face_data.csv")
    if pictures.packed(path):
        raise BadInput("an archive", file=path, remedy=f"Unpack it first, then give {' or '.join(FILES)} with --data.")
    if not path.is_dir():
        return path
    for name in FILES:
        if (path / name).exists():
            return path / name
    raise BadInput(f"neither {' nor '.join(FILES)} is in this folder", file=path, remedy="Give the file itself with --data.")


@functools.lru_cache(maxsize=1)
def _bytes(data: Path | None) -> mmap.mmap:
    with open(_file(data), "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


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


def _rows(path: Path) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (row, emotion, partition, first byte of the pixels, their length); row 1 is the header."""
    with open(path, "rb", buffering=1 << 20) as file:  # a row is about as long as the default buffer, which is slow
        columns = _columns(file.readline(), path)
        position = file.tell()
        for row, line in enumerate(file, 2):
            if line.strip():
                yield row, *_fields(line, columns, path, row, position)
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
    if not label.isdigit() or int(label) >= len(CLASSES):
        raise BadInput(f"emotion {label.decode('utf-8', 'replace')!r}, expected 0 to {len(CLASSES) - 1}", file=path, row=row)
    if usage not in USAGE:
        known = ", ".join(name.decode() for name in USAGE)
        raise BadInput(f"Usage {usage.decode('utf-8', 'replace')!r}, expected one of {known}", file=path, row=row)
    start = position + sum(len(part) + 1 for part in parts[:columns.index("pixels")])
    return int(label), USAGE[usage], start, len(pixels)

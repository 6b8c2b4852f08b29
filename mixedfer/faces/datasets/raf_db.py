"""RAF-DB, basic expressions: 15,339 faces from the web, each labelled by about 40 people, in seven classes.

Source: Li, Deng and Du, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for Expression Recognition in the
Wild", CVPR 2017; http://www.whdeng.cn/raf/model1.html. Terms: non-commercial research, on request; no redistribution.
Expected: 12,271 training and 3,068 test pictures; no validation partition (one is drawn from the training pictures) and no
identities.

    basic/EmoLabel/list_patition_label.txt                    train_00001.jpg 5
    basic/Image/aligned/train_00001_aligned.jpg               100x100, aligned by five points: images="aligned"
    basic/Image/original/train_00001.jpg                      as found, often with other people: images="original"
    basic/Annotation/boundingbox/train_00001_boundingbox.txt  left, top, right and bottom of the face in the original

--data is `basic`, or the folder that holds it. The archives in `Image` and `Annotation` must be unpacked. Votes are not read.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import BadInput
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect
from mixedfer.faces.datasets._lists import UNLISTED, missing
from mixedfer.faceset import PARTITIONS

#: By the official number, from 1.
CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
#: As FER2013 calls its classes, in its order: for `remapped`.
AS_FER2013 = {"anger": "angry", "disgust": "disgust", "fear": "fear", "happiness": "happy", "sadness": "sad",
              "surprise": "surprise", "neutral": "neutral"}
LIST = "EmoLabel/list_patition_label.txt"
LINE = re.compile(r"((train|test)_\d+)\.jpg\s+(\d+)")


@dataclass(frozen=True, kw_only=True)
class RafDb(Checked):
    """The basic set as downloaded. `images` are the aligned faces or the original pictures with the boxes of their faces.

    >>> RafDb(classes=("happiness", "sadness"), images="original").images
    'original'
    """

    PART: ClassVar[str] = "basic"
    KNOWN: ClassVar[tuple[str, ...]] = CLASSES
    ROWS: ClassVar[tuple[int, int]] = (12_271, 3_068)

    classes: tuple[str, ...] = ()
    images: Literal["aligned", "original"] = "aligned"

    def __post_init__(self):
        super().__post_init__()
        choose(self.classes, self.KNOWN)

    def fingerprint(self, data: Path | None) -> str:
        root = self._root(data)
        paths = [LIST, *self._on_disk(root)]
        return pictures.fingerprint(root, paths + sorted(_boxes(root).values()) if self.images == "original" else paths)

    def list(self, data: Path | None) -> Listing:
        """Every listed picture of the chosen classes, in the list's order. Raises BadInput with file and row for a line that
        cannot be read, a label out of range, a picture that is not there; unlisted pictures are counted.
        """
        root = self._root(data)
        rows, files = _rows(root / LIST, len(self.KNOWN)), self._on_disk(root)
        self._check_labels(root, max(label for _, _, _, label in rows))
        there = {_small(path): path for path in files}
        boxes, entries = _boxes(root) if self.images == "original" else {}, []
        for _, name, part, label in rows:
            path = self._path(name)
            box = _box(root / boxes[name]) if name in boxes else ()
            key = os.path.relpath(root / there.get(path, path), data)
            entries.append(Entry(key, path, self.KNOWN[label - 1], PARTITIONS.index(part), box=box))
        chosen = self.classes or self.KNOWN
        missing(root / LIST, [(row, entry.id) for (row, *_), entry in zip(rows, entries) if entry.label in chosen], there)
        listed = {there.get(entry.id) for entry in entries}
        return collect(entries, self.KNOWN, self.classes, excluded={UNLISTED: len(set(files) - listed)},
                       note=self._note(entries))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)

    def _root(self, data: Path | None) -> Path:
        """The folder "basic" (or "compound"), given itself or at most two levels above it."""
        folder = _layout.root(data, f"RAF-DB's folder {self.PART!r}")
        above = _layout.holders(folder, f"{self.PART}/{LIST}")
        return above[0] / self.PART if len(above) == 1 else _layout.holder(
            folder, LIST, f"{self.PART}/{LIST} beside {self.PART}/Image")

    def _path(self, name: str) -> str:
        return f"Image/{self.images}/{name}{'_aligned' * (self.images == 'aligned')}.jpg"

    def _on_disk(self, root: Path) -> list[str]:
        folder = root / "Image" / self.images
        if not folder.is_dir():
            raise _layout.absent(folder, f"The study reads images={self.images!r}.")
        return [f"Image/{self.images}/{path}" for path in pictures.pictures(pictures.files(folder))]

    def _check_labels(self, root: Path, largest: int) -> None:
        """Raise BadInput where the labels can only be those of another list."""

    def _note(self, entries: list[Entry]) -> str:
        parts = Counter(entry.partition for entry in entries)
        note = _layout.unofficial({"training pictures": (parts[0], self.ROWS[0]), "test pictures": (parts[2], self.ROWS[1])})
        without = sum(not entry.box for entry in entries) if self.images == "original" else 0
        return f"{note} {without:,} pictures have no box of their face.".strip() if without else note


def _small(path: str) -> str:
    """A path with its ending in small letters, as the list has it: some unpack .JPG."""
    stem, ending = os.path.splitext(path)
    return stem + ending.lower()


def _rows(path: Path, classes: int) -> list[tuple[int, str, str, int]]:
    """(row, name without ending, partition, label from 1) of each line. Raises BadInput with the row."""
    rows, seen = [], {}
    for row, line in enumerate(path.read_bytes().decode("utf-8-sig", "backslashreplace").splitlines(), 1):
        if line.strip():
            name, part, label = _row(line.strip(), path, row, classes)
            if seen.setdefault(name, row) != row:
                raise BadInput(f"{name}.jpg is also in row {seen[name]}", file=path, row=row, remedy="List each picture once.")
            rows.append((row, name, part, label))
    if not rows:
        raise BadInput("an empty list", file=path, remedy="Download it again.")
    return rows


def _row(line: str, path: Path, row: int, classes: int) -> tuple[str, str, int]:
    match = LINE.fullmatch(line)
    if not match:
        raise BadInput(f"{line[:60]!r} is not a name and a label, such as 'train_00001.jpg 5'", file=path, row=row)
    if not 1 <= int(match[3]) <= classes:
        raise BadInput(f"label {match[3]}, expected 1 to {classes}", file=path, row=row,
                       remedy="Basic and compound expressions have lists of their own, and data sets.")
    return match[1], match[2], int(match[3])


def _boxes(root: Path) -> dict[str, str]:
    """Where each picture's box is written, as far as the folder of boxes is there."""
    folder, ending = "Annotation/boundingbox", "_boundingbox.txt"
    names = os.listdir(root / folder) if (root / folder).is_dir() else []
    return {name.removesuffix(ending): f"{folder}/{name}" for name in names if name.endswith(ending)}


def _box(path: Path) -> tuple[float, float, float, float]:
    """Left, top, width and height. Raises BadInput where there are not four numbers, from left to right and top to bottom."""
    try:
        left, top, right, bottom = map(float, path.read_bytes().split())
    except ValueError:
        left, top, right, bottom = (np.nan,) * 4
    if not (left < right and top < bottom):
        raise BadInput("not a box: expected left, top, right and bottom", file=path, row=1, remedy="Unpack the boxes again.")
    return left, top, right - left, bottom - top

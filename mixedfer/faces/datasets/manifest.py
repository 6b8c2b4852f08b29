"""A manifest: a CSV file that lists pictures, with their class, and where known the person, partition, votes and face.

    path,label,subject,partition             file;happy;sad;x;y;w;h
    anna/01.jpg,happy,anna,train             anna/01.jpg;8;2;30;42;96;96
    ben/07.png,sad,ben,test                  ben/07.png;0;10;12;40;101;99

--data is the CSV file, or a folder with one CSV file, or with one in each of its partition folders (train, validation,
test; Training, PublicTest, PrivateTest). Text is UTF-8. Paths count from the CSV's folder and stay below it. Lists of faces
with ten votes per row and no header, as FER+ has them beside its pictures, are read by the example below. Pictures that are
in no row do not belong to the set.

    Manifest(columns=("path", "box", *FER_PLUS), label="", box=("box",), votes=FER_PLUS, classes=FER_PLUS[:8])
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput, nearest
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, collect, need
from mixedfer.faces.datasets._lists import Below, numbers, rows
from mixedfer.faces.datasets.folder import PARTITION_NAMES

FER_PLUS = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown", "not a face")
TIED = "without one class that has most votes"


class Found(NamedTuple):
    """What a manifest lists: entries in its order, the names of all classes, and what is left out for its tied votes."""

    entries: list[Entry]
    classes: tuple[str, ...]
    tied: list[Entry]


@dataclass(frozen=True, kw_only=True)
class Manifest(Checked):
    """Which column holds what; "" or () for what the manifest does not have.

    `votes` are columns named after the classes, with one weight each: the class with most of them is a row's label, unless
    there is a `label` column. `box` is four columns (left, top, width, height in pixels) or one like "(12, 40, 101, 99)".
    `labels` are all that may occur, others being errors; without, every label is a class. `classes` are those of the study.
    `columns` names the columns of files without a header, `separator` what stands between cells, if it is to be fixed.

    >>> Manifest(label="", votes=("happy", "sad")).votes
    ('happy', 'sad')
    """

    path: str = "path"
    label: str = "label"
    subject: str = ""
    partition: str = ""
    votes: tuple[str, ...] = ()
    box: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    separator: Literal["", ",", ";", "\t"] = ""

    def __post_init__(self):
        super().__post_init__()
        require(bool(self.path), "Manifest(path=''): name the column that holds the pictures' paths")
        require(bool(self.label or self.votes), "Manifest needs a label column or votes columns")
        require(len(self.box) in (0, 1, 4), f"Manifest(box={self.box!r}): expected one column, or left, top, width and height")
        require(not (self.labels and self.votes), "Manifest(labels=..., votes=...): votes columns already name all labels")

    def fingerprint(self, data: Path | None) -> str:
        names = [os.path.relpath(path, root(data)) for path, _ in _tables(data)]
        paths = dict.fromkeys(key for path, _ in _tables(data) for _, key, _ in self._rows(path, root(data)))
        return pictures.fingerprint(root(data), [*names, *paths])

    def list(self, data: Path | None) -> Listing:
        """Every row of the chosen classes. Raises BadInput with file and row for a row that cannot be right."""
        found = self.entries(data)
        return collect(found.entries, found.classes, self.classes, excluded={TIED: len(found.tied)})

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(root(data) / key)

    def entries(self, data: Path | None) -> Found:
        """Every row as an entry whose key is its path from `root(data)`. Raises BadInput with file and row."""
        entries, tied, seen = [], [], {}
        for path, part in _tables(data):
            for row, key, cells in self._rows(path, root(data)):
                entry = self._entry(path, row, key, cells, part)
                before = seen.setdefault((key, *entry.box) if self.box else key, row)
                if before != row:
                    raise BadInput(f"{key!r} is listed a second time; first in row {before}", file=path, row=row,
                                   remedy="List each face once.")
                (entries if entry.label else tied).append(entry)
        if not seen:
            raise BadInput("a header and no row", file=data, remedy="List one picture per row.")
        classes = self.votes or self.labels or tuple(sorted({entry.label for entry in entries}))
        return Found(_apart(entries) if self.box else entries, classes, tied)

    def _rows(self, path: Path, base: Path) -> Iterator[tuple[int, str, Sequence[str]]]:
        """Yield row, path from `base` and the other cells: label, subject, partition, votes, box."""
        wanted = [self.path, self.label, self.subject, self.partition, *self.votes, *self.box]
        below, prefix = Below(path.parent), os.path.relpath(path.parent, base)
        for row, cells in rows(path, wanted, columns=self.columns, separator=self.separator):
            for name, cell in zip((self.path, self.label, self.partition), (cells[0], cells[1], cells[3])):
                if name and not cell:
                    raise BadInput(f"the cell of column {name!r} is empty", file=path, row=row)
            wrong = below.wrong(cells[0])
            if wrong:
                raise BadInput(wrong, file=path, row=row,
                               remedy="Paths count from the CSV's folder, with / between folders, and stay below it.")
            yield row, os.path.normpath(os.path.join(prefix, cells[0])), cells[1:]

    def _entry(self, path: Path, row: int, key: str, cells: Sequence[str], part: int) -> Entry:
        label, subject, partition = cells[:3]
        votes = _votes(cells[3:3 + len(self.votes)], path, row)
        allowed = self.votes or self.labels
        if label and allowed and label not in allowed:
            raise BadInput(f"label {label!r}", file=path, row=row, remedy=nearest(label, allowed))
        if votes and not label:
            most = [name for name, vote in zip(self.votes, votes) if vote == max(votes)]
            label = most[0] if len(most) == 1 else ""
        if partition:
            if partition.lower() not in PARTITION_NAMES:
                raise BadInput(f"partition {partition!r}", file=path, row=row, remedy=nearest(partition, PARTITION_NAMES))
            part = PARTITION_NAMES[partition.lower()]
        return Entry(key, key, label, part, subject, votes, _box(cells[3 + len(self.votes):], path, row))


def root(data: Path | None) -> Path:
    """The folder from which a manifest's keys count."""
    what = "a CSV file that lists pictures, or a folder with one"
    path = need(data, what)
    return path.parent if path.is_file() and not pictures.packed(path) else _layout.root(path, what)


def _tables(data: Path | None) -> list[tuple[Path, int]]:
    """The CSV files, each with the partition that its folder's name gives (-1 without)."""
    path, base = Path(data or ""), root(data)
    if path != base:
        return [(path, -1)]
    found = _csv(base)
    parts = sorted(child for child in base.iterdir() if child.is_dir() and child.name.lower() in PARTITION_NAMES)
    within = [_csv(child) for child in parts]
    if len(found) == 1:
        return [(found[0], -1)]
    if found or not parts or {len(tables) for tables in within} != {1}:
        counts = [f"{len(found)} in this folder", *(f"{len(tables)} in {child.name}" for child, tables in zip(parts, within))]
        raise BadInput(f"CSV files: {', '.join(counts)}; expected one, or one in each partition folder", file=base,
                       remedy="Give the CSV file itself with --data.")
    return [(tables[0], PARTITION_NAMES[child.name.lower()]) for child, tables in zip(parts, within)]


def _csv(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.[ct]sv") if not path.name.startswith(pictures.MAC_FILE))


def _votes(cells: Sequence[str], path: Path, row: int) -> tuple[float, ...]:
    votes = numbers(cells, "votes", path, row)
    if votes and (min(votes) < 0 or not 0 < sum(votes) < math.inf):
        raise BadInput(f"the votes {', '.join(cells)} are {'negative' if min(votes) < 0 else 'without a sum'}", file=path,
                       row=row, remedy="Give each class a weight from 0, and one of them more than 0.")
    return votes


def _box(cells: Sequence[str], path: Path, row: int) -> tuple[float, ...]:
    """Left, top, width, height; nothing where all cells are empty."""
    if len(cells) == 1:
        cells = cells[0].strip("()[]").replace(",", " ").split()
    if not any(cells):
        return ()
    box = numbers(cells, "box", path, row)
    if len(box) != 4 or min(box[2:]) <= 0:
        raise BadInput(f"the box {', '.join(cells)} is not left, top, width and height of a face", file=path, row=row)
    return box


def _apart(entries: list[Entry]) -> list[Entry]:
    """Several faces of one picture get ids of their own and one subject, so that they are never parted."""
    faces, number = Counter(entry.key for entry in entries), Counter()
    for place, entry in enumerate(entries):
        if faces[entry.key] > 1:
            number[entry.key] += 1
            entries[place] = entry._replace(id=f"{entry.key}#{number[entry.key]}", subject=entry.subject or entry.key)
    return entries

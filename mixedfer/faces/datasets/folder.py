"""A folder of photos: one sub-folder per class, optionally inside one folder per partition.

    photos/happy/anna-01.jpg                 photos/train/happy/anna-01.jpg
    photos/sad/ben-07.png                    photos/test/sad/ben-07.png
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import BadInput, StudyError
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, collect, need
from mixedfer.faceset import PARTITIONS

PARTITION_NAMES = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "publictest": 1, "test": 2,
                   "testing": 2, "privatetest": 2}


@dataclass(frozen=True, kw_only=True)
class Folder(Checked):
    """Class folders. `classes` empty means every sub-folder; `subject` is a regular expression with one group.

    The pattern is searched in each path relative to --data; its group names the subject, so that no person is both
    trained on and tested: `subject=r"([a-z]+)-\\d+"` reads "anna" from `happy/anna-01.jpg`. Photos are turned upright as
    their EXIF orientation says.
    """

    classes: tuple[str, ...] = ()
    subject: str = ""

    def __post_init__(self):
        super().__post_init__()
        try:
            groups = re.compile(self.subject).groups
        except re.error as error:
            raise StudyError(f"Folder(subject={self.subject!r}) is not a regular expression: {error}") from error
        if self.subject and groups != 1:
            raise StudyError(f"Folder(subject={self.subject!r}) has {groups} groups, expected one that names the subject")

    def fingerprint(self, data: Path | None) -> str:
        root = _root(data)
        return pictures.fingerprint(root, _pictures(pictures.files(root), root))

    def list(self, data: Path | None) -> Listing:
        """Every picture of the chosen classes, by path. Raises BadInput when a class is empty or a subject unreadable."""
        root = _root(data)
        files, parts = pictures.files(root), _partitions(root)
        known = _class_folders(root, parts)
        entries, strays = [], []
        for path in _pictures(files, root):
            part, name = _place(path, bool(parts))
            if name:
                entries.append(Entry(path, path, name, part, self._subject(path, root)))
            else:
                strays.append(path)
        listing = collect(entries, known, self.classes, excluded=Counter({"in no class folder": len(strays)}),
                          note=_note(files, strays))
        for index, name in enumerate(listing.classes):
            if index not in listing.labels:
                raise BadInput(f"class {name!r} has no picture", file=root / name,
                               remedy="Add pictures, or leave the class out with classes=(...).")
        return listing

    def _subject(self, path: str, root: Path) -> str:
        match = re.search(self.subject, path)
        if not match:
            raise BadInput(f"the subject pattern {self.subject!r} does not match", file=root / path)
        return (match.group(1) or "") if self.subject else ""

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)


def _root(data: Path | None) -> Path:
    what = "one sub-folder per class"
    return pictures.folder(need(data, f"a folder with {what}"), what)


def _place(path: str, partitioned: bool) -> tuple[int, str]:
    """A picture's partition (-1 without) and class folder ("" where it lies in none)."""
    above = Path(path).parts[:-1]
    part = PARTITION_NAMES[above[0].lower()] if partitioned and above else -1
    return part, above[partitioned] if len(above) > partitioned else ""


def _pictures(files: list[str], root: Path) -> list[str]:
    found = pictures.pictures(files)
    if not found:
        raise BadInput("no picture in this folder", file=root, remedy="Expected FOLDER/class/picture.png or .jpg.")
    return found


def _note(files: list[str], strays: list[str]) -> str:
    """What is left out: files that are not taken for pictures, by kind, and pictures in no class folder."""
    names = [os.path.basename(path).lower() for path in set(files).difference(pictures.pictures(files))]
    kinds = Counter(os.path.splitext(name)[1] or "no ending" for name in names if not name.startswith("."))
    kinds_text = ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
    notes = [f"{sum(kinds.values())} files are not of a kind that is read ({kinds_text})."] * bool(kinds)
    notes += [f"{len(strays)} pictures lie in no class folder and are left out: {', '.join(strays[:3])}"
              f"{', ...' if len(strays) > 3 else '.'}"] * bool(strays)
    return " ".join(notes)


def _partitions(root: Path) -> list[str]:
    """The partition folders in `root`, or none if it holds class folders."""
    names = [child.name for child in root.iterdir() if child.is_dir() and not child.name.startswith(".")]
    parts = sorted(name for name in names if name.lower() in PARTITION_NAMES)
    if parts and len(parts) != len(names):
        other = sorted(set(names) - set(parts))[0]
        raise BadInput(f"partition folders ({', '.join(parts)}) lie beside {other!r}", file=root,
                       remedy=f"Name every folder here after a partition ({', '.join(PARTITIONS)}) or none.")
    return parts


def _class_folders(root: Path, parts: list[str]) -> list[str]:
    """The names of all class folders, in alphabetical order."""
    folders = {child.name for part in (parts or [""]) for child in (root / part).iterdir() if child.is_dir()}
    for name in folders:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise BadInput(f"the folder name {os.fsencode(name)!r} is not UTF-8", file=root, remedy="Rename it.") from error
    return sorted(name for name in folders if not name.startswith("."))

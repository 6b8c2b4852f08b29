"""A folder of photos: one sub-folder per class, optionally inside one folder per partition.

    photos/happy/anna-01.jpg                 photos/train/happy/anna-01.jpg
    photos/sad/ben-07.png                    photos/test/sad/ben-07.png
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import BadInput, StudyError
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, collect
from mixedfer.faceset import PARTITIONS

PARTITION_NAMES = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "publictest": 1, "test": 2,
                   "testing": 2, "privatetest": 2, "fer2013train": 0, "fer2013valid": 1, "fer2013test": 2}
STRAY = "in no class folder"


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
        check_pattern(self)

    def fingerprint(self, data: Path | None) -> str:
        root = _root(data)
        return pictures.fingerprint(root, _pictures(pictures.files(root), root))

    def list(self, data: Path | None) -> Listing:
        """Every picture of the chosen classes, by path. Raises BadInput when a class is empty or a subject unreadable."""
        root = _root(data)
        files = pictures.files(root)
        taken = _pictures(files, root)
        entries, known = place(root, taken, self.subject)
        return complete(root, entries, known, self.classes, note=describe(files, taken, entries, "pictures"))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)


def check_pattern(source: Any) -> None:
    """Raise StudyError unless the source's `subject` is empty or a regular expression with one group."""
    given = f"{type(source).__name__}(subject={source.subject!r})"
    try:
        groups = re.compile(source.subject).groups
    except re.error as error:
        raise StudyError(f"{given} is not a regular expression: {error}") from error
    if source.subject and groups != 1:
        raise StudyError(f"{given} has {groups} groups, expected one that names the subject")


def place(root: Path, paths: list[str], subject: str) -> tuple[list[Entry], list[str]]:
    """One entry per path, by the folder that it lies in (label "" where that is no class folder), and all class folders."""
    parts = _partitions(root)
    entries = []
    for path in paths:
        part, name = _place(path, bool(parts))
        entries.append(Entry(path, path, name, part, _subject(subject, path, root) if name else ""))
    return entries, _class_folders(root, parts)


def complete(root: Path, entries: Iterable[Entry], known: Sequence[str], classes: Sequence[str], *, note: str) -> Listing:
    """The listing of what `place` found; strays are counted. Raises BadInput for no class, and for a class
    without a picture.
    """
    if not known:
        raise BadInput("no class folder in it", file=root, remedy="Expected FOLDER/class/picture.png or .jpg. If this is the "
                       f"folder of one class, give {root.absolute().parent} with --data.")
    strays = Counter()
    found = (entry for entry in entries if entry.label or strays.update([STRAY]))
    listing = collect(list(found), known, classes, excluded=strays, note=note)
    for index, name in enumerate(listing.classes):
        if index not in listing.labels:
            raise BadInput(f"class {name!r} has no picture", file=root / name,
                           remedy="Add pictures, or leave the class out with classes=(...).")
    return listing


def describe(files: Sequence[str], taken: Sequence[str], entries: Sequence[Entry], kind: str) -> str:
    """What is left out: files of other kinds, by ending, and those that lie in no class folder."""
    names = [os.path.basename(path).lower() for path in set(files).difference(taken)]
    kinds = Counter(os.path.splitext(name)[1] or "no ending" for name in names if not name.startswith("."))
    kinds_text = ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
    strays = [entry.id for entry in entries if not entry.label]
    notes = [f"{sum(kinds.values())} files are not of a kind that is read ({kinds_text})."] * bool(kinds)
    notes += [f"{len(strays)} {kind} lie in no class folder and are left out: {_layout.text(', '.join(strays[:3]))}"
              f"{', ...' if len(strays) > 3 else '.'}"] * bool(strays)
    return " ".join(notes)


def _subject(pattern: str, path: str, root: Path) -> str:
    match = re.search(pattern, path)
    if not match:
        raise BadInput(f"the subject pattern {pattern!r} does not match", file=root / path,
                       remedy="Rename it, or set another `subject`.")
    return (match.group(1) or "") if pattern else ""


def _root(data: Path | None) -> Path:
    return _layout.root(data, "a folder with one sub-folder per class")


def _place(path: str, partitioned: bool) -> tuple[int, str]:
    """A picture's partition (-1 without) and class folder ("" where it lies in none, or in a hidden one)."""
    above = Path(path).parts[:-1]
    part = PARTITION_NAMES.get(above[0].lower(), -1) if partitioned and above else -1
    hidden = any(name.startswith(".") for name in above[:1 + partitioned])
    return part, above[partitioned] if len(above) > partitioned and not hidden else ""


def _pictures(files: list[str], root: Path) -> list[str]:
    found = pictures.pictures(files)
    if not found:
        raise BadInput("no picture in this folder", file=root, remedy="Expected FOLDER/class/picture.png or .jpg.")
    return found


def _partitions(root: Path) -> list[str]:
    """The partition folders in `root`, or none if it holds class folders."""
    names = _folders(root)
    parts = sorted(name for name in names if name.lower() in PARTITION_NAMES)
    if parts and len(parts) != len(names):
        other = sorted(set(names) - set(parts))[0]
        raise BadInput(f"partition folders ({', '.join(parts)}) lie beside {other!r}", file=root,
                       remedy=f"Name every folder here after a partition ({', '.join(PARTITIONS)}) or none.")
    return parts


def _class_folders(root: Path, parts: list[str]) -> list[str]:
    """The names of all class folders, in alphabetical order."""
    folders = {name for part in (parts or [""]) for name in _folders(root / part)}
    for name in folders:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise BadInput(f"the folder name {os.fsencode(name)!r} is not UTF-8", file=root, remedy="Rename it.") from error
    return sorted(folders)


def _folders(place: Path) -> list[str]:
    """The folders in a folder, but for hidden ones and what macOS adds to archives."""
    return [child.name for child in place.iterdir()
            if child.is_dir() and not child.name.startswith(".") and child.name != pictures.MAC_FOLDER]

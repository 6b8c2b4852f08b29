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
from mixedfer.disk import to_json
from mixedfer.errors import BadInput, StudyError, Unreadable
from mixedfer.faces.datasets import Listing, choose, need
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
        return to_json([[os.fsencode(path).hex(), *_stamp(root / path)] for path in _pictures(_files(root), root)])

    def list(self, data: Path | None) -> Listing:
        """Every picture of the chosen classes, by path. Raises BadInput when a class is empty or a subject unreadable."""
        root = _root(data)
        files, parts = _files(root), _partitions(root)
        partitioned, classes = bool(parts), choose(self.classes, _class_folders(root, parts))
        paths, labels, partition, strays = [], [], [], []
        for path in _pictures(files, root):
            parts = Path(path).parts[:-1]
            name = parts[1 if partitioned else 0] if len(parts) > partitioned else ""
            if name in classes:
                paths.append(path)
                labels.append(classes.index(name))
                partition.append(PARTITION_NAMES[parts[0].lower()] if partitioned else -1)
            elif not name:
                strays.append(path)
        for index, name in enumerate(classes):
            if index not in labels:
                raise BadInput(f"class {name!r} has no picture", file=root / name,
                               remedy="Add pictures, or leave the class out with classes=(...).")
        return Listing(keys=paths, ids=paths, labels=np.array(labels, np.int64), classes=classes, note=_note(files, strays),
                       partition=np.array(partition, np.int8) if partitioned else None,
                       subjects=self._subjects(paths, root))

    def _subjects(self, paths: list[str], root: Path) -> np.ndarray | None:
        if not self.subject:
            return None
        names = []
        for path in paths:
            match = re.search(self.subject, path)
            if not match:
                raise BadInput(f"the subject pattern {self.subject!r} does not match", file=root / path)
            names.append(match.group(1) or "")
        return np.unique(names, return_inverse=True)[1].astype(np.int64)

    def read(self, data: Path | None, key: str) -> np.ndarray:
        import cv2

        path = Path(data) / key
        try:
            raw = np.fromfile(path, np.uint8)
        except OSError as error:
            raise _unopened(path, error) from error
        # Colour order is settled here, once: OpenCV decodes to BGR, mixedfer speaks RGB. EXIF rotation is applied.
        try:
            picture = cv2.imdecode(raw, cv2.IMREAD_COLOR_RGB) if len(raw) else None
        except cv2.error as error:  # such as a header that claims a picture of many gigapixels
            raise Unreadable(f"cannot be decoded ({error.err})", file=path) from error
        if picture is None:
            raise Unreadable("not a picture that can be decoded" if len(raw) else "an empty file", file=path)
        return picture


def _root(data: Path | None) -> Path:
    root = need(data, "a folder with one sub-folder per class")
    if not root.is_dir():
        raise BadInput("not a folder", file=root, remedy="Unpack it first, then give the folder with --data.")
    return root


def _unopened(path: str | Path, error: OSError) -> BadInput:
    return BadInput(f"cannot be opened ({error.strerror})", file=path,
                    remedy="Make it readable or take it away, then give the same command again.")


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file does, even if its size and time are put back: two files that trade names, a new permission."""
    try:
        stat = path.stat()
    except OSError as error:
        raise _unopened(path, error) from error
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _files(root: Path) -> list[str]:
    """Every file below `root`, by its path from there."""
    def stop(error: OSError):
        raise _unopened(error.filename, error) from error
    return sorted(os.path.relpath(os.path.join(folder, name), root)
                  for folder, _, names in os.walk(root, onerror=stop) for name in names)


def _pictures(files: list[str], root: Path) -> list[str]:
    from imutils.paths import image_types

    found = [path for path in files if path.lower().endswith(image_types)]
    if not found:
        raise BadInput("no picture in this folder", file=root, remedy="Expected FOLDER/class/picture.png or .jpg.")
    return found


def _note(files: list[str], strays: list[str]) -> str:
    """What is left out: files that are not taken for pictures, by kind, and pictures in no class folder."""
    from imutils.paths import image_types

    names = [os.path.basename(path).lower() for path in files if not path.lower().endswith(image_types)]
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

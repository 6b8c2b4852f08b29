"""What was found in pictures, kept in one SQLite file for each detector, choice of face and landmark model.

A picture goes by its pixels (`sightings.name`). So it is searched once, whatever becomes of its file, its label, the classes
that a study chooses, or the images that are cut. Workers look pictures up; the process that started them enters new ones.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from mixedfer.errors import Damaged, Fault
from mixedfer.faces.sightings import FACE

EVERY = 1.0  # seconds between entries: each waits for the disk
PATIENCE = 60  # seconds, for the entries of other commands


class Register:
    """A register to be written to; what is still in memory is entered when its `with` ends."""

    def __init__(self, path: Path):
        self.path, self._new, self._last = path, {}, time.monotonic()
        path.parent.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Register:
        with _opened(self.path) as file:
            file.execute("CREATE TABLE IF NOT EXISTS found (picture BLOB PRIMARY KEY, faces BLOB NOT NULL)")
        return self

    def __exit__(self, *_) -> None:
        self._write()

    def enter(self, found: Mapping[bytes, np.ndarray]) -> None:
        """Keep the faces, (n,) of `FACE`, of each picture."""
        self._new |= found
        if time.monotonic() - self._last > EVERY:
            self._write()

    def _write(self) -> None:
        with _opened(self.path) as file:
            file.executemany("INSERT OR IGNORE INTO found VALUES (?, ?)",
                             [(picture, faces.tobytes()) for picture, faces in self._new.items()])
        self._new, self._last = {}, time.monotonic()


def look_up(path: Path, pictures: Collection[bytes]) -> dict[bytes, np.ndarray]:
    """The faces, (n,) of `FACE`, of those pictures that have been entered. Raises Damaged for a file that is not whole."""
    marks = ", ".join("?" * len(pictures))
    with _opened(path) as file:
        found = file.execute(f"SELECT picture, faces FROM found WHERE picture IN ({marks})", tuple(pictures))
        return {picture: np.frombuffer(faces, FACE) for picture, faces in found}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file for one transaction; SQLite's errors as ours."""
    try:
        with contextlib.closing(sqlite3.connect(path, PATIENCE)) as file, file:
            yield file
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, str(error), str(path)) from error
        raise Fault(f"cannot be used ({error})", file=path, remedy="Choose another place with --store.") from error
    except sqlite3.DatabaseError as error:
        raise Damaged(f"not whole ({error})", file=path,
                      remedy="Delete it and give the same command again: what was in it is found once more.") from error

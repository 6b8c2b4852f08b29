"""The rows of a face set that is being made, on disk: one file per chunk of pictures, joined when all are there.

Memory does not grow with the number of rows. An interruption loses the chunks that were not finished. A chunk's file has the
checksums of zip and is not flushed: what a power failure kept from the disk is noticed and made again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from mixedfer import disk
from mixedfer.errors import Damaged
from mixedfer.geometry import POINTS
from mixedfer.study import Preparation

SIZE = 64  # pictures


class Made(NamedTuple):
    """The `rows` (n,) of some pictures, see `layout`, and why some of them are not readable, by their place among them."""

    rows: np.ndarray
    unreadable: dict[int, str]


def layout(preparation: Preparation) -> np.dtype:
    """A row: the number of its picture, and what a face set's arrays of these names hold."""
    side, channels = preparation.size, 3 if preparation.colour else 1
    return np.dtype([("picture", np.int64), ("found", bool), ("readable", bool), ("boxes", np.float32, 4),
                     ("landmarks", np.float32, (POINTS, 2)), ("images", np.uint8, (side, side, channels))])


def write(folder: Path, first: int, made: Made) -> None:
    """A chunk's file, whole or not at all; `first` is the number of its first picture."""
    part = disk.beside(_file(folder, first))
    try:
        with open(part, "wb") as file:
            np.savez(file, rows=made.rows, places=np.array(list(made.unreadable), np.int64),
                     reasons=np.array(list(made.unreadable.values()), str))
        os.replace(part, _file(folder, first))
    finally:
        part.unlink(missing_ok=True)


def read(folder: Path, first: int) -> Made | None:
    """A chunk; None where there is no file, or not all of it."""
    try:
        with open(_file(folder, first), "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return Made(file["rows"], dict(zip(file["places"].tolist(), file["reasons"].tolist())))
    except disk.NO_ARRAY:
        return None


def finished(folder: Path, count: int) -> dict[int, int]:
    """How many rows there are of each chunk of `count` pictures that is on disk, by its first picture."""
    rows = {}
    for first in range(0, count, SIZE):
        if made := read(folder, first):
            rows[first] = len(made.rows)
    return rows


def join(folder: Path, counts: Mapping[int, int], row: np.dtype) -> tuple[np.ndarray, dict[int, str]]:
    """Make arrays of all chunks, which are removed: `counts` are their rows, by first picture; `row` is their `layout`.

    Returns the picture of each row, and why rows are not readable. Raises Damaged when a chunk is not there.
    """
    picture, unreadable, done = [], {}, 0
    with contextlib.ExitStack() as stack:
        files = {name: stack.enter_context(array(folder / f"{name}.npy", sum(counts.values()), row[name]))
                 for name in row.names if name != "picture"}
        for first in sorted(counts):
            made = read(folder, first)
            if made is None or len(made.rows) != counts[first]:
                raise Damaged("it has changed since it was written", file=_file(folder, first),
                              remedy="Give the same command again: it is made once more.")
            unreadable |= {done + place: why for place, why in made.unreadable.items()}
            picture.append(made.rows["picture"].copy())
            done += counts[first]
            for name, file in files.items():
                file.write(np.ascontiguousarray(made.rows[name]))
            _file(folder, first).unlink()
    for left in folder.glob("*.part"):  # of workers that were killed while they wrote
        left.unlink(missing_ok=True)
    return np.concatenate(picture), unreadable


@contextlib.contextmanager
def array(path: Path, count: int, row: np.dtype) -> Iterator[BinaryIO]:
    """The file of an array of `count` rows, to which their bytes are to be written; not through a memory map, for on a full
    disk that would kill the process without a word.
    """
    header = {"descr": np.lib.format.dtype_to_descr(row.base), "fortran_order": False, "shape": (count, *row.shape)}
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        yield file


def _file(folder: Path, first: int) -> Path:
    return folder / f"{first}.npz"

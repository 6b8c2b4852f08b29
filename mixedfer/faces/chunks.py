"""Images and landmarks on disk that several processes fill, some rows each, and a log that says which rows are done.

Memory does not grow with the number of rows. What an interruption loses is the unfinished chunks: each finished one has a
line in `chunks.jsonl`, with a checksum of its rows, so that what a power failure kept from the disk is made again.
"""

from __future__ import annotations

import functools
import json
import os
import zlib
from pathlib import Path
from typing import TypedDict

import numpy as np

from mixedfer import disk
from mixedfer.geometry import POINTS

LOG = "chunks.jsonl"
MADE = ("images", "landmarks")


class Done(TypedDict):
    """A finished chunk: its first picture, its rows, those of them that could not be made, and why."""

    first: int
    row: int
    count: int
    failed: list[tuple[int, str]]
    checksum: int


def allocate(folder: Path, count: int, size: int, channels: int) -> None:
    """Black images and landmarks at 0 for `count` rows, unless the folder has them already."""
    if (folder / LOG).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shapes = {"images": ((count, size, size, channels), np.uint8), "landmarks": ((count, POINTS, 2), np.float32)}
    for name, (shape, dtype) in shapes.items():
        array = np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
        _reserve(folder / f"{name}.npy", array.offset + array.nbytes)
    (folder / LOG).touch()


def _reserve(path: Path, size: int) -> None:
    """Take the disk space now: writing to a memory map on a full disk would kill the process without a word."""
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)


@functools.cache
def arrays(folder: Path) -> dict[str, np.ndarray]:
    """The folder's arrays, to be written to; opened once per process."""
    return {name: np.lib.format.open_memmap(folder / f"{name}.npy", mode="r+") for name in MADE}


def checksum(made: dict[str, np.ndarray], row: int, count: int) -> int:
    """Of `count` rows of all arrays."""
    total = 0
    for name in MADE:
        total = zlib.crc32(made[name][row:row + count], total)
    return total


def finished(folder: Path) -> list[Done]:
    """The chunks in the log whose rows are on disk; a line that a kill or a full disk cut off is a chunk that is not done."""
    lines = (folder / LOG).read_text(encoding="utf-8").splitlines(keepends=True)
    made = {name: disk.read_array(folder / f"{name}.npy", mmap=True) for name in MADE}
    chunks = [json.loads(line) for line in lines if line.endswith("\n")]
    return [chunk for chunk in chunks if chunk["checksum"] == checksum(made, chunk["row"], chunk["count"])]


def line(chunk: Done) -> str:
    """A chunk as a line of the log."""
    return json.dumps(chunk) + "\n"

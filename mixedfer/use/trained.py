"""Which images a bundle's networks were trained on, by hashes from which no image can be made again.

What was trained on is answered too well. Whoever judges a bundle by pictures of their own learns from these whether some are
among them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.errors import BadInput, Damaged

#: In a bundle: (n,) uint64, sorted.
FILE = "trained.npy"
ROWS = 4096  # at once


def hashes(images: np.ndarray) -> np.ndarray:
    """(n,) uint64: the first 8 bytes of the SHA-256 of each image (n, size, size, channels) uint8, as arms see it.

    >>> len(set(hashes(np.zeros((2, 4, 4, 1), np.uint8)).tolist()))
    1
    """
    first = [hashlib.sha256(np.ascontiguousarray(image)).digest()[:8] for image in images]
    return np.frombuffer(b"".join(first), "<u8")


def of(faces, rows: np.ndarray) -> np.ndarray:
    """The same of some rows of a face set."""
    parts = [hashes(faces.take("images", rows[first:first + ROWS])) for first in range(0, len(rows), ROWS)]
    return np.concatenate([np.zeros(0, "<u8"), *parts])


def write(folder: Path, *known: np.ndarray) -> None:
    """Keep these hashes in a bundle."""
    np.save(folder / FILE, np.unique(np.concatenate(known)))


def read(folder: Path, files: dict) -> np.ndarray | None:
    """The hashes in a bundle with these files; None where it does not say. Raises BadInput where they are none."""
    if FILE not in files:
        return None
    try:
        known = disk.read_array(folder / FILE)
    except Damaged as error:
        raise BadInput(error.what, file=folder / FILE) from error
    if known.dtype != np.dtype("<u8") or known.ndim != 1:
        raise BadInput("not the hashes of images", file=folder / FILE)
    return known

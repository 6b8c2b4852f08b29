"""The weights that a backbone starts from: kept in the store by their SHA-256, so that no path names a run.

    weights/<sha256>.npz    the file as it was given or downloaded
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.checked import Weights
from mixedfer.errors import BadInput


def keep(sources: Iterable[Weights | None], given: Path | None, store: Path) -> None:
    """Have the file of every source in the store: the one `given`, or what the source itself finds.

    Raises BadInput when a file is missing, or is not the one that its source expects.
    """
    wanted = {source.sha256: source for source in sources if source is not None}
    found = _check(given, wanted) if given else ""
    for sha256, source in wanted.items():
        path = _place(source, store)
        if not _is(path, sha256):
            file = given if found == sha256 else source.find()
            _check(file, [sha256])
            disk.write_bytes(path, file.read_bytes())


def load(source: Weights | None, store: Path) -> dict[str, np.ndarray]:
    """Tensor name -> float32 array; nothing where all starts from the seed. Raises BadInput where `keep` left no file."""
    if source is None:
        return {}
    path = _place(source, store)
    if not _is(path, source.sha256):
        raise BadInput("the starting weights are not there, or not as they were", file=path,
                       remedy="Give the same command again, with --weights PATH if they come from a file.")
    return source.read(path)


def _check(file: Path, wanted: Iterable[str]) -> str:
    """The file's SHA-256, which must be among the `wanted`."""
    if not file.is_file():
        raise BadInput("no such file", file=file, remedy="Give the place of the starting weights with --weights.")
    found, wanted = disk.hash_file(file), list(wanted)
    if found not in wanted:
        expected = f"the study expects {' or '.join(wanted)}" if wanted else \
            "no backbone of the study starts from weights"
        raise BadInput(f"its SHA-256 is {found}, {expected}", file=file,
                       remedy=f"Give the expected file, or accept this one with --set weights.sha256={found}." if wanted else
                       "Leave --weights out.")
    return found


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and disk.hash_file(path) == sha256


def _place(source: Weights, store: Path) -> Path:
    return store / "weights" / f"{source.sha256}{source.SUFFIX}"

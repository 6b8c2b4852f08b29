"""Sources of labelled pictures, one per file. A source is a frozen dataclass with three methods:

    fingerprint(data) -> str       what the pictures depend on besides the source's own fields
    list(data) -> Listing          what there is; cheap, and checked: a wrong row is an error that names it
    read(data, key) -> ndarray     one picture, uint8, (h, w) gray or (h, w, 3) RGB; in any process

`read` raises Unreadable for a picture that cannot be decoded: it is recorded, the others go on. Any other error stops.

`data` is the path that the user gave with --data, or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer.errors import BadInput, StudyError, nearest


@dataclass(frozen=True)
class Listing:
    """The pictures of a source, one entry each, in a fixed order.

    `keys` is what `read` needs; `ids` where each picture came from; `labels` (n,) into the names in `classes`;
    `partition` (n,) into `faceset.PARTITIONS` or None; `subjects` (n,) or None; `note` is printed in every report.
    """

    keys: Sequence[Any]
    ids: list[str]
    labels: np.ndarray
    classes: tuple[str, ...]
    partition: np.ndarray | None = None
    subjects: np.ndarray | None = None
    note: str = ""


def choose(classes: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """`classes` if all are known, all known ones if empty. Raises StudyError with the nearest known name.

    >>> choose(("sad",), ("happy", "sad"))
    ('sad',)
    """
    for name in classes:
        if name not in known:
            raise StudyError(f"unknown class {name!r}", remedy=nearest(name, known))
    if len(set(classes)) != len(classes):
        raise StudyError(f"a class is named twice: {', '.join(classes)}")
    return tuple(classes) or tuple(known)


def need(data: Path | None, what: str) -> Path:
    """The path that the user gave. Raises BadInput when there is none or nothing is there."""
    if data is None:
        raise BadInput(f"this study needs {what}", remedy="Give its place with --data PATH.")
    if not Path(data).exists():
        raise BadInput("no such file or folder", file=data, remedy=f"Give the place of {what} with --data PATH.")
    return Path(data)

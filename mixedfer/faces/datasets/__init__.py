"""Sources of labelled pictures, one per file. A source is a frozen dataclass with three methods:

    fingerprint(data) -> str       what the pictures depend on besides the source's own fields
    list(data) -> Listing          what there is; cheap, and checked: a wrong row is an error that names it; see `collect`
    read(data, key) -> ndarray     one picture, uint8, (h, w) gray or (h, w, 3) RGB; in any process

`read` raises Unreadable for a picture that cannot be decoded: it is recorded, the others go on. Any other error stops.

`data` is the path that the user gave with --data, or None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixedfer.errors import BadInput, StudyError, nearest

NOT_CHOSEN = "of a class that the study leaves out"


@dataclass(frozen=True)
class Listing:
    """The pictures of a source, one entry each, in a fixed order.

    `keys` is what `read` needs; `ids` where each picture came from; `labels` (n,) into the names in `classes`;
    `partition` (n,) into `faceset.PARTITIONS` or None; `subjects` (n,) or None: whose pictures must not be parted (a
    person, or a clip where persons are not known); `votes` (n, classes) or None: the share of annotators per class; `boxes`
    (n, 4) or None: where a list says that the face is (left, top, width, height; NaN where it does not); `excluded` how many
    pictures the source has besides these, by reason; `note` is printed in every report.
    """

    keys: Sequence[Any]
    ids: list[str]
    labels: np.ndarray
    classes: tuple[str, ...]
    partition: np.ndarray | None = None
    subjects: np.ndarray | None = None
    votes: np.ndarray | None = None
    boxes: np.ndarray | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


class Entry(NamedTuple):
    """One picture that a source found: `label` is a class name, `partition` a number into `faceset.PARTITIONS`, `subject`
    any name ("" where unknown), `votes` one weight per class that the source knows, or nothing, `box` left, top, width and
    height of the face in pixels of the picture, or nothing.
    """

    key: Any
    id: str
    label: str
    partition: int = -1
    subject: str = ""
    votes: Sequence[float] = ()
    box: Sequence[float] = ()


def collect(entries: Iterable[Entry], known: Sequence[str], classes: Sequence[str] = (), *, excluded: Mapping[str, int] = {},
            note: str = "") -> Listing:
    """The listing of the entries whose class is one of `classes`, or of all `known` ones; the others are counted.

    Votes for classes that are left out are left out too. Raises BadInput for two entries of one id.

    >>> listing = collect([Entry(1, "a.png", "sad"), Entry(2, "b.png", "fear")], ("fear", "sad"), ("sad",))
    >>> listing.ids, dict(listing.excluded)
    (['a.png'], {'of a class that the study leaves out': 1})
    """
    classes, reasons = choose(classes, known), +Counter(excluded)  # without the reasons that left nothing out
    number = {name: index for index, name in enumerate(classes)}
    kept = [entry for entry in entries if entry.label in number or reasons.update([NOT_CHOSEN])]
    ids = [entry.id for entry in kept]
    if len(set(ids)) < len(ids):
        twice = next(name for name, count in Counter(ids).items() if count > 1)
        raise BadInput(f"{twice!r} is listed twice", remedy="List each picture once.")
    partition = np.array([entry.partition for entry in kept], np.int8)
    names, subjects = np.unique([entry.subject for entry in kept], return_inverse=True)
    return Listing(keys=[entry.key for entry in kept], ids=ids, classes=classes, note=note, excluded=dict(reasons),
                   labels=np.array([number[entry.label] for entry in kept], np.int64),
                   partition=partition if (partition >= 0).any() else None,
                   subjects=np.where(names == "", -1, np.arange(len(names)))[subjects] if any(names) else None,
                   votes=_votes(kept, known, classes) if any(entry.votes for entry in kept) else None,
                   boxes=np.array([entry.box or [np.nan] * 4 for entry in kept]) if any(entry.box for entry in kept) else None)


def entries(listing: Listing) -> Iterator[Entry]:
    """What `collect` makes such a listing of, picture by picture, for data sets that wrap another one.

    >>> list(entries(collect([Entry(1, "a.png", "sad", 2, votes=(1, 3))], ("fear", "sad"))))
    [Entry(key=1, id='a.png', label='sad', partition=2, subject='', votes=(0.25, 0.75), box=())]
    """
    subjects = np.full(len(listing.ids), -1) if listing.subjects is None else listing.subjects
    partition = np.full(len(listing.ids), -1) if listing.partition is None else listing.partition
    for row, (key, name, label) in enumerate(zip(listing.keys, listing.ids, listing.labels)):
        yield Entry(key, name, listing.classes[label], int(partition[row]),
                    subject="" if subjects[row] < 0 else f"{subjects[row]:09d}",
                    votes=() if listing.votes is None else tuple(listing.votes[row].tolist()),
                    box=() if listing.boxes is None else tuple(listing.boxes[row].tolist()))


def _votes(entries: Sequence[Entry], known: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """(n, classes) float32 of sum 1; an entry without votes for any of these classes has all on its label."""
    place = [list(known).index(name) for name in classes]
    votes = np.array([[entry.votes[at] for at in place] if entry.votes else [0.0] * len(place) for entry in entries])
    label = np.array([[entry.label == name for name in classes] for entry in entries], float)
    total = votes.sum(1, keepdims=True)
    return np.divide(votes, total, out=label, where=total > 0).astype(np.float32)


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

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
    kept = Entry([], [], [], [], [], [], [])  # by column: a million entries take several times the memory
    for entry in entries:
        if entry.label not in number:
            reasons[NOT_CHOSEN] += 1
            continue
        for column, value in zip(kept, entry):
            column.append(value)
    if len(set(kept.id)) < len(kept.id):
        twice = next(name for name, count in Counter(kept.id).items() if count > 1)
        raise BadInput(f"{twice!r} is listed twice", remedy="List each picture once.")
    labels, partition = np.array([number[name] for name in kept.label], np.int64), np.array(kept.partition, np.int8)
    people = {name: place if name else -1 for place, name in enumerate(sorted(set(kept.subject)))}
    return Listing(keys=kept.key, ids=kept.id, classes=classes, note=note, excluded=dict(reasons), labels=labels,
                   partition=partition if (partition >= 0).any() else None,
                   subjects=np.array([people[name] for name in kept.subject]) if any(people) else None,
                   votes=_votes(kept.votes, labels, [list(known).index(name) for name in classes]) if any(kept.votes) else None,
                   boxes=np.array([box or [np.nan] * 4 for box in kept.box]) if any(kept.box) else None)


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


def _votes(votes: Sequence[Sequence[float]], labels: np.ndarray, places: Sequence[int]) -> np.ndarray:
    """(n, classes) float32 of sum 1, of the votes for the classes at these places; where there is none, all for the label."""
    chosen = np.array([[each[place] for place in places] if each else [0.0] * len(places) for each in votes])
    total = chosen.sum(1, keepdims=True)
    return np.divide(chosen, total, out=np.eye(len(places))[labels], where=total > 0).astype(np.float32)


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

"""What a face set holds and what may be wrong with it: copies, also across partitions, misses, subjects, labels.

A part is a partition by its name and (n,) bool rows of the set: the data set's own, those that the study draws, or the tested
images of each fold. The numbers are JSON values; counts are of readable pictures.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.evidence import duplicates
from mixedfer.evidence.duplicates import Copies, elsewhere
from mixedfer.evidence.table import to_csv

ALL = "all"
#: With more parts than these, each is compared with all others together.
PAIRWISE = 3
OTHERS = "any other"
MARKS = ("equal", "near", "equal_other_label", "near_other_label")


def summarise(faces, parts: Mapping[str, np.ndarray], copies: Copies) -> dict:
    """The audit of a face set:

        classes, searched, distance         as in the set; bits of the hash that may differ, see `duplicates`
        unreadable, excluded                {reason: pictures}
        parts                               a list, first of "all": name, images, found (None where nothing was searched),
                                            distinct, constant, equal and near (images that have such a copy anywhere; an
                                            equal one is not also near), equal_other_label and near_other_label (where one
                                            of them has another label), subjects and subjects_elsewhere (None where
                                            unknown), label_entropy and vote_entropy (bits; the second is the mean over
                                            images, None without votes), by_class {name: {images, found}}
        across                              a list of part, other, equal, near: images of a part with a copy in the other
    """
    marks, shared = _marks(faces, copies), _shared_subjects(faces, parts)
    every = {ALL: np.ones(len(faces), bool), **parts}
    return {"classes": list(faces.classes), "searched": faces.searched, "distance": copies.distance,
            "unreadable": dict(Counter(why for _, why in faces.meta["unreadable"])),
            "excluded": dict(faces.meta.get("excluded", {})),
            "parts": [{"name": name, **_part(faces, np.asarray(rows & faces.readable), copies, marks, shared)}
                      for name, rows in every.items()],
            "across": _across(faces, parts, copies)}


def write(faces, parts: Mapping[str, np.ndarray], distance: int, folder: Path) -> tuple[dict, list[str]]:
    """Audit a face set; write the figure (audit.svg, audit.png) and the list (audit.csv). Returns the audit and what to say."""
    from mixedfer.evidence import pictures
    from mixedfer.evidence.figures import audit as figure

    copies = duplicates.find(faces, distance)
    made = summarise(faces, parts, copies)
    svg, png = pictures.saved(figure.draw(None, {"audit": made}))
    for name, content in (("audit.svg", svg), ("audit.png", png), ("audit.csv", listing(faces, parts, copies).encode())):
        disk.write_bytes(folder / name, content)
    return made, [f"Figure: {folder / 'audit.svg'}", f"Pictures with copies: {folder / 'audit.csv'}"]


def _marks(faces, copies: Copies) -> dict[str, np.ndarray]:
    """(n,) bool: what is true of a picture because of any other one."""
    rows = np.flatnonzero(faces.readable)
    labels = np.asarray(faces.labels)[rows]
    equal, label = elsewhere(copies.equal[rows], rows), elsewhere(copies.equal[rows], labels)
    either, other = elsewhere(copies.alike[rows], rows), elsewhere(copies.alike[rows], labels)
    spread = {name: np.zeros(len(faces), bool) for name in MARKS}
    for name, values in zip(MARKS, (equal, either & ~equal, label, other & ~label)):
        spread[name][rows] = values
    return spread


def _number(count: int, parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) int: in which part a row is, -1 in none."""
    number = np.full(count, -1)
    for index, rows in enumerate(parts.values()):
        number[rows] = index
    return number


def _shared_subjects(faces, parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) bool: the picture's subject is in another part too."""
    number, shared = _number(len(faces), parts), np.zeros(len(faces), bool)
    rows = np.flatnonzero((number >= 0) & (np.asarray(faces.subjects) >= 0) & faces.readable)
    shared[rows] = elsewhere(np.asarray(faces.subjects)[rows], number[rows])
    return shared


def _part(faces, rows: np.ndarray, copies: Copies, marks: Mapping[str, np.ndarray], shared: np.ndarray) -> dict:
    labels, found = np.asarray(faces.labels)[rows], np.asarray(faces.found)[rows]
    named = np.asarray(faces.subjects) >= 0
    known = rows & named
    votes = np.asarray(faces.votes)
    several = bool((votes.max(1, initial=0) < 1).any())
    return {
        "images": int(rows.sum()), "found": int(found.sum()) if faces.searched else None,
        "distinct": len(np.unique(copies.equal[rows])), "constant": int(copies.constant[rows].sum()),
        **{name: int((rows & marked).sum()) for name, marked in marks.items()},
        "subjects": len(np.unique(faces.subjects[known])) if named.any() else None,
        "subjects_elsewhere": len(np.unique(faces.subjects[known & shared])) if named.any() else None,
        "label_entropy": float(_entropy(np.bincount(labels, minlength=len(faces.classes))[None])[0]),
        "vote_entropy": float(_entropy(votes[rows]).mean()) if several and rows.any() else None,
        "by_class": {name: {"images": int((labels == index).sum()),
                            "found": int(found[labels == index].sum()) if faces.searched else None}
                     for index, name in enumerate(faces.classes)}}


def _entropy(weights: np.ndarray) -> np.ndarray:
    """(n,) bits for (n, classes) weights; 0 where all are 0.

    >>> _entropy(np.array([[1, 1], [4, 0]])).tolist()
    [1.0, 0.0]
    """
    share = weights / np.maximum(weights.sum(1, keepdims=True), 1e-12)
    return np.abs((share * np.log2(np.where(share > 0, share, 1))).sum(1))


def _across(faces, parts: Mapping[str, np.ndarray], copies: Copies) -> list[dict]:
    pairs = [(later, early) for early, later in itertools.combinations(parts, 2)]
    if len(parts) > PAIRWISE:
        pairs = [(name, OTHERS) for name in parts]
    return [{"part": name, "other": other, **_shared(faces, parts, copies, name, other)} for name, other in pairs]


def _shared(faces, parts: Mapping[str, np.ndarray], copies: Copies, name: str, other: str) -> dict[str, int]:
    """How many images of a part have a copy in the other."""
    here = np.asarray(parts[name] & faces.readable)
    there = np.any([rows for key, rows in parts.items() if (key != name if other == OTHERS else key == other)], 0)
    rows = np.flatnonzero(here | (there & faces.readable))
    equal, either = (elsewhere(groups[rows], here[rows]) & here[rows] for groups in (copies.equal, copies.alike))
    return {"equal": int(equal.sum()), "near": int((either & ~equal).sum())}


def listing(faces, parts: Mapping[str, np.ndarray], copies: Copies) -> str:
    """CSV of every picture that has a copy or is of one gray value, and of the first picture like it: what to look at."""
    names, number = [*parts, ""], _number(len(faces), parts)
    marks = _marks(faces, copies)
    rows = np.flatnonzero(faces.readable & (marks["equal"] | marks["near"] | copies.constant))
    equal, alike = _first(copies.equal), _first(copies.alike)
    cells = ((faces.name(row), faces.classes[faces.labels[row]], names[number[row]], faces.name(equal[row]),
              faces.name(alike[row]), "yes" if copies.constant[row] else "no") for row in rows)
    return to_csv(["picture", "class", "partition", "first equal", "first alike", "one gray value"], cells)


def _first(groups: np.ndarray) -> np.ndarray:
    """(n,) the first row of each row's group."""
    _, first, number = np.unique(groups, return_index=True, return_inverse=True)
    return first[number]

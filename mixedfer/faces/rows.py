"""What a face set says of its rows besides image and landmarks: from the data set's list, and from what was found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer.errors import Damaged
from mixedfer.faces import sightings
from mixedfer.faces.datasets import Listing


class Rows(NamedTuple):
    """One entry per row: the number of its `picture`, and `boxes` (n, 4), `found` and `readable` as in a face set;
    `unreadable` says of rows why they cannot be seen.
    """

    picture: np.ndarray
    boxes: np.ndarray
    found: np.ndarray
    readable: np.ndarray
    unreadable: dict[int, str]


def gather(folder: Path, firsts: range, failed: dict[int, str]) -> Rows:
    """The rows of all chunks of sightings; of `failed` ones the image could not be made. Raises Damaged when a chunk is not
    there.
    """
    columns, why = [], {}
    for first in firsts:
        seen = sightings.read(folder, first)
        if seen is None:
            raise Damaged("what was found in the pictures is not whole", file=folder,
                          remedy="Give the same command again: it is found once more.")
        columns.append([seen.rows[name].copy() for name in ("picture", "box", "found", "readable")])
        why |= seen.unreadable
    picture, boxes, found, readable = map(np.concatenate, zip(*columns))
    unreadable = {int(np.searchsorted(picture, number)): reason for number, reason in why.items()} | failed
    readable[list(unreadable)] = False
    return Rows(picture, boxes.astype(np.float32), found, readable, unreadable)


def listed(listing: Listing, picture: np.ndarray) -> dict[str, np.ndarray]:
    """What the data set says of each row's picture: labels, votes, partition, subjects and ids, as in a face set.

    The further faces of a picture have its id with `#2`, `#3`, ... They must not be parted from the first: where the subject
    is not known and any picture has several faces, each picture is a subject of its own.
    """
    rank = np.arange(len(picture)) - np.searchsorted(picture, picture)
    unknown = np.full(len(listing.labels), -1)
    votes = np.eye(len(listing.classes), dtype=np.float32)[listing.labels] if listing.votes is None else listing.votes
    subjects = unknown if listing.subjects is None else listing.subjects
    if rank.any():
        subjects = np.where(subjects < 0, subjects.max() + 1 + np.arange(len(subjects)), subjects)
    by_picture = {"labels": listing.labels, "votes": votes, "subjects": subjects,
                  "partition": unknown.astype(np.int8) if listing.partition is None else listing.partition}
    names = [os.fsencode(listing.ids[number]) + b"#%d" % (more + 1) * bool(more) for number, more in zip(picture, rank)]
    return {**{name: values[picture] for name, values in by_picture.items()}, "ids": np.array(names)}

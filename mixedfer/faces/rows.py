"""What the data set's list says of a face set's rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

from mixedfer.faces.datasets import Listing


def listed(listing: Listing, picture: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what the data set says of each row's picture, by name: labels, votes, partition, subjects, ids, as in a face set.

    The further faces of a picture have its id with `#2`, `#3`, ... They must not be parted from the first: where the subject
    is not known and any picture has several faces, each picture is a subject of its own.
    """
    count, rank = len(listing.labels), np.arange(len(picture)) - np.searchsorted(picture, picture)
    subjects = np.full(count, -1) if listing.subjects is None else listing.subjects
    if rank.any():
        subjects = np.where(subjects < 0, subjects.max() + 1 + np.arange(count), subjects)
    yield "labels", listing.labels[picture]
    yield "votes", (np.eye(len(listing.classes), dtype=np.float32)[listing.labels[picture]] if listing.votes is None else
                    listing.votes[picture])
    yield "partition", np.full(len(picture), -1, np.int8) if listing.partition is None else listing.partition[picture]
    yield "subjects", subjects[picture]
    width = max(map(len, _names(listing.ids, picture, rank)))
    yield "ids", np.fromiter(_names(listing.ids, picture, rank), f"S{width}", len(picture))


def _names(ids: Sequence[str], picture: np.ndarray, rank: np.ndarray) -> Iterator[bytes]:
    return (os.fsencode(ids[number]) + b"#%d" % (more + 1) * bool(more) for number, more in zip(picture, rank))

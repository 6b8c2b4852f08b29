"""What the data set's list says of a face set's rows."""

from __future__ import annotations

import os

import numpy as np

from mixedfer.faces.datasets import Listing


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

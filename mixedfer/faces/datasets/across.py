"""Train on one data set, test on another: does a difference between arms hold for other people, cameras and annotators?

    dataset=Across(dataset=Fer2013(classes=(...)), test_dataset=Remapped(Folder(), {...}))
    mixedfer run study.py --data fer2013.csv:photos/

--data names both places, joined as the system joins paths (":", on Windows ";"); one side may be empty where a data set needs
no place. Pictures, licences and citations are those of the two data sets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import disk
from mixedfer.checked import Checked
from mixedfer.errors import BadInput, StudyError, nearest
from mixedfer.faces.datasets import Entry, Listing, collect, entries
from mixedfer.faces.datasets.remapped import remap
from mixedfer.faceset import PARTITIONS
from mixedfer.study import Dataset

TRAIN, VALIDATION, TEST = range(len(PARTITIONS))
SIDES = ("training", "test")
UNUSED = "in the test partition of the data set that is trained on"


@dataclass(frozen=True, kw_only=True)
class Across(Checked):
    """All pictures of `test_dataset` test what the training and validation pictures of `dataset` taught.

    The test pictures of `dataset` are left out and counted. Without partitions all of it trains, and validation is drawn from
    that as for any data set. Both must have the same classes, see `remapped`; their order is that of `dataset`. Persons of the
    two are never the same.

    >>> from mixedfer.faces.datasets.portrait import Portrait
    >>> one, other = (Portrait(identities=1, per_class=1, population=seed) for seed in (0, 1))
    >>> Across(dataset=one, test_dataset=other).list(None).ids[::5]
    ['training/000/anger/0', 'test/000/anger/0']
    """

    dataset: Dataset
    test_dataset: Dataset

    def fingerprint(self, data: Path | None) -> str:
        return disk.to_json([source.fingerprint(path) for source, path in zip(self._sources, _paths(data))])

    def list(self, data: Path | None) -> Listing:
        """The pictures of both.

        Raises StudyError where their classes differ, BadInput where --data does not name two places.
        """
        first, second = (source.list(path) for source, path in zip(self._sources, _paths(data)))
        _same_classes(first, second)
        second = remap(second, {name: name for name in first.classes})
        used, unused = _training(first)
        excluded = {f"{side} data: {reason}": count for side, listing in zip(SIDES, (first, second))
                    for reason, count in listing.excluded.items()}
        notes = [f"{side.capitalize()} data: {listing.note}" for side, listing in zip(SIDES, (first, second)) if listing.note]
        return collect([*_marked(used, 0), *_marked(_testing(second), 1)], first.classes, note=" ".join(notes),
                       excluded=excluded | {UNUSED: unused} if unused else excluded)

    def read(self, data: Path | None, key: tuple[int, Any]) -> np.ndarray:
        side, inner = key
        return self._sources[side].read(_paths(data)[side], inner)

    @property
    def _sources(self) -> tuple[Dataset, Dataset]:
        return self.dataset, self.test_dataset


def _paths(data: Path | None) -> tuple[Path | None, Path | None]:
    """The two places in --data. Raises BadInput where it does not name two."""
    if data is None:
        return None, None
    first, *others = str(data).split(os.pathsep)
    if len(others) != 1:
        raise BadInput(f"{1 + len(others)} place(s) named, but this study trains on one data set and tests on another",
                       file=data, remedy=f"Name both: --data TRAINING{os.pathsep}TEST. Neither name may have {os.pathsep!r} in "
                       "it; a side is empty where a data set needs no place.")
    return Path(first) if first else None, Path(others[0]) if others[0] else None


def _same_classes(first: Listing, second: Listing) -> None:
    for one, other, side in ((first, second, SIDES[1]), (second, first, SIDES[0])):
        for name in one.classes:
            if name not in other.classes:
                raise StudyError(f"the {side} data have no class {name!r}",
                                 remedy=f"{nearest(name, other.classes)} Remapped renames, merges and leaves out classes.")


def _training(listing: Listing) -> tuple[list[Entry], int]:
    """The pictures to train and validate on, and how many there are besides."""
    found = list(entries(listing))
    if listing.partition is None:
        return [entry._replace(partition=TRAIN) for entry in found], 0
    used = [entry for entry in found if entry.partition != TEST]
    return used, len(found) - len(used)


def _testing(listing: Listing) -> list[Entry]:
    return [entry._replace(partition=TEST) for entry in entries(listing)]


def _marked(found: list[Entry], side: int) -> Iterator[Entry]:
    """Entries whose key, id and subject say which data set they are of."""
    for entry in found:
        yield entry._replace(key=(side, entry.key), id=f"{SIDES[side]}/{entry.id}",
                             subject=entry.subject and f"{SIDES[side]}/{entry.subject}")

"""Another data set under other class names: renamed, merged or fewer classes.

Data sets call the same expression by different names; to compare them, or to test on one what was trained on the other (see
`across`), their classes must have the same names. The pictures, and their licence and citation, are the source's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer.checked import Checked, require
from mixedfer.errors import StudyError, nearest
from mixedfer.faces.datasets import Listing, collect, entries
from mixedfer.study import Dataset


@dataclass(frozen=True)
class Remapped(Checked):
    """`source` with its classes renamed: `{"its name": "new name"}`, in the order that the new classes shall have.

    Two names may become one: their pictures and votes are merged. Where a picture's label was what most votes are for, it is
    so afterwards too: the merged class with most of them; where several have, the label stays, and these are noted. Classes
    that are not named are left out and counted, whatever else their pictures have votes for. In a study file a dict will do;
    it is kept as pairs, so that the order is part of the study's identity.

    >>> from mixedfer.faces.datasets.fer2013 import Fer2013
    >>> Remapped(Fer2013(), {"happy": "positive", "angry": "negative", "sad": "negative"}).classes
    (('happy', 'positive'), ('angry', 'negative'), ('sad', 'negative'))
    """

    source: Dataset
    classes: tuple[tuple[str, str], ...]

    def __post_init__(self):
        if isinstance(self.classes, Mapping):
            object.__setattr__(self, "classes", tuple(self.classes.items()))
        super().__post_init__()
        pairs = bool(self.classes) and all(len(pair) == 2 for pair in self.classes)
        require(pairs, f"Remapped(classes={self.classes!r}): expected {{\"a class of the source\": \"its new name\", ...}}")
        old = [pair[0] for pair in self.classes]
        require(len(set(old)) == len(old), f"Remapped: a class is named twice: {', '.join(old)}")

    def fingerprint(self, data: Path | None) -> str:
        return self.source.fingerprint(data)

    def list(self, data: Path | None) -> Listing:
        """The source's pictures under the new names. Raises StudyError for a class that the source does not have."""
        return remap(self.source.list(data), dict(self.classes))

    def read(self, data: Path | None, key: Any) -> np.ndarray:
        return self.source.read(data, key)


def remap(listing: Listing, names: Mapping[str, str]) -> Listing:
    """The pictures of the classes in `names`, under their new names, in that order; the others are counted.

    >>> from mixedfer.faces.datasets import Entry
    >>> both = collect([Entry(1, "a", "sad", votes=(2, 6, 2)), Entry(2, "b", "joy")], ("fear", "sad", "joy"))
    >>> merged = remap(both, {"fear": "bad", "sad": "bad"})
    >>> merged.classes, merged.ids, merged.votes.tolist()
    (('bad',), ['a'], [[1.0]])
    """
    for name in names:
        if name not in listing.classes:
            raise StudyError(f"the data set has no class {name!r}", remedy=nearest(name, listing.classes))
    classes = tuple(dict.fromkeys(names.values()))
    becomes = np.array([[names.get(old) == new for old in listing.classes] for new in classes], float)
    found, torn = [], 0
    for entry in entries(listing):
        votes = tuple(becomes @ entry.votes) if entry.votes else ()
        label = names.get(entry.label, "")
        if label and len(classes) < len(names) and entry.label in _most(entry.votes, listing.classes):
            most = _most(votes, classes)
            torn += len(most) > 1
            label = most[0] if len(most) == 1 else label
        found.append(entry._replace(label=label, votes=votes))
    note = f"{torn:,} pictures have most votes for several of the merged classes; their label is as before." if torn else ""
    return collect(found, classes, excluded=listing.excluded, note=f"{listing.note} {note}".strip())


def _most(votes: Sequence[float], classes: Sequence[str]) -> list[str]:
    """The classes that most votes are for: shares of 32 bits, whose sums are alike to about 1e-7."""
    return [name for name, vote in zip(classes, votes) if vote > max(votes) - 1e-6]

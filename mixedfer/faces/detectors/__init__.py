"""Face finders, one per file. Each is a frozen dataclass with `find(picture) -> list[Sight]` (empty: no face found).

`picture` is uint8, (h, w) gray or (h, w, 3) RGB. All faces are given, in any order; `Preparation.face` says which is taken.
Libraries are imported on first use, once per process. Three attributes are read where a detector has them: `searches = False`
says that it looks for nothing, and reports say that no detector was used; `packages`, the names of installed packages whose
versions decide what it finds; `annotated = True`, that it is called as `find(picture, box)` with the box that the data set's
list gives for the picture, or None.
"""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A face's place in pixels of the picture; it may reach over the picture's edge."""

    left: float
    top: float
    width: float
    height: float


class Sight(NamedTuple):
    """A face that a detector found, and how sure it is: scores of one detector can be compared, and no others."""

    box: Box
    score: float

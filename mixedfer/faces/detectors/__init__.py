"""Face finders, one per file. Each is a frozen dataclass with `find(picture) -> list[Sight]` (empty: no face found).

`picture` is uint8, (h, w) gray or (h, w, 3) RGB. All faces are given, in any order; `Preparation.face` says which is taken.
Libraries are imported on first use, once per process. A detector that looks for nothing has the class attribute
`searches = False`, and reports say that no detector was used.
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

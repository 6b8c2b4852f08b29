"""Face finders, one per file. Each is a frozen dataclass with `find(picture) -> Box | None` (None: no face found).

`picture` is uint8, (h, w) gray or (h, w, 3) RGB. Libraries are imported on first use, once per process. A detector that
looks for nothing has the class attribute `searches = False`, and reports say that no detector was used.
"""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A face's place in pixels of the picture; it may reach over the picture's edge."""

    left: float
    top: float
    width: float
    height: float

"""No search: the boxes come with the data set, as its list gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import Unreadable
from mixedfer.faces.detectors import Box, Sight
from mixedfer.study import Detector

LONGEST = 20  # times a picture's longer side; more than that is a slip in the list


@dataclass(frozen=True)
class Annotated(Checked):
    """The listed box, with score 1. Where the list gives none, what `fallback` finds; without a fallback, a miss.

    >>> Annotated().find(np.zeros((48, 48), np.uint8), Box(4.0, 5.0, 30.0, 40.0))
    [Sight(box=Box(left=4.0, top=5.0, width=30.0, height=40.0), score=1.0)]
    """

    annotated: ClassVar[bool] = True
    fallback: Detector | None = None

    @property
    def packages(self) -> tuple[str, ...]:
        return getattr(self.fallback, "packages", ())

    def find(self, picture: np.ndarray, box: Box | None = None) -> list[Sight]:
        """Raises Unreadable for a box without an area, beside the picture, or too long to be one of a face in it."""
        if box is None:
            return self.fallback.find(picture) if self.fallback else []
        height, width = picture.shape[:2]
        if min(box.width, box.height) <= 0 or box.left >= width or box.top >= height or \
                box.left + box.width <= 0 or box.top + box.height <= 0:
            raise Unreadable(f"its listed box {tuple(box)} has no part in its {width} x {height} pixels")
        if max(box.width, box.height) > LONGEST * max(width, height):
            raise Unreadable(f"its listed box {tuple(box)} is over {LONGEST} times as long as its {width} x {height} pixels")
        return [Sight(box, 1.0)]

"""No detector: the picture is the face. For sets that are already cropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixedfer.checked import Checked
from mixedfer.faces.detectors import Box, Sight


@dataclass(frozen=True, kw_only=True)
class WholeImage(Checked):
    """The whole picture, always found.

    >>> WholeImage().find(np.zeros((48, 40), np.uint8))
    [Sight(box=Box(left=0.0, top=0.0, width=40.0, height=48.0), score=1.0)]
    """

    searches: ClassVar[bool] = False

    def find(self, picture: np.ndarray) -> list[Sight]:
        return [Sight(Box(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0])), 1.0)]

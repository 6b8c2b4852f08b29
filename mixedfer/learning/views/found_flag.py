"""Control: only whether the detector found the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixedfer.checked import Checked


@dataclass(frozen=True)
class FoundFlag(Checked):
    """(n, 1): 1 where the detector found a face, 0 where it did not. Some classes are found more often than others.

    >>> FoundFlag()(np.zeros((2, 68, 2)), np.array([True, False]), 48).tolist()
    [[1.0], [0.0]]
    """

    shows: ClassVar[str] = "nothing"
    rules_out: ClassVar[str] = ("An equal gain would mean that the gain comes from which faces the detector misses, not from "
                                "where the landmarks lie.")

    def __call__(self, points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
        return found[:, None].astype(np.float32)

"""Negative control: numbers that are no landmarks at all, as many and as far spread as the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixedfer.learning.views.constant import Constant


@dataclass(frozen=True)
class Noise(Constant):
    """Independent Gaussian numbers in place of another view's, each with that number's mean and spread in the partition.

    A face keeps its numbers for the whole run, as it keeps its landmarks, so they can be learnt by heart. They come from the
    cell's seed. Called for faces outside a run, it shows the generic face: never a face's own landmarks.

    >>> from mixedfer.learning.views.normalised import normalised
    >>> from mixedfer import geometry
    >>> faces = geometry.generic(48) + np.random.default_rng(0).normal(size=(1000, 68, 2))
    >>> shown = Noise(normalised).drawn(faces, np.ones(1000, bool), 48, np.random.default_rng(1))
    >>> bool(np.allclose(shown.std(0), normalised(faces, np.ones(1000, bool), 48).std(0), rtol=0.2))
    True
    """

    shows: ClassVar[str] = "noise"
    rules_out: ClassVar[str] = ("An equal gain would mean that the gain comes from more weights and an input that differs from "
                                "face to face (a regulariser or a label to learn by heart), not from landmarks.")

    def drawn(self, points: np.ndarray, found: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        """One row of noise for each face of a partition."""
        values = self.view(points, found, size)
        return (values.mean(0) + values.std(0) * rng.standard_normal(values.shape)).astype(np.float32)

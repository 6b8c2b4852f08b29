"""Negative control: the same face for every image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixedfer import geometry
from mixedfer.learning.views import Wrapping


@dataclass(frozen=True)
class Constant(Wrapping):
    """Another view, of the generic face `geometry.REFERENCE` whatever the image shows: the same network, no information.

    >>> from mixedfer.learning.views.normalised import normalised
    >>> shown = Constant(normalised)(np.random.default_rng(0).normal(size=(3, 68, 2)), np.ones(3, bool), 48)
    >>> shown.shape, float(np.ptp(shown, axis=0).max())
    ((3, 68, 2), 0.0)
    """

    shows: ClassVar[str] = "one for all"
    rules_out: ClassVar[str] = ("An equal gain would mean that the gain comes from the wider network alone: the input of its "
                                "landmark branch is the same for every face.")

    def __call__(self, points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
        return self.view(np.broadcast_to(geometry.generic(size), points.shape), np.ones_like(found), size)

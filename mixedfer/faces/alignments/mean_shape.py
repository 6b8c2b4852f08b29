"""All 68 points over those of the mean face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.checked import Checked
from mixedfer.faces.alignments import fit, resized
from mixedfer.faces.detectors import Box
from mixedfer.geometry import generic


@dataclass(frozen=True, kw_only=True)
class MeanShape(Checked):
    """The least-squares similarity to `geometry.generic`, in which the face fills the image, grown by `scale`.

    Procrustes analysis (Gower 1975) of the pixels: what `learning.views.procrustes` does to the landmarks alone.

    >>> np.allclose(MeanShape(scale=0.5).matrix(generic(48), Box(0, 0, 48, 48), 96), [[1, 0, 24], [0, 1, 24]])
    True
    """

    RANGES = {"scale": (0.1, 3)}
    scale: float = 1.0

    def matrix(self, points: np.ndarray, box: Box, size: int) -> np.ndarray:
        return fit(points, resized(generic(size), self.scale, size))

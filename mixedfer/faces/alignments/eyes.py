"""The eyes level, at fixed places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.checked import Checked
from mixedfer.faces.alignments import fit
from mixedfer.faces.detectors import Box
from mixedfer.geometry import eye_centres


@dataclass(frozen=True, kw_only=True)
class Eyes(Checked):
    """The centres of the eyes lie `distance` apart, midway between the sides, `height` below the top: fractions of the side.

    By default a generic face, chin and brows, fills the image. A turned head comes out larger, for its eyes seem nearer
    to each other.

    >>> points = np.zeros((68, 2))
    >>> points[36:42], points[42:48] = (30, 40), (50, 40)
    >>> np.allclose(Eyes(distance=0.4, height=0.25).matrix(points, Box(0, 0, 80, 80), 50), [[1, 0, -15.5], [0, 1, -28]])
    True
    """

    RANGES = {"distance": (0.05, 1), "height": (0, 1)}
    distance: float = 0.4
    height: float = 0.25

    def matrix(self, points: np.ndarray, box: Box, size: int) -> np.ndarray:
        across = 0.5 + self.distance / 2 * np.array([-1, 1])
        # The picture's corner lies at -0.5.
        target = np.column_stack([across, [self.height, self.height]]) * size - 0.5
        return fit(np.stack(eye_centres(points)), target)

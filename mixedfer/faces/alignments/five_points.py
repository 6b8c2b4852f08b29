"""Five points of the face over those of a generic face: eyes, tip of the nose, corners of the mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.checked import Checked
from mixedfer.faces.alignments import fit, resized
from mixedfer.faces.detectors import Box
from mixedfer.geometry import eye_centres, generic

TIP, RIGHT_CORNER, LEFT_CORNER = 30, 48, 54


@dataclass(frozen=True, kw_only=True)
class FivePoints(Checked):
    """The least-squares similarity to `geometry.generic`, with `margin` more on each side, a fraction of that image's side.

    Alignment by five points is what face recognition does (Deng et al., CVPR 2019). The mouth takes part, so a wide smile or an
    open mouth moves the face a little: for expressions that is a choice to be compared, see `Eyes`.

    >>> np.allclose(FivePoints(margin=0.5).matrix(generic(48), Box(0, 0, 48, 48), 96), [[1, 0, 24], [0, 1, 24]])
    True
    """

    RANGES = {"margin": (0, 2)}
    margin: float = 0.0

    def matrix(self, points: np.ndarray, box: Box, size: int) -> np.ndarray:
        return fit(_five(points), resized(_five(generic(size)), 1 / (1 + 2 * self.margin), size))


def _five(points: np.ndarray) -> np.ndarray:
    return np.stack([*eye_centres(points), points[TIP], points[RIGHT_CORNER], points[LEFT_CORNER]])

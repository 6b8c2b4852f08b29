"""OpenCV's frontal face cascade on Haar features (Viola and Jones, CVPR 2001; Lienhart and Maydt, ICIP 2002).

Its window needs some background around the face, so on pictures that are cropped to the face it finds more on a wider
canvas: `pad`. Of FER2013's first 500 faces it finds 185 without and 379 with `pad=0.25`, 325 at a `scale_factor` of 1.3.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import BadInput
from mixedfer.faces.detectors import Box, Sight

FILE = "haarcascade_frontalface_default.xml"


@dataclass(frozen=True, kw_only=True)
class Haar(Checked):
    """Windows grow by `scale_factor` from `min_size` pixels; a face needs `min_neighbors` windows beside the first.

    `pad` widens the picture on each side by that fraction of its longer side. What is added is black: repeated edge
    pixels become stripes, with which fewer faces are found, and mirrored ones hold mirrored faces. Boxes are in pixels of
    the picture without its padding and may reach over its edge. The score is the sum in the cascade's last stage, the
    highest among a face's windows.

    >>> Haar(pad=0.25).find(np.zeros((48, 48), np.uint8))
    []
    """

    RANGES = {"scale_factor": (1.01, 2), "min_neighbors": (1, 100), "min_size": (1, 10**4), "pad": (0, 2)}
    scale_factor: float = 1.1
    min_neighbors: int = 3
    min_size: int = 24
    pad: float = 0.0

    def find(self, picture: np.ndarray) -> list[Sight]:
        """All faces, the surest first. Raises BadInput where OpenCV lacks the cascade."""
        import cv2

        gray = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        edge = round(self.pad * max(gray.shape))
        canvas = cv2.copyMakeBorder(gray, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=0)
        places, _, scores = _cascade().detectMultiScale3(
            canvas, scaleFactor=self.scale_factor, minNeighbors=self.min_neighbors,
            minSize=(self.min_size, self.min_size), outputRejectLevels=True)
        sights = [Sight(Box(float(left - edge), float(top - edge), float(width), float(height)), float(score))
                  for (left, top, width, height), score in zip(places, scores)]
        # OpenCV's threads hand windows over in any order.
        return sorted(sights, key=lambda sight: (-sight.score, sight.box))


@functools.cache
def _cascade():
    import cv2

    path = Path(cv2.data.haarcascades) / FILE
    if not path.is_file():
        raise BadInput("OpenCV's face cascade is missing", file=path,
                       remedy="Install OpenCV with `pip install 'opencv-python-headless<5'`: version 5 has no cascades.")
    return cv2.CascadeClassifier(str(path))

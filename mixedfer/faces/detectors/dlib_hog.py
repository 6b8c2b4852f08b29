"""dlib's frontal face detector: histograms of oriented gradients and a linear classifier (King, 2015, arXiv:1502.00046).

It is trained on faces of about 80 pixels. On 48x48 crops it finds nothing without upsampling.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mixedfer.checked import Checked
from mixedfer.faces.detectors import Box, Sight


@dataclass(frozen=True, kw_only=True)
class DlibHog(Checked):
    """`upsample` doubles the picture that many times first; `threshold` 0 is dlib's own, and scores are what lies above it.

    >>> DlibHog().find(np.zeros((48, 48), np.uint8))
    []
    """

    RANGES = {"upsample": (0, 4)}
    upsample: int = 0
    threshold: float = 0.0

    def find(self, picture: np.ndarray) -> list[Sight]:
        faces, scores, _ = _detector().run(_plain(picture), self.upsample, self.threshold)
        return [Sight(Box(*map(float, (face.left(), face.top(), face.width(), face.height()))), score)
                for face, score in zip(faces, scores)]


def _plain(picture: np.ndarray) -> np.ndarray:
    """Gray where all channels are equal, for dlib scores colour otherwise; pixels in one block, or dlib misreads them."""
    if picture.ndim == 3 and all(np.array_equal(picture[..., 0], picture[..., channel]) for channel in (1, 2)):
        picture = picture[..., 0]
    return np.ascontiguousarray(picture)


@functools.cache
def _detector():
    import dlib

    return dlib.get_frontal_face_detector()

"""dlib's frontal face detector: histograms of oriented gradients and a linear classifier (King, 2015, arXiv:1502.00046).

It is trained on faces of about 80 pixels. On 48x48 crops it finds nothing without upsampling.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mixedfer.checked import Checked
from mixedfer.faces.detectors import Box


@dataclass(frozen=True, kw_only=True)
class DlibHog(Checked):
    """The largest face. `upsample` doubles the picture that many times first; `threshold` 0 is dlib's own.

    >>> DlibHog().find(np.zeros((48, 48), np.uint8)) is None
    True
    """

    RANGES = {"upsample": (0, 4)}
    upsample: int = 0
    threshold: float = 0.0

    def find(self, picture: np.ndarray) -> Box | None:
        faces, _, _ = _detector().run(picture, self.upsample, self.threshold)
        face = max(faces, key=lambda face: face.area(), default=None)
        return None if face is None else Box(*map(float, (face.left(), face.top(), face.width(), face.height())))


@functools.cache
def _detector():
    import dlib

    return dlib.get_frontal_face_detector()

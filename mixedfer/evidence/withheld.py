"""A report without its pictures, for data whose terms do not let faces be passed on: sketches of landmarks in their place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixedfer.evidence.results import Results
from mixedfer.faceset import FaceSet
from mixedfer.geometry import OUTLINES

PAPER, LINE = 128, 200


class Sketches:
    """In place of images (n, size, size, channels): each row's landmarks as outlines, drawn when they are asked for."""

    def __init__(self, faces: FaceSet):
        self.landmarks, self.shape = faces.landmarks, faces.images.shape

    def __getitem__(self, row: int) -> np.ndarray:
        from PIL import Image, ImageDraw

        _, height, width, channels = self.shape
        sheet = Image.new("L", (width, height), PAPER)
        points = np.nan_to_num(np.asarray(self.landmarks[row], float))
        for group, closed in OUTLINES:
            line = np.concatenate([points[group], points[group][:1 if closed else 0]])
            ImageDraw.Draw(sheet).line(line.ravel().tolist(), fill=LINE)
        return np.repeat(np.asarray(sheet)[..., None], channels, axis=-1)


def without_pictures(results: Results) -> Results:
    """The same results with sketches for pictures. To be shown only: copies are found in the real ones."""
    arms = {name: replace(arm, faces=_sketched(arm.faces)) for name, arm in results.arms.items()}
    return replace(results, faces=_sketched(results.faces), arms=arms, withheld=True)


def _sketched(faces: FaceSet) -> FaceSet:
    return replace(faces, images=Sketches(faces))

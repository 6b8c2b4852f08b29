"""What dlib alone can do, by which everything around it is judged."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from mixedfer.faces import landmarks
from mixedfer.study import PREDICTOR


def loop(pictures: Sequence[np.ndarray], upsample: int) -> float:
    """Pictures per second of one process that calls detector and predictor on pictures in memory, and keeps nothing."""
    import dlib

    detector = dlib.get_frontal_face_detector()
    predictor = dlib.shape_predictor(str(landmarks.find_predictor(None, PREDICTOR)))
    began = time.perf_counter()
    for picture in pictures:
        found = detector(picture, upsample)
        predictor(picture, found[0] if found else dlib.rectangle(0, 0, 47, 47))
    return len(pictures) / (time.perf_counter() - began)

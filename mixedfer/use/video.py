"""A video or a camera, frame by frame."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mixedfer.errors import BadInput
from mixedfer.faces.datasets.videos import PATIENCE

PAUSE = 0.01  # seconds, for a camera


class Video:
    """Frames (h, w, 3) RGB of `device`: a video file, or with `live` a camera by its number or by the path of its device.

    `lost` counts frames that could not be decoded, that a camera did not give, and that a file that is cut off does not have.
    `moment` is the number of the last frame, counted from 0 with lost ones, and its seconds from the beginning: as the file
    says, or by the clock for a camera. Raises BadInput for what cannot be opened, or gives no frame at all.
    """

    def __init__(self, device: int | str | Path, live: bool = False):
        import cv2

        self.device, self.live, self.frames, self.lost, self.moment = device, live, 0, 0, (0, 0.0)
        if not isinstance(device, int) and not live and not Path(device).is_file():
            raise BadInput("no such video", file=device)
        self._video = cv2.VideoCapture(device if isinstance(device, int) else str(device))
        if not self._video.isOpened():
            raise BadInput("no camera that can be opened" if live else "not a video that can be decoded", file=str(device),
                           remedy="Name a camera by its number, from 0." if live else "")
        rate = self._video.get(cv2.CAP_PROP_FPS)
        #: Frames per second; 25 where the device does not say.
        self.rate = rate if 0 < rate < 1000 else 25.0
        #: How many frames a file says that it has; 0 where that is not known.
        self.length = 0 if live else max(0, int(self._video.get(cv2.CAP_PROP_FRAME_COUNT)))

    def __iter__(self) -> Iterator[np.ndarray]:
        import cv2

        failures, began = 0, time.monotonic()
        try:
            while failures <= PATIENCE:
                grabbed = self._video.grab()
                good, frame = self._video.retrieve() if grabbed else (False, None)
                if good and frame is not None and frame.size:
                    self.lost, failures = self.lost + failures, 0
                    number = self.frames + self.lost
                    self.moment = number, self._seconds(number, began)
                    self.frames += 1
                    yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB if frame.ndim == 3 else cv2.COLOR_GRAY2RGB)
                elif grabbed:
                    self.lost += 1
                else:
                    failures += 1
                    time.sleep(PAUSE if self.live else 0)
            # What a file promised and did not have; frames that failed before it are among them.
            self.lost = max(self.lost, self.length - self.frames)
            if not self.frames:
                raise BadInput("no frame can be decoded", file=str(self.device))
        finally:
            self._video.release()

    def _seconds(self, number: int, began: float) -> float:
        """When the last frame is to be seen; frames of one file may last differently long."""
        import cv2

        if self.live:
            return time.monotonic() - began
        told = self._video.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return told if 0 < told < float("inf") else number / self.rate

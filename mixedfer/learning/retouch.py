"""Changes of pixels that move nothing: light, contrast and random erasing. Landmarks under an erased place stay as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixedfer.checked import Checked, require

#: Contrast, brightness, and left, top, right, bottom of the erased place: a picture as it is.
NONE = np.array([1, 0, 0, 0, 0, 0], np.float32)
LONGEST = 10 / 3  # largest ratio of an erased place's sides, as in the paper


@dataclass(frozen=True, kw_only=True)
class Retouch(Checked):
    """Random light and contrast, and with probability `erase` a rectangle filled with the image's mean.

    `brightness` is the largest shift as a fraction of 255, `contrast` the largest change of the factor about the image's mean.
    The erased place covers a share of the image between the two numbers of `area`, with sides up to 10:3 (Zhong et al.,
    "Random Erasing Data Augmentation", AAAI 2020); where it reaches over the edge it is cut off.

    >>> Retouch(erase=1.0).draw(np.random.default_rng(0), 5).shape
    (5, 6)
    """

    RANGES = {"brightness": (0, 1), "contrast": (0, 1), "erase": (0, 1)}
    brightness: float = 0.0
    contrast: float = 0.0
    erase: float = 0.0
    area: tuple[float, ...] = (0.02, 0.2)

    def __post_init__(self):
        super().__post_init__()
        require(len(self.area) == 2 and 0 < self.area[0] <= self.area[1] <= 1,
                f"Retouch(area={self.area}): expected two shares of the image, the smaller first")

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """(count, 6) float32, as `NONE`; places as fractions of the image's side."""
        luck = rng.random((count, 7))
        contrast = 1 + self.contrast * (2 * luck[:, 0] - 1)
        brightness = self.brightness * (2 * luck[:, 1] - 1)
        area = self.area[0] + (self.area[1] - self.area[0]) * luck[:, 3]
        ratio = np.exp(math.log(LONGEST) * (2 * luck[:, 4] - 1))
        half = np.sqrt(np.stack([area * ratio, area / ratio], 1)) / 2 * (luck[:, 2] < self.erase)[:, None]
        centre = luck[:, 5:7]
        return np.column_stack([contrast, brightness, centre - half, centre + half]).astype(np.float32)

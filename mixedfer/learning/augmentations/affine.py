"""Random affines about the image's centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Affine(Checked):
    """Random shift, scale, rotation, skew and mirror about the image's centre.

    The defaults are those of the FER+ paper (Barsoum et al., ICMI 2016). `shift` is a fraction of the side, `scale` the largest
    factor (its inverse the smallest), `rotation` in degrees, `skew` a slope; each is drawn evenly from both sides.
    """

    RANGES = {"shift": (0, 1), "scale": (1, 4), "rotation": (0, 180), "skew": (0, 1)}
    shift: float = 0.08
    scale: float = 1.05
    rotation: float = 20.0
    skew: float = 0.05
    mirror: bool = True

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """(count, 6) numbers from -1 to 1: rotation, scale, skew, shift right, shift down, mirror (if negative)."""
        return rng.random((count, 6)) * 2 - 1

    def matrices(self, draws: np.ndarray, size: int) -> np.ndarray:
        """(n, 3, 3) float64 maps from a pixel's place in the image to its place in the augmented image."""
        angle = np.deg2rad(self.rotation) * draws[:, 0]
        factor = self.scale ** draws[:, 1]
        slope = self.skew * draws[:, 2]
        flip = np.where(self.mirror & (draws[:, 5] < 0), -1.0, 1.0)
        cosine, sine = factor * np.cos(angle), factor * np.sin(angle)
        linear = np.stack([np.stack([cosine * flip, cosine * slope - sine], -1),
                           np.stack([sine * flip, sine * slope + cosine], -1)], -2)
        centre = np.full(2, (size - 1) / 2)
        matrices = np.tile(np.eye(3), (len(draws), 1, 1))
        matrices[:, :2, :2] = linear
        matrices[:, :2, 2] = centre - linear @ centre + self.shift * size * draws[:, 3:5]
        return matrices

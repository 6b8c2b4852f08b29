"""Drawn faces with 68 landmarks, from happy to sad."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mixedfer.geometry import OUTLINES

SIZE = 48


def face(rng, frown: float) -> np.ndarray:
    """68 points of a drawn face in pixels; the mouth's corners sink as `frown` goes from 0 to 1."""
    def arc(centre, radii, start, stop, count, closed=False):
        angle = np.linspace(np.radians(start), np.radians(stop), count, endpoint=not closed)
        return np.stack([centre[0] + radii[0] * np.cos(angle), centre[1] + radii[1] * np.sin(angle)], -1)
    mouth = (24, 36)
    points = np.concatenate([
        arc((24, 22), (17, 22), 180, 0, 17), arc((16, 17), (6, 3), 180, 360, 5), arc((32, 17), (6, 3), 180, 360, 5),
        np.stack([np.full(4, 24.0), np.linspace(19, 27, 4)], -1), arc((24, 28), (4, 2), 180, 0, 5),
        arc((16, 20), (3.5, 1.5), 180, 540, 6, True), arc((32, 20), (3.5, 1.5), 180, 540, 6, True),
        arc(mouth, (7, 3), 180, 540, 12, True), arc(mouth, (5, 1.5), 180, 540, 8, True)])
    points[48:, 1] += (frown - 0.5) * 6 * ((points[48:, 0] - 24) / 7) ** 2
    return 24 + (points - 24) * rng.uniform(0.8, 1.0) + rng.normal(0, 0.8, 2) + rng.normal(0, 0.2, (68, 2))


def draw(points: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """A (48, 48) uint8 picture: a light head on a darker ground of 6 x 6 patches, with the outlines drawn in."""
    y, x = np.mgrid[:SIZE, :SIZE]
    left, right, chin = points[0], points[16], points[8]
    centre, radius = (left + right) / 2, (right[0] - left[0]) / 2
    head = ((x - centre[0]) / radius) ** 2 + ((y - centre[1]) / (chin[1] - centre[1])) ** 2 < 1
    picture = np.where(head, 190, np.kron(ground, np.ones((8, 8)))).astype(np.uint8)
    for group, closed in OUTLINES:
        line = points[group]
        line = np.concatenate([line, line[:1]]) if closed else line
        steps = np.linspace(0, 1, 12)[:, None]
        marks = np.concatenate([a + (b - a) * steps for a, b in pairwise(line)])
        x_marks, y_marks = marks.round().astype(int).clip(0, SIZE - 1).T
        picture[y_marks, x_marks] = 20
    return picture

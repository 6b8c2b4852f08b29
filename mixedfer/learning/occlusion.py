"""Which pixels an arm looks at: how far the true class's probability falls when a square of the image is covered.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014. It needs no gradients and nothing of a
network's inside, so that all arms, backbones and Keras backends are measured alike, on the same faces and squares.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixedfer.learning.batches import Batches, filled
from mixedfer.records import Occlusion

#: Places of the square per side; its side is a quarter of the image's.
GRID, SIDE = 8, 0.25
#: About how many faces are looked at, with at least one of each class that is tested.
FACES = 12


def look(batches: Batches, predict: Callable[[dict], np.ndarray]) -> Occlusion:
    """The maps of an arm that sees the image, on the first faces of every class in `batches`.

    `predict` takes the batch dict of `Batches.inputs` to probabilities (n, classes).
    """
    places, size = chosen(batches.faces.labels[batches.rows]), batches.faces.images.shape[1]
    truth = batches.faces.labels[batches.rows[places]]
    # The last square of each face covers nothing: what the others are compared with.
    covers = np.concatenate([windows(size), np.zeros((1, size, size), bool)])
    face, cover = (index.ravel() for index in np.indices((len(places), len(covers))))
    answers = []
    for at in filled(len(face)):
        inputs = batches.look(places[face[at]]).inputs
        inputs["image"] = covered(inputs["image"], covers[cover[at]])
        answers.append(predict(inputs)[np.arange(len(at)), truth[face[at]]])
    found = np.concatenate(answers)[:len(face)].reshape(len(places), -1)
    drops = (found[:, -1:] - found[:, :-1]).reshape(-1, GRID, GRID)
    return Occlusion(batches.rows[places], drops.astype(np.float32))


def nothing(rows: np.ndarray) -> Occlusion:
    """The maps of an arm that does not see the image: none."""
    return Occlusion(rows[:0], np.zeros((0, GRID, GRID), np.float32))


def chosen(labels: np.ndarray) -> np.ndarray:
    """The places of the first faces of each class, equally many of each where there are.

    >>> chosen(np.array([1, 1, 0, 1] + [0] * 9 + [1] * 9)).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15]
    """
    classes = np.unique(labels)
    each = max(1, FACES // len(classes))
    return np.sort(np.concatenate([np.flatnonzero(labels == name)[:each] for name in classes]))


def windows(size: int) -> np.ndarray:
    """(GRID * GRID, size, size) bool: the square at each place, cut off where it reaches over the edge."""
    centres, half = (np.arange(GRID) + 0.5) * size / GRID, size * SIDE / 2
    inside = abs(np.arange(size) + 0.5 - centres[:, None]) <= half
    return (inside[:, None, :, None] & inside[None, :, None, :]).reshape(GRID * GRID, size, size)


def covered(images: np.ndarray, covers: np.ndarray) -> np.ndarray:
    """Images (n, size, size, channels) with each image's mean colour where its cover (n, size, size) is."""
    mean = images.mean((1, 2), keepdims=True).round().astype(images.dtype)
    return np.where(covers[..., None], mean, images)

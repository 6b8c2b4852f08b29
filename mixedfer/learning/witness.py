"""What the proof rests on: hashes of the batches that were handed to Keras, taken while they are handed over."""

from __future__ import annotations

import hashlib

import numpy as np

from mixedfer import disk
from mixedfer.faceset import FaceSet
from mixedfer.learning.batches import Batch

FIRST_BATCHES = 2


class Witness:
    """Hashes, per epoch, of the rows and targets and of the affines; and of the first batches' pixels and points.

    It sees every arm's batches alike: the images and their affines, whether or not the arm's model takes them, and the
    faces' own landmarks, whatever view of them (or of other faces') the arm has.
    """

    def __init__(self, faces: FaceSet, augmented: bool):
        self.faces, self.augmented, self.first = faces, augmented, ""
        self._order: dict[int, hashlib._Hash] = {}
        self._draws: dict[int, hashlib._Hash] = {}
        self._pixels: list[np.ndarray] = []

    def see(self, epoch: int, batch: Batch) -> None:
        """Note a batch of an epoch, in the order in which batches are handed over."""
        order = self._order.setdefault(epoch, hashlib.sha256())
        draws = self._draws.setdefault(epoch, hashlib.sha256())
        order.update(batch.rows.tobytes())
        order.update(batch.targets.tobytes())
        draws.update(batch.inputs["affine"].tobytes())
        if epoch == 0 and len(self._pixels) < 3 * FIRST_BATCHES:
            self._pixels += [batch.inputs["image"], batch.inputs["affine"], self.faces.landmarks[batch.rows]]
            self.first = disk.hash_arrays(*self._pixels)

    def hashes(self, epoch: int) -> tuple[str, str]:
        """The hashes of an epoch that is through: of its order and of its draws ("none" without augmentation)."""
        draws = self._draws.pop(epoch).hexdigest()
        return self._order.pop(epoch).hexdigest(), draws if self.augmented else "none"

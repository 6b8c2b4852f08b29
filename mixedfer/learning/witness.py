"""What the proof rests on: hashes of the batches that were handed to Keras, taken while they are handed over."""

from __future__ import annotations

import hashlib

import numpy as np

from mixedfer import disk
from mixedfer.faceset import FaceSet
from mixedfer.learning.batches import Batch

FIRST_BATCHES = 2
OWN, MIXED = "own", "some own"


class Seen:
    """Hashes of a stream of batches: `order` (rows, targets, weights), `draws` (affines, retouches), `sources` of the
    landmarks, and `landmarks`.
    """

    def __init__(self):
        self._hashes = {name: hashlib.sha256() for name in ("order", "draws", "sources", "landmarks")}
        self._owners: set[bool] = set()

    def add(self, batch: Batch) -> None:
        """Note a batch, in the order in which batches are handed over."""
        self._hashes["order"].update(batch.rows.tobytes())
        self._hashes["order"].update(batch.targets.tobytes())
        self._hashes["order"].update(b"" if batch.weights is None else batch.weights.tobytes())
        self._hashes["draws"].update(batch.inputs["affine"].tobytes())
        self._hashes["draws"].update(batch.inputs["retouch"].tobytes())
        self._hashes["sources"].update(batch.sources.tobytes())
        self._hashes["landmarks"].update(batch.inputs["landmarks"].tobytes() if "landmarks" in batch.inputs else b"")
        self._owners.update((batch.sources == batch.rows).tolist())

    def hashes(self) -> dict[str, str]:
        """One hash each; `sources` is "own" where all landmark inputs were of the face in the image, "some own" where some."""
        hashes = {name: digest.hexdigest() for name, digest in self._hashes.items()}
        return hashes | ({"sources": MIXED if False in self._owners else OWN} if True in self._owners else {})


class Witness:
    """What one run's model was shown: a `Seen` per epoch, and the first batches' pixels and points.

    It sees every arm's batches alike: the images and their affines, whether or not the arm's model takes them, and the
    faces' own landmarks, whatever view of them (or of other faces') the arm has.
    """

    def __init__(self, faces: FaceSet):
        self.faces, self.first = faces, ""
        self._epochs: dict[int, Seen] = {}
        self._pixels: list[np.ndarray] = []

    def see(self, epoch: int, batch: Batch) -> None:
        """Note a training batch of an epoch."""
        self._epochs.setdefault(epoch, Seen()).add(batch)
        if epoch == 0 and len(self._pixels) < 4 * FIRST_BATCHES:
            shown = [batch.inputs[name] for name in ("image", "affine", "retouch")]
            self._pixels += [*shown, self.faces.take("landmarks", batch.rows)]
            self.first = disk.hash_arrays(*self._pixels)

    def epoch(self, epoch: int) -> dict[str, str]:
        """The hashes of an epoch that is through."""
        return self._epochs.pop(epoch).hashes()

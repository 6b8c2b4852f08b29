"""The networks of a bundle, and what they answer for the faces of a face set, made ready as in training."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mixedfer.errors import Fault
from mixedfer.faceset import FaceSet
from mixedfer.learning.batches import TOGETHER, Batches
from mixedfer.use import architecture
from mixedfer.use.bundle import Bundle

#: How far the probabilities of a bundle may lie from those of its run: made on another machine, sums have other last bits.
NEAR = 1e-3


class Look(NamedTuple):
    """What of a recipe says how a face is looked at when it is not trained on."""

    frame: int
    test_views: str


class Network:
    """A bundle's models, loaded once, or `models` in their place; raises BadInput for one that is refused (see `architecture`).
    """

    def __init__(self, bundle: Bundle, models: list | None = None):
        self.look, self.view = Look(*(bundle.said["recipe"][name] for name in Look._fields)), bundle.view
        self.models = models or [architecture.load(path, bundle.image, len(bundle.classes)) for path in bundle.models]

    def answers(self, faces: FaceSet, rows: np.ndarray, together: int = TOGETHER) -> np.ndarray:
        """(models, n, classes) float32: the probabilities for the faces in `rows` (n,), means over the frames of the recipe.

        They go through in batches of one size, so that an answer does not depend on which faces are beside it; with as many
        `together` as in training it is to the last bit what training would say. Raises Fault for answers that are no numbers.
        """
        batches, sums = Batches(faces, rows, "test", self.look, 0, self.view), 0.0
        for frame in range(len(batches.frames)):
            made = [self._answers(batches.look(np.minimum(np.arange(first, first + together), len(rows) - 1), frame).inputs)
                    for first in range(0, len(rows), together)]
            sums += np.concatenate(made, 1)[:, :len(rows)]
        if not np.isfinite(sums).all():
            raise Fault("the network of the bundle answers with what is no number", remedy="Export another run.")
        return (sums / len(batches.frames)).astype(np.float32)

    def _answers(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        taken = [{tensor.name: inputs[tensor.name] for tensor in model.inputs} for model in self.models]
        return np.stack([np.asarray(model.predict_on_batch(each)) for model, each in zip(self.models, taken)])

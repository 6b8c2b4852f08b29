"""Rows of a face set -> batches of NumPy arrays: order, augmentation draws, inputs, targets.

Everything is drawn from the cell's seed, the epoch and the row. No arm's name comes in here: arms get the same order, the
same draws and the same images; only which arrays are handed on differs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mixedfer import geometry
from mixedfer.checked import require
from mixedfer.faceset import FaceSet
from mixedfer.learning import augment, labels
from mixedfer.learning.retouch import NONE
from mixedfer.seeds import generator
from mixedfer.study import Recipe

#: Faces that are looked at in one go. One size for all, because a face's last bits may depend on how many are beside it.
TOGETHER = 64


def filled(count: int) -> Iterator[np.ndarray]:
    """The places 0 .. count - 1 in order, `TOGETHER` at a time; the last batch repeats its last place to fill up.

    >>> [(len(places), places[0].item(), places[-1].item()) for places in filled(100)]
    [(64, 0, 63), (64, 64, 99)]
    """
    for start in range(0, count, TOGETHER):
        yield np.minimum(np.arange(start, start + TOGETHER), count - 1)


class Batch(NamedTuple):
    """`rows` (n,) of the face set that the images come from, `sources` (n,) those that the landmarks come from, the model's
    named `inputs`, `targets` (n, classes), and `weights` (n,), or None where all faces count alike.
    """

    rows: np.ndarray
    sources: np.ndarray
    inputs: dict[str, np.ndarray]
    targets: np.ndarray
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class Batches:
    """Batches of `rows` for one partition (`part`) of one cell. `view` turns points into the landmark input, if any; `features`
    (n, features) is what a frozen backbone made of every face of the set, if that is known.
    """

    faces: FaceSet
    rows: np.ndarray
    part: str
    recipe: Recipe
    seed: int
    view: Any = None
    features: np.ndarray | None = None

    @functools.cached_property
    def sources(self) -> np.ndarray:
        """The row of the face set that each row's landmarks come from: its own, unless the view says otherwise."""
        draw = getattr(self.view, "sources", None)
        return draw(self.rows, self.faces.labels[self.rows], generator(self.seed, "view", self.part)) if draw else self.rows

    @functools.cached_property
    def drawn(self) -> np.ndarray | None:
        """What the view shows of each row in all epochs, if it draws that itself."""
        draw = getattr(self.view, "drawn", None)
        if draw is None:
            return None
        # As they lie in the frame of a test: not augmented, and counted from the same corner as those of other views.
        points = geometry.transform(self.faces.take("landmarks", self.rows).astype(np.float64), self.frames[0])
        return draw(points, self.faces.found[self.rows], self.side, generator(self.seed, "drawn", self.part))

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return -(-len(self.rows) // self.recipe.batch_size)

    def order(self, epoch: int) -> np.ndarray:
        """The positions in `rows`, in the order in which an epoch shows them."""
        return generator(self.seed, "order", epoch).permutation(len(self.rows))

    def draws(self, epoch: int) -> np.ndarray | None:
        """One row of augmentation draws per face of the set, or None without augmentation."""
        if self.recipe.augmentation is None:
            return None
        return self.recipe.augmentation.draw(generator(self.seed, "augment", epoch), len(self.faces))

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The training batches of one epoch."""
        move, retouch = self._moves(epoch), self._retouches(epoch)
        luck = generator(self.seed, "labels", epoch).random(len(self.faces)) if self.recipe.labels == "drawn" else None
        # Even sizes: a last batch of one face would have no variance to normalise by.
        for places in np.array_split(self.order(epoch), self.steps):
            rows = self.rows[places]
            yield Batch(rows, self.sources[places], self.inputs(places, move(rows), retouch[rows]),
                        self._targets(rows, luck), self._weigh(rows))

    def still(self, frame: int = 0) -> Iterator[Batch]:
        """All rows in order, not augmented, in one of the `frames`; the last batch repeats its last row, see `filled`."""
        for places in filled(len(self.rows)):
            yield self.look(places, frame)

    def look(self, places: np.ndarray, frame: int = 0) -> Batch:
        """The faces at `places` in one of the `frames`, to be judged by their majority labels."""
        frames, untouched = np.tile(self.frames[frame], (len(places), 1, 1)), np.tile(NONE, (len(places), 1))
        return Batch(self.rows[places], self.sources[places], self.inputs(places, frames, untouched), self._truth(places))

    @functools.cached_property
    def frames(self) -> np.ndarray:
        """(v, 3, 3): the frames in which a face is looked at when it is not trained on."""
        return augment.frames(self.recipe.test_views, self.faces.images.shape[1], self.side)

    @property
    def side(self) -> int:
        """Pixels of the side of what the network sees."""
        size, frame = self.faces.images.shape[1], self.recipe.frame
        require(frame <= size, f"Recipe(frame={frame}): does not fit into images of {size} pixels")
        require(frame < size or self.recipe.test_views != "ten-crop", f"Recipe(test_views='ten-crop', frame={frame}): all "
                f"crops of images of {size} pixels are one; set a smaller frame, or take test_views='mirror'")
        return frame or size

    def _moves(self, epoch: int) -> Callable[[np.ndarray], np.ndarray]:
        """From rows (n,) to their affines (n, 3, 3) in an epoch: augmentation, then a crop at a place of its own."""
        size, draws, shape = self.faces.images.shape[1], self.draws(epoch), (len(self.faces), 2)
        room = size - self.side + 1
        offsets = generator(self.seed, "crop", epoch).integers(0, room, shape) if room > 1 else np.zeros(shape, int)

        def matrices(rows: np.ndarray) -> np.ndarray:
            crops = augment.shifted(offsets[rows])
            return crops if draws is None else crops @ self.recipe.augmentation.matrices(draws[rows], size)
        return matrices

    def _retouches(self, epoch: int) -> np.ndarray:
        """One row of numbers per face of the set."""
        if self.recipe.retouch is None:
            return np.broadcast_to(NONE, (len(self.faces), len(NONE)))
        return self.recipe.retouch.draw(generator(self.seed, "retouch", epoch), len(self.faces))

    def inputs(self, places: np.ndarray, matrices: np.ndarray, retouch: np.ndarray) -> dict[str, np.ndarray]:
        """`image` uint8, `affine` (n, 8), `retouch` (n, 6), `features` and `landmarks` (the view) of the faces at `places`."""
        rows, sources = self.rows[places], self.sources[places]
        inputs = {"image": self.faces.take("images", rows), "affine": augment.for_pixels(matrices), "retouch": retouch}
        if self.features is not None:
            inputs["features"] = self.features[rows]
        if self.drawn is not None:
            inputs["landmarks"] = self.drawn[places]
        elif self.view is not None:
            points = augment.move(self.faces.take("landmarks", sources).astype(np.float64), matrices)
            inputs["landmarks"] = self.view(points, self.faces.found[sources], self.side)
        return inputs

    def _truth(self, places: np.ndarray) -> np.ndarray:
        return np.eye(len(self.faces.classes), dtype=np.float32)[self.faces.labels[self.rows[places]]]

    def _targets(self, rows: np.ndarray, luck: np.ndarray | None) -> np.ndarray:
        """(n, classes) float32: what the recipe trains on; `luck` has one number in [0, 1) for every face of the set, where
        labels are drawn.
        """
        return labels.targets(self.recipe.labels, self.faces.labels[rows], self.faces.votes[rows],
                              None if luck is None else luck[rows], self.recipe.label_smoothing)

    def _weigh(self, rows: np.ndarray) -> np.ndarray | None:
        return self._class_weights[self.faces.labels[rows]] if self.recipe.class_weights == "balanced" else None

    @functools.cached_property
    def _class_weights(self) -> np.ndarray:
        return labels.weights(self.faces.labels[self.rows], len(self.faces.classes))

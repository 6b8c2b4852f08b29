"""What a wholly frozen backbone makes of the images of a face set: computed once, shared by arms, replicates and studies.

    features/<name>/features.npy    (n, features) float32, memory-mapped; `name` is that of face set, backbone up to its fully
                                    connected layers, weights, precision, and what decides the last bits
    features/<name>/meta.json       the SHA-256 of features.npy
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import disk
from mixedfer.errors import Damaged
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical, digest
from mixedfer.learning import backend, models
from mixedfer.learning.batches import filled
from mixedfer.study import Recipe


def trunk(recipe: Recipe) -> Any | None:
    """The part of the backbone that makes the same of an image in every epoch; None where it is trained or pixels change."""
    fixed = recipe.augmentation is None and recipe.retouch is None and not recipe.frame and recipe.test_views == "one"
    return getattr(recipe.backbone, "trunk", None) if fixed else None


class Features:
    """`values` (n, features), one row per face of the set, and the `model` that made them, for images that were changed."""

    def __init__(self, recipe: Recipe, faces: FaceSet, given: Mapping[str, np.ndarray], store: Path, maker: dict,
                 say: Callable[[str], None]):
        self.faces, self.say = faces, say
        self.model = models.trunk(recipe, faces.images.shape[1:], given)
        self.model.jit_compile = backend.xla()
        name = digest({"data": faces.content, "trunk": canonical(trunk(recipe)), "precision": recipe.precision, **maker})
        # Whoever comes second waits for the first, however long it takes.
        with disk.lock(store / "locks" / f"features-{name}", "the features of a frozen backbone", patience=math.inf):
            self.values = self._open(store / "features" / name)

    def of(self, images: np.ndarray) -> np.ndarray:
        """Images (n, size, size, channels) uint8 -> (n, features) float32."""
        return np.asarray(self.model.predict_on_batch({"image": images})).astype(np.float32)

    def _open(self, folder: Path) -> np.ndarray:
        if not _whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            self._compute(folder)
        return disk.read_array(folder / "features.npy", mmap=True)

    def _compute(self, folder: Path) -> None:
        count, width = len(self.faces), self.model.output.shape[1]
        self.say(f"the frozen backbone looks at {count} faces, once for all runs")
        with disk.new_folder(folder) as part:
            with open(part / "features.npy", "wb") as file:
                header = {"descr": "<f4", "fortran_order": False, "shape": (count, width)}
                np.lib.format.write_array_header_1_0(file, header)
                for rows in filled(count):
                    values = self.of(self.faces.take("images", rows))
                    file.write(values[:rows[-1] + 1 - rows[0]].astype("<f4").tobytes())
            disk.write_json(part / "meta.json", {"sha256": disk.hash_file(part / "features.npy")})


def _whole(folder: Path) -> bool:
    """Whether finished features are what they were when they were written."""
    try:
        noted = disk.read_json(folder / "meta.json")["sha256"]
        return disk.is_done(folder) and noted == disk.hash_file(folder / "features.npy")
    except (OSError, Damaged, KeyError, TypeError):
        return False

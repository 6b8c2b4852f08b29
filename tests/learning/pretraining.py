"""A small stand-in for ImageNet's VGG16: two blocks of a 1/16-wide one, as an archive, and the study that starts from it."""

import dataclasses

import numpy as np

from mixedfer import disk
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.weights.archive import Archive
from tests.tiny import STUDY

#: Tensor -> shape; `Vgg16(width=1 / 16, blocks=2)` has 4 and 8 maps.
SHAPES = {f"block{block}_conv{layer}": (before, after)
          for block, layer, before, after in ((1, 1, 3, 4), (1, 2, 4, 4), (2, 1, 4, 8), (2, 2, 8, 8))}


def archive(path):
    """Writes the file; returns its source."""
    rng = np.random.default_rng(7)
    arrays = {}
    for name, (before, after) in SHAPES.items():
        arrays[f"{name}/kernel"] = rng.normal(0, (2 / 9 / before) ** 0.5, (3, 3, before, after)).astype(np.float16)
        arrays[f"{name}/bias"] = rng.normal(0, 0.1, after).astype(np.float16)
    np.savez(path, **arrays)
    return Archive(sha256=disk.hash_file(path))


def study(weights, **changes):
    """The tiny study with all convolutions frozen and pixels that never change."""
    options = {"width": 1 / 16, "blocks": 2, "dense": (8,), "dropout": 0.0, "batch_normalisation": False, "frozen": 2}
    own = {name: changes.pop(name) for name in list(changes) if name in options}
    recipe = dataclasses.replace(STUDY.recipe, backbone=Vgg16(weights=weights, **{**options, **own}),
                                 **{"pixels": "raw", "augmentation": None, "epochs": 2, **changes})
    return dataclasses.replace(STUDY, recipe=recipe)

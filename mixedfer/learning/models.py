"""One recipe and one arm -> one Keras model: the only place where branches meet."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping

import keras
import numpy as np

from mixedfer.learning.layers import Centre, Layers, Move, Retouching, Standardise
from mixedfer.learning.retouch import NONE
from mixedfer.study import Arm, Recipe

SCALES = {"signed": (1 / 127.5, -1.0), "raw": (1.0, 0.0)}


def build(recipe: Recipe, arm: Arm, image: tuple[int, int, int], landmarks: tuple[int, ...] | None, classes: int, seed: int, *,
          mean: np.ndarray | None = None, given: Mapping[str, np.ndarray] | None = None, features: int = 0) -> keras.Model:
    """A model from the named inputs that the arm sees to (batch, classes) probabilities.

    `image` is (size, size, channels), `landmarks` the shape of one sample of the view that the arm has or is widened for,
    `mean` the image that is taken off each one where pixels are "centred", `given` the weights that the backbone starts from.
    Where a frozen backbone's `features` (so many of them) are known beforehand, they take the image's place.
    Layers that two arms have in common get equal names and, where their shapes agree, equal initial weights.
    """
    with _precision(recipe):
        make, inputs, branches = Layers(seed, given), [], []
        if arm.image and features:
            inputs.append(keras.Input((features,), dtype="float32", name="features"))
            branches.append(recipe.backbone.head(inputs[-1], make))
        elif arm.image:
            inputs, x = _image(recipe, image, mean)
            branches.append(recipe.backbone(x, classes, make))
        if arm.landmarks is not None:
            inputs.append(keras.Input(landmarks, dtype="float32", name="landmarks"))
            branches.append(recipe.landmark_branch(inputs[-1], classes, make))
        if arm.widened is not None:
            units = _units(recipe, branches[0].shape[-1], landmarks, classes)
            branches[0] = make.concatenate([branches[0], make.dense(branches[0], "widened", units)], "widened_joint")
        return keras.Model(inputs, recipe.fusion(branches, classes, make))


def trunk(recipe: Recipe, image: tuple[int, int, int], given: Mapping[str, np.ndarray]) -> keras.Model:
    """From `image` to the features (batch, features) that the frozen part of the recipe's backbone makes of it."""
    with _precision(recipe):
        inputs, x = _image(recipe, image, None)
        return keras.Model(inputs, recipe.backbone.trunk(x, 0, Layers(0, given)))


@contextlib.contextmanager
def _precision(recipe: Recipe) -> Iterator[None]:
    """Layers made inside have the recipe's precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def parameters(model: keras.Model) -> int:
    """How many numbers training can change; running averages are not among them."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def is_finite(model: keras.Model) -> bool:
    """Whether all weights are numbers. The loss may be one when they are not: pooling takes the largest of a window."""
    return all(np.isfinite(values).all() for values in model.get_weights())


def _image(recipe: Recipe, shape: tuple[int, int, int], mean: np.ndarray | None) -> tuple[list, keras.KerasTensor]:
    """The inputs of the image branch, and the pixels as it takes them, retouched and moved as each sample's numbers say."""
    inputs = [x := keras.Input(shape, dtype="uint8", name="image")]
    if recipe.retouch is not None:
        inputs.append(keras.Input((len(NONE),), dtype="float32", name="retouch"))
        x = Retouching(name="retouching")(x, inputs[-1])
    x = _pixels(recipe.pixels, mean)(x)
    if recipe.augmentation is not None or recipe.frame or recipe.test_views != "one":
        inputs.append(keras.Input((8,), dtype="float32", name="affine"))
        x = Move(recipe.frame or shape[0], name="move")(x, inputs[-1])
    return inputs, x


def _pixels(kind: str, mean: np.ndarray | None) -> keras.layers.Layer:
    """From 0..255 to what the backbone takes."""
    if kind == "standardised":
        return Standardise(name="pixels")
    if kind == "centred":
        return Centre(mean, name="pixels")
    scale, offset = SCALES[kind]
    return keras.layers.Rescaling(scale, offset, dtype="float32", name="pixels")


def _units(recipe: Recipe, features: int, landmarks: tuple[int, ...], classes: int) -> int:
    """How many extra units beside the backbone's `features` cost what a landmark branch costs, joining included."""
    def cost(units: int = 0, branch: bool = False) -> int:
        make, image, points = Layers(0), keras.Input((features,)), keras.Input(landmarks)
        wide = make.concatenate([image, make.dense(image, "widened", units)], "widened_joint") if units else image
        parts = [wide, *([recipe.landmark_branch(points, classes, make)] if branch else [])]
        return parameters(keras.Model([image, points], recipe.fusion(parts, classes, make)))

    return max(1, round((cost(branch=True) - cost()) / (cost(units=2) - cost(units=1))))

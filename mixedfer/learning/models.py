"""One recipe and one arm -> one Keras model: the only place where branches meet."""

from __future__ import annotations

import math

import keras
import numpy as np

from mixedfer.learning.layers import Centre, Layers, Move, Retouching, Standardise
from mixedfer.learning.retouch import NONE
from mixedfer.study import Arm, Recipe

SCALES = {"signed": (1 / 127.5, -1.0), "raw": (1.0, 0.0)}


def build(recipe: Recipe, arm: Arm, image: tuple[int, int, int], landmarks: tuple[int, ...] | None, classes: int,
          seed: int, mean: np.ndarray | None = None) -> keras.Model:
    """A model from the named inputs that the arm sees to (batch, classes) probabilities.

    `image` is (size, size, channels), `landmarks` the shape of one sample of the view that the arm has or is widened for,
    `mean` the image that is taken off each one where pixels are "centred".
    Layers that two arms have in common get equal names and, where their shapes agree, equal initial weights.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.precision)
    try:
        make, inputs, features = Layers(seed), [], []
        if arm.image:
            inputs, x = _image(recipe, image, mean)
            features.append(recipe.backbone(x, classes, make))
        if arm.landmarks is not None:
            inputs.append(keras.Input(landmarks, dtype="float32", name="landmarks"))
            features.append(recipe.landmark_branch(inputs[-1], classes, make))
        if arm.widened is not None:
            units = _units(recipe, features[0].shape[-1], landmarks, classes)
            features[0] = make.concatenate([features[0], make.dense(features[0], "widened", units)], "widened_joint")
        return keras.Model(inputs, recipe.fusion(features, classes, make))
    finally:
        keras.config.set_dtype_policy(before)


def parameters(model: keras.Model) -> int:
    """How many numbers training can change; running averages are not among them."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


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

"""One recipe and one arm -> one Keras model: the only place where branches meet."""

from __future__ import annotations

import keras

from mixedfer.learning.layers import Layers, Move, Pixels
from mixedfer.study import Arm, Recipe


def build(recipe: Recipe, arm: Arm, image: tuple[int, int, int], landmarks: tuple[int, ...] | None, classes: int,
          seed: int) -> keras.Model:
    """A model from the named inputs that the arm sees to (batch, classes) probabilities.

    `image` is (size, size, channels), `landmarks` the shape of one sample's view. Layers that two arms have in common
    get equal names and, where their shapes agree, equal initial weights.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.precision)
    try:
        make, inputs, features = Layers(seed), [], []
        if arm.image:
            x = _image(recipe, image, inputs)
            features.append(recipe.backbone(x, classes, make))
        if arm.landmarks is not None:
            inputs.append(keras.Input(landmarks, dtype="float32", name="landmarks"))
            features.append(recipe.landmark_branch(inputs[-1], classes, make))
        return keras.Model(inputs, recipe.fusion(features, classes, make))
    finally:
        keras.config.set_dtype_policy(before)


def _image(recipe: Recipe, shape: tuple[int, int, int], inputs: list):
    inputs.append(keras.Input(shape, dtype="uint8", name="image"))
    x = Pixels(recipe.pixels, name="pixels")(inputs[-1])
    if recipe.augmentation is None:
        return x
    inputs.append(keras.Input((8,), dtype="float32", name="affine"))
    return Move(name="move")(x, inputs[-1])

"""The last layer of a bundle's network, which answers: found, widened for further classes, and trained before the others."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from mixedfer.errors import BadInput
from mixedfer.seeds import derive


def head(model: keras.Model) -> keras.layers.Dense:
    """The dense layer whose units are the classes. Raises BadInput for a network that ends in another way."""
    made = {id(layer.output): layer for layer in model.layers if not isinstance(layer.output, list)}
    tensor = model.outputs[0]
    while layer := made.get(id(tensor)):
        if layer.weights or isinstance(layer.input, list):
            break
        tensor = layer.input
    if not isinstance(layer, keras.layers.Dense) or layer.units != model.outputs[0].shape[-1]:
        raise BadInput("its network does not end in a dense layer with one unit per class, so there is no head to train",
                       remedy="Fine-tune a bundle whose branches are joined by Features, Gated or Probabilities.")
    return layer


def grown(model: keras.Model, classes: int) -> keras.Model:
    """The same network with `classes` answers: the first ones keep their weights, further ones start at zero."""
    last = head(model)
    more = classes - last.units
    wider = _copied(model, lambda name, config: {"units": classes} if name == last.name else {})
    for old, new in zip(model.layers, wider.layers, strict=True):
        values = old.get_weights()
        if old is last:
            values = [np.pad(value, [(0, 0)] * (value.ndim - 1) + [(0, more)]) for value in values]
        new.set_weights(values)
    return wider


def learner(model: keras.Model, seed: int) -> keras.Model:
    """A copy to train, whose dropout masks depend on `seed` and the layer's name alone."""
    copy = _copied(model, lambda name, config: {"seed": derive(seed, "layer", name) % 2**31} if "rate" in config else {})
    take(copy, model)
    return copy


def take(model: keras.Model, other: keras.Model) -> None:
    """Give a model the weights of another one of its kind."""
    for layer, same in zip(model.layers, other.layers, strict=True):
        layer.set_weights(same.get_weights())


def free(model: keras.Model, given: keras.Model, whole: bool) -> None:
    """Let the last layer learn, or the `whole` of what learns in the `given` network too, but for batch normalisation: its
    averages over thousands of faces are better than those over a few.
    """
    last = head(model)
    for layer, same in zip(model.layers, given.layers, strict=True):
        fixed = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = layer is last or (whole and same.trainable and not fixed)


def _copied(model: keras.Model, change: Callable[[str, dict], dict]) -> keras.Model:
    """A network like this one, with new weights; `change(name, config)` says what is another in a layer's configuration."""
    described = model.get_config()
    for layer in described["layers"]:
        layer["config"] |= change(layer["name"], layer["config"])
    return type(model).from_config(described)

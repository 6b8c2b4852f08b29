"""Keras layers whose random numbers depend on the cell's seed and the layer's own name, on nothing else.

Keras draws unseeded initialisers and dropout masks in the order in which layers are made, so that a second branch would
change the first. Here two arms give equal weights to every layer that they share.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from mixedfer.errors import BadInput, nearest
from mixedfer.learning import backend
from mixedfer.seeds import derive

#: Of batch normalisation's running averages. Keras' own 0.99 looks back over hundreds of steps, more than a short run has.
MOMENTUM = 0.9


class Exact(keras.layers.Layer):
    """Computes in float32, whatever the precision of the others: it takes pixels of 0..255."""

    def __init__(self, dtype="float32", **options):
        super().__init__(dtype=dtype, **options)


@keras.saving.register_keras_serializable("mixedfer")
class Move(Exact):
    """Applies each sample's affine to its image, bilinearly; beyond the edge the edge's pixels are repeated.

    What is seen is the frame of `side` pixels at the top left of the result.
    """

    def __init__(self, side: int, **options):
        super().__init__(**options)
        self.side = side

    def call(self, image, affine):
        moved = keras.ops.image.affine_transform(image, affine, interpolation="bilinear", fill_mode="nearest")
        return moved[:, :self.side, :self.side]

    def get_config(self):
        return {**super().get_config(), "side": self.side}


@keras.saving.register_keras_serializable("mixedfer")
class Retouching(Exact):
    """Applies each sample's numbers (see `retouch.NONE`) to its image of 0..255."""

    def call(self, image, numbers):
        image = keras.ops.cast(image, "float32")
        mean = keras.ops.mean(image, axis=(1, 2), keepdims=True)
        contrast, brightness, left, top, right, bottom = (numbers[:, at, None, None] for at in range(6))
        place = (keras.ops.arange(image.shape[1], dtype="float32") + 0.5) / image.shape[1]
        inside = ((place > left) & (place < right)) & ((place[:, None] > top) & (place[:, None] < bottom))
        changed = mean + contrast[..., None] * (image - mean) + 255 * brightness[..., None]
        return keras.ops.clip(keras.ops.where(inside[..., None], mean, changed), 0, 255)


@keras.saving.register_keras_serializable("mixedfer")
class Standardise(Exact):
    """Each image to mean 0 and variance 1; an image of one colour to 0."""

    def call(self, image):
        image = keras.ops.cast(image, "float32")
        mean, variance = keras.ops.moments(image, axes=(1, 2, 3), keepdims=True)
        return (image - mean) / keras.ops.maximum(keras.ops.sqrt(variance), 1.0)


@keras.saving.register_keras_serializable("mixedfer")
class Centre(Exact):
    """Less the `mean` image (size, size, channels) of 0..255, to about -1..1. A saved model has it among its weights."""

    def __init__(self, mean=None, **options):
        super().__init__(**options)
        self._given = mean

    def build(self, shape):
        start = "zeros" if self._given is None else lambda *_, **__: keras.ops.convert_to_tensor(self._given, "float32")
        self.mean = self.add_weight(shape=shape[1:], initializer=start, trainable=False, name="mean")

    def call(self, image):
        return (keras.ops.cast(image, "float32") - self.mean) / 127.5

    def get_config(self):
        return super().get_config()  # all of it: Keras' own way also asks for the mean


@keras.saving.register_keras_serializable("mixedfer")
class Preprocess(Exact):
    """Pixels of 0..255 as a network trained on ImageNet takes them; gray becomes three channels. `kind` is Keras' "mode"."""

    def __init__(self, kind: str, **options):
        super().__init__(**options)
        self.kind = kind

    def call(self, image):
        colour = keras.ops.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image
        return keras.applications.imagenet_utils.preprocess_input(colour, data_format="channels_last", mode=self.kind)

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}


@keras.saving.register_keras_serializable("mixedfer")
class Given(keras.initializers.Initializer):
    """Gives the tensor at `path` of weights that are given; zeros in a saved model, which has weights of its own.

    Raises BadInput where there is no such tensor, or one of another shape.
    """

    def __init__(self, path: str, given: Mapping[str, np.ndarray] | None = None):
        self.path, self.given = path, given

    def __call__(self, shape, dtype=None, **_):
        if self.given is None:
            return keras.ops.zeros(shape, dtype)
        if self.path not in self.given:
            raise BadInput(f"the given weights have no {self.path!r}", remedy=nearest(self.path, self.given))
        tensor = self.given[self.path]
        if tensor.shape != tuple(shape):
            raise BadInput(f"{self.path} is {list(tensor.shape)} in the given weights, {list(shape)} in the backbone",
                           remedy="Give the backbone the sizes of the network whose weights these are.")
        return keras.ops.convert_to_tensor(tensor, dtype)

    def get_config(self):
        return {"path": self.path}


@keras.saving.register_keras_serializable("mixedfer")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' own, which is many small operations; maps are normalised in one while training, where the backend has one."""

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable and len(inputs.shape) == 4 and self.scale and self.center and backend.normalises()):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = backend.normalise(inputs, self.gamma, self.beta, self.epsilon)
        for running, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + value * (1 - self.momentum))
        return outputs


class Layers:
    """Makes and applies named layers; branches get one and need not import Keras themselves.

    `given` are the weights that some start from, by layer and tensor ("block1_conv1/kernel").
    """

    def __init__(self, seed: int, given: Mapping[str, np.ndarray] | None = None):
        self.seed, self.given = seed, given or {}

    def _seed(self, name: str) -> int:
        return derive(self.seed, "layer", name) % 2**31

    def _initializer(self, kind: str, name: str):
        return keras.initializers.get({"class_name": kind, "config": {"seed": self._seed(name)}})

    def preprocess(self, x, name: str, kind: str):
        """Pixels of 0..255 as the network took them whose weights are given."""
        return Preprocess(kind, name=name)(x)

    def conv(self, x, name: str, filters: int, *, size: int = 3, step: int = 1, activation: str | None = "relu",
             batch_normalisation: bool = False, initializer: str = "he_normal", given: bool = False, frozen: bool = False):
        """A convolution whose output is as high and wide as its input, divided by `step`.

        With `given` it starts from the weights that are given, else from its seed; if `frozen` it is not trained.
        """
        kernel = Given(f"{name}/kernel", self.given) if given else self._initializer(initializer, name)
        layer = keras.layers.Conv2D(filters, size, step, padding="same", use_bias=not batch_normalisation, name=name,
                                    kernel_initializer=kernel, trainable=not frozen,
                                    bias_initializer=Given(f"{name}/bias", self.given) if given else "zeros")
        return self._finish(layer(x), name, activation, batch_normalisation)

    def dense(self, x, name: str, units: int, *, activation: str | None = "relu", batch_normalisation: bool = False,
              initializer: str = "he_normal"):
        """A fully connected layer on the last axis."""
        layer = keras.layers.Dense(units, use_bias=not batch_normalisation, name=name,
                                   kernel_initializer=self._initializer(initializer, name))
        return self._finish(layer(x), name, activation, batch_normalisation)

    def _finish(self, x, name: str, activation: str | None, batch_normalisation: bool):
        if batch_normalisation:
            x = BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)
        return keras.layers.Activation(activation, name=f"{name}_{activation}")(x) if activation else x

    def standardise(self, x, name: str):
        """Mean 0 and variance 1 for every feature, over the batch in training and over running averages after it."""
        return keras.layers.BatchNormalization(momentum=MOMENTUM, center=False, scale=False, name=name)(x)

    def classify(self, x, name: str, classes: int):
        """A dense layer and softmax: (batch, classes) float32 probabilities."""
        return self.softmax(self.dense(x, name, classes, activation=None, initializer="glorot_uniform"), f"{name}_softmax")

    def softmax(self, x, name: str):
        """Probabilities over the last axis, always in float32."""
        return keras.layers.Softmax(dtype="float32", name=name)(x)

    def pool(self, x, name: str, size: int = 2, kind: str = "max"):
        """The "max" or "mean" of windows of `size` in steps of 2; windows larger than that reach over the edge."""
        layer = keras.layers.MaxPooling2D if kind == "max" else keras.layers.AveragePooling2D
        return layer(size, 2, padding="valid" if size == 2 else "same", name=name)(x)

    def average(self, x, name: str):
        """The mean of every feature map."""
        return keras.layers.GlobalAveragePooling2D(name=name)(x)

    def add(self, tensors: list, name: str):
        return keras.layers.Add(name=name)(tensors)

    def relu(self, x, name: str):
        return keras.layers.Activation("relu", name=name)(x)

    def flatten(self, x, name: str):
        return keras.layers.Flatten(name=name)(x)

    def dropout(self, x, name: str, rate: float):
        """Dropout with a mask stream of its own; nothing at rate 0."""
        return keras.layers.Dropout(rate, seed=self._seed(name), name=name)(x) if rate else x

    def concatenate(self, tensors: list, name: str):
        return keras.layers.Concatenate(name=name)(tensors) if len(tensors) > 1 else tensors[0]

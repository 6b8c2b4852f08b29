"""Keras layers whose random numbers depend on the cell's seed and the layer's own name, on nothing else.

Keras draws unseeded initialisers and dropout masks in the order in which layers are made, so that a second branch would
change the first. Here two arms give equal weights to every layer that they share.
"""

from __future__ import annotations

import keras

from mixedfer.seeds import derive

#: Of batch normalisation's running averages. Keras' own 0.99 looks back over hundreds of steps, more than a short run has.
MOMENTUM = 0.9


class Move(keras.layers.Layer):
    """Applies each sample's affine to its image, bilinearly; beyond the edge the edge's pixels are repeated."""

    def __init__(self, **options):
        super().__init__(dtype="float32", **options)

    def call(self, image, affine):
        return keras.ops.image.affine_transform(image, affine, interpolation="bilinear", fill_mode="nearest")


class Standardise(keras.layers.Layer):
    """Each image to mean 0 and variance 1; an image of one colour to 0."""

    def __init__(self, **options):
        super().__init__(dtype="float32", **options)

    def call(self, image):
        image = keras.ops.cast(image, "float32")
        mean, variance = keras.ops.moments(image, axes=(1, 2, 3), keepdims=True)
        return (image - mean) / keras.ops.maximum(keras.ops.sqrt(variance), 1.0)


class Centre(keras.layers.Layer):
    """Less the `mean` image (size, size, channels) of 0..255, to about -1..1."""

    def __init__(self, mean=None, **options):
        super().__init__(dtype="float32", **options)
        self._given = mean

    def build(self, shape):
        start = "zeros" if self._given is None else lambda *_, **__: keras.ops.convert_to_tensor(self._given, "float32")
        self.mean = self.add_weight(shape=shape[1:], initializer=start, trainable=False, name="mean")

    def call(self, image):
        return (keras.ops.cast(image, "float32") - self.mean) / 127.5


class Layers:
    """Makes and applies named layers; branches get one and need not import Keras themselves."""

    def __init__(self, seed: int):
        self.seed = seed

    def _seed(self, name: str) -> int:
        return derive(self.seed, "layer", name) % 2**31

    def _initializer(self, kind: str, name: str):
        return keras.initializers.get({"class_name": kind, "config": {"seed": self._seed(name)}})

    def conv(self, x, name: str, filters: int, *, activation: str | None = "relu",
             batch_normalisation: bool = False, initializer: str = "he_normal"):
        """A 3x3 convolution that keeps height and width."""
        layer = keras.layers.Conv2D(filters, 3, padding="same", use_bias=not batch_normalisation, name=name,
                                    kernel_initializer=self._initializer(initializer, name))
        return self._finish(layer(x), name, activation, batch_normalisation)

    def dense(self, x, name: str, units: int, *, activation: str | None = "relu", batch_normalisation: bool = False,
              initializer: str = "he_normal"):
        """A fully connected layer on the last axis."""
        layer = keras.layers.Dense(units, use_bias=not batch_normalisation, name=name,
                                   kernel_initializer=self._initializer(initializer, name))
        return self._finish(layer(x), name, activation, batch_normalisation)

    def _finish(self, x, name: str, activation: str | None, batch_normalisation: bool):
        if batch_normalisation:
            x = keras.layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)
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

    def pool(self, x, name: str):
        """2x2 max pooling."""
        return keras.layers.MaxPooling2D(2, name=name)(x)

    def flatten(self, x, name: str):
        return keras.layers.Flatten(name=name)(x)

    def dropout(self, x, name: str, rate: float):
        """Dropout with a mask stream of its own; nothing at rate 0."""
        return keras.layers.Dropout(rate, seed=self._seed(name), name=name)(x) if rate else x

    def concatenate(self, tensors: list, name: str):
        return keras.layers.Concatenate(name=name)(tensors) if len(tensors) > 1 else tensors[0]

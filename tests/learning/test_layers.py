"""Layers of our own that have a counterpart in Keras."""

import numpy as np
import pytest


@pytest.mark.parametrize("channels", [7, 16])
@pytest.mark.parametrize(("precision", "near"), [("float32", 1e-5), ("mixed_bfloat16", 0.02), ("mixed_float16", 0.003)])
def test_batch_normalisation_is_keras_own_but_for_the_last_bits(keras_ready, precision, near, channels):
    import keras
    import tensorflow as tf

    from mixedfer.learning.layers import MOMENTUM, BatchNormalization

    draw = np.random.default_rng(3)
    maps, weights = (tf.constant(3 * draw.standard_normal((4, 5, 6, channels)) + 2, "float32") for _ in range(2))
    scale, offset = draw.uniform(0.5, 2, channels), draw.standard_normal(channels)

    def through(kind):
        layer = kind(momentum=MOMENTUM, dtype=precision)
        layer.build(maps.shape)
        layer.gamma.assign(scale)
        layer.beta.assign(offset)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            outputs = layer(maps, training=True)
            loss = tf.reduce_sum(weights * tf.cast(outputs, "float32"))
        gradients = tape.gradient(loss, [maps, layer.gamma.value, layer.beta.value])
        found = [outputs, *gradients, layer.moving_mean, layer.moving_variance]
        seen = layer(maps)
        layer.trainable = False
        return [np.asarray(tf.cast(value, "float32")) for value in (*found, seen, layer(maps, training=True))]

    own, other = through(BatchNormalization), through(keras.layers.BatchNormalization)
    for one, two in zip(own, other, strict=True):
        assert np.abs(one - two).max() <= near * max(1, np.abs(two).max())
    assert not np.array_equal(own[0], own[-1]) and np.array_equal(own[-1], own[-2])


def test_maps_are_normalised_in_one_operation_while_training_and_only_then(keras_ready):
    """Of a batch whose size is not known beforehand."""
    import tensorflow as tf

    from mixedfer.learning.layers import BatchNormalization

    layer = BatchNormalization()
    layer.build((None, 5, 6, 7))

    def is_one(training):
        traced = tf.function(lambda maps: layer(maps, training=training))
        graph = traced.get_concrete_function(tf.TensorSpec((None, 5, 6, 7))).graph
        return "FusedBatchNormV3" in {operation.type for operation in graph.get_operations()}

    assert is_one(training=True) and not is_one(training=False)
    layer.trainable = False
    assert not is_one(training=True)

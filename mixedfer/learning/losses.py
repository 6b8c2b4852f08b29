"""What training makes small; see `labels` for the targets."""

from __future__ import annotations

import keras


class MultiTarget(keras.losses.Loss):
    """-log of the largest product of a target and its probability: it is enough to be right about one of the emotions."""

    def call(self, y_true, y_pred):
        best = keras.ops.max(y_true * y_pred, axis=-1)
        return -keras.ops.log(keras.ops.maximum(best, keras.config.epsilon()))


def of(mode: str) -> keras.losses.Loss:
    """The loss of a label mode."""
    return MultiTarget() if mode == "multi-target" else keras.losses.CategoricalCrossentropy()

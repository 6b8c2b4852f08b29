"""Two training steps of the tiny mixed network from given weights, on given batches: what every backend must agree on.

    KERAS_BACKEND=jax python -m tests.steps OUT.npz [CORES]

`CORES` is how many processor cores the process may use; without it, all.
"""

import dataclasses
import os
import sys

import numpy as np

from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.fusions.features import Features
from mixedfer.seeds import generator
from tests.tiny import STUDY

#: Without dropout, whose masks each backend draws in its own way, and with plain gradients, which Adam would divide by.
RECIPE = dataclasses.replace(STUDY.recipe, backbone=Vgg16(width=0.0625, blocks=2, dense=(8,), dropout=0.0),
                             fusion=Features(units=(16,), dropout=0.0), optimizer="sgd", weight_decay=1e-3, clip_norm=1.0,
                             average=0.9)
STEPS = 2


def take() -> dict[str, np.ndarray]:
    """The weights, their moving average, losses and answers after the steps, and a sum that is long enough to be divided."""
    import keras

    from mixedfer.learning import losses, models, optimizers

    model = models.build(RECIPE, STUDY.arms[1], (32, 32, 1), (68, 2), 2, seed=3)
    for variable in model.trainable_variables:
        if len(variable.shape) > 1:
            spread = (2 / np.prod(variable.shape[:-1])) ** 0.5
            variable.assign(spread * generator(variable.path).standard_normal(variable.shape))
    model.compile(optimizers.of(RECIPE, model.trainable_variables, []), losses.of(RECIPE.labels), metrics=["accuracy"])
    found = {"loss": np.array([model.train_on_batch(*batch(step))[0] for step in range(STEPS)])}
    found |= {variable.path: np.asarray(variable.numpy()) for variable in model.variables}
    model.optimizer.finalize_variable_values(model.trainable_variables)
    found |= {f"average/{variable.path}": np.asarray(variable.numpy()) for variable in model.trainable_variables}
    found["answers"] = np.asarray(model.predict_on_batch(batch(0)[0]))
    found["sum"] = np.asarray(keras.ops.convert_to_numpy(keras.ops.sum(generator("sum").random(2**20, dtype=np.float32))))
    return found


def batch(step: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Eight faces of noise, each turned and moved, and their targets."""
    draw = generator("batch", step)
    turn = np.float32([[0.95, 0.1, -1.5, -0.1, 0.95, 2.25, 0, 0]]) + 0.02 * draw.standard_normal((8, 8)).astype(np.float32)
    turn[:, 6:] = 0
    inputs = {"image": draw.integers(0, 256, (8, 32, 32, 1), np.uint8), "affine": turn,
              "landmarks": draw.random((8, 68, 2), np.float32)}
    return inputs, np.eye(2, dtype=np.float32)[draw.integers(0, 2, 8)]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[2])])
    from mixedfer.learning import backend

    backend.quiet()
    backend.setup(1)
    np.savez(sys.argv[1], **take())

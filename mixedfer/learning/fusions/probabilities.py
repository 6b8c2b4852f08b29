"""Joining by probabilities, as in the original study."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Probabilities(Checked):
    """The original joint head: a softmax on each branch; if there are two, concatenate them, Dense(68), softmax.

    The original's branches end in one number per class. A branch that does not gets a dense layer that does.

    >>> Probabilities().units
    68
    """

    RANGES = {"units": (1, 10**6)}
    units: int = 68

    def __call__(self, features: list, classes: int, make):
        outputs = [make.softmax(self._scores(x, classes, index, make), f"branch{index}_softmax")
                   for index, x in enumerate(features, 1)]
        if len(outputs) == 1:
            return outputs[0]
        x = make.concatenate(outputs, "joint")
        x = make.dense(x, "joint_fc1", self.units, initializer="glorot_uniform")
        return make.classify(x, "classes", classes)

    def _scores(self, x, classes: int, index: int, make):
        if x.shape[-1] == classes:
            return x
        return make.dense(x, f"branch{index}_classes", classes, activation=None, initializer="glorot_uniform")

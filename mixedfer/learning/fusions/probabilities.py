"""Joining by probabilities, as in the original study."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Probabilities(Checked):
    """The original joint head: a softmax on each branch; if there are two, concatenate them, Dense(68), softmax."""

    units: int = 68

    def __call__(self, features: list, classes: int, make):
        outputs = [make.softmax(x, f"branch{index}_softmax") for index, x in enumerate(features, 1)]
        if len(outputs) == 1:
            return outputs[0]
        x = make.concatenate(outputs, "joint")
        x = make.dense(x, "joint_fc1", self.units, initializer="glorot_uniform")
        return make.classify(x, "classes", classes)

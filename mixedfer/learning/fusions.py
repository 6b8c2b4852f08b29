"""How branches join. Called as `fusion(features, classes, make) -> probabilities`, with one tensor per branch of the arm."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.study import Checked


@dataclass(frozen=True, kw_only=True)
class Features(Checked):
    """Concatenate the branches' features, then dense layers and softmax. An arm with one branch has the same layers."""

    RANGES = {"dropout": (0, 0.99)}
    units: tuple[int, ...] = (256, 128)
    dropout: float = 0.0

    def __call__(self, features: list, classes: int, make):
        x = make.concatenate(features, "joint")
        for index, units in enumerate(self.units, 1):
            x = make.dense(x, f"joint_fc{index}", units)
            x = make.dropout(x, f"joint_fc{index}_dropout", self.dropout)
        return make.classify(x, "classes", classes)


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

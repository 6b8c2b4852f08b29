"""Joining by features, the usual way."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


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

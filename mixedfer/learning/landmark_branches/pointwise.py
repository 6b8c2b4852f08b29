"""The original landmark branch."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Pointwise(Checked):
    """The original landmark branch: a dense layer on each point, flatten, one unit per class; 280 parameters for two."""

    def __call__(self, x, classes: int, make):
        x = make.dense(x, "landmarks_point", classes, initializer="glorot_uniform")
        x = make.flatten(x, "landmarks_flatten")
        return make.dense(x, "landmarks_classes", classes, activation=None, initializer="glorot_uniform")

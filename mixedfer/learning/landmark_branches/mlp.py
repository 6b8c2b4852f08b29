"""Fully connected layers on all coordinates."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Mlp(Checked):
    """Flatten, then fully connected layers with ReLU, each optionally normalised and followed by dropout.

    With `standardise` every coordinate is first brought to mean 0 and variance 1 over the batch: expressions move points by
    hundredths of the distance at which they lie.
    """

    RANGES = {"dropout": (0, 0.99)}
    units: tuple[int, ...] = (128, 64)
    standardise: bool = True
    batch_normalisation: bool = False
    dropout: float = 0.0

    def __call__(self, x, classes: int, make):
        x = make.flatten(x, "landmarks_flatten")
        x = make.standardise(x, "landmarks_standardise") if self.standardise else x
        for index, units in enumerate(self.units, 1):
            x = make.dense(x, f"landmarks_fc{index}", units, batch_normalisation=self.batch_normalisation)
            x = make.dropout(x, f"landmarks_fc{index}_dropout", self.dropout)
        return x

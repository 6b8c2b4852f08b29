"""A network of the kind with which Kim et al. (KAIST) won EmotiW 2015: "Hierarchical Committee of Deep Convolutional Neural
Networks for Robust Facial Expression Recognition", Journal on Multimodal User Interfaces 10, 2016.

Convolutions 5x5, 4x4 and 5x5 with batch normalisation, each followed by 3x3 pooling in steps of 2 (the largest value, then
twice the mean), and fully connected layers. Made for crops of 42x42 pixels (`Recipe.frame`).
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Kaist(Checked):
    """Three convolutions and `dense` layers, with dropout after the last; `width` scales the convolutions."""

    RANGES = {"width": (1 / 64, 8), "dropout": (0, 0.99)}
    width: float = 1.0
    dense: tuple[int, ...] = (2048, 1024)
    dropout: float = 0.4

    def __call__(self, x, classes: int, make):
        for block, (filters, size, kind) in enumerate(((32, 5, "max"), (32, 4, "mean"), (64, 5, "mean")), 1):
            x = make.conv(x, f"block{block}_conv1", max(1, round(filters * self.width)), size=size, batch_normalisation=True)
            x = make.pool(x, f"block{block}_pool", size=3, kind=kind)
        x = make.flatten(x, "image_flatten")
        for index, units in enumerate(self.dense, 1):
            x = make.dense(x, f"fc{index}", units)
        return make.dropout(x, f"fc{len(self.dense)}_dropout", self.dropout)

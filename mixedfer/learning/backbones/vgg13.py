"""The VGG13 of FER+: Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016 (arXiv:1608.01041), figure 3; sizes as in the authors' program. Made for 64x64 gray images.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked

BLOCKS = ((64, 2), (128, 2), (256, 3), (256, 3))


@dataclass(frozen=True, kw_only=True)
class Vgg13(Checked):
    """Ten 3x3 convolutions in four blocks, each ending in 2x2 max pooling and dropout, then fully connected layers.

    `width` scales the convolutions. With the fusion `Features(units=())` the image-only arm is the paper's network.
    """

    RANGES = {"width": (1 / 64, 8), "block_dropout": (0, 0.99), "dropout": (0, 0.99)}
    width: float = 1.0
    dense: tuple[int, ...] = (1024, 1024)
    block_dropout: float = 0.25
    dropout: float = 0.5

    def __call__(self, x, classes: int, make):
        for block, (filters, depth) in enumerate(BLOCKS, 1):
            for layer in range(1, depth + 1):
                x = make.conv(x, f"block{block}_conv{layer}", max(1, round(filters * self.width)), initializer="glorot_uniform")
            x = make.dropout(make.pool(x, f"block{block}_pool"), f"block{block}_dropout", self.block_dropout)
        x = make.flatten(x, "image_flatten")
        for index, units in enumerate(self.dense, 1):
            x = make.dense(x, f"fc{index}", units, initializer="glorot_uniform")
            x = make.dropout(x, f"fc{index}_dropout", self.dropout)
        return x

"""The network of Gudi, "Recognizing Semantic Features in Faces using Deep Learning", 2015 (arXiv:1512.00743).

Convolutions 5x5, 5x5 and 4x4, the first two followed by 3x3 max pooling in steps of 2, then one wide layer. For 48x48 gray.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Gudi(Checked):
    """Three convolutions and a fully connected layer; `width` scales them all. Windows at the edge are filled with zeros."""

    RANGES = {"width": (1 / 64, 8), "dropout": (0, 0.99)}
    width: float = 1.0
    dropout: float = 0.3

    def __call__(self, x, classes: int, make):
        first, second, third, dense = (max(1, round(units * self.width)) for units in (64, 64, 128, 3072))
        x = make.conv(x, "block1_conv1", first, size=5)
        x = make.pool(x, "block1_pool", size=3)
        x = make.conv(x, "block2_conv1", second, size=5)
        x = make.pool(x, "block2_pool", size=3)
        x = make.conv(x, "block3_conv1", third, size=4)
        x = make.dropout(x, "block3_dropout", self.dropout)
        return make.dense(make.flatten(x, "image_flatten"), "fc1", dense)

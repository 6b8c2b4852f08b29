"""VGG16, configuration D of Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015 (arXiv:1409.1556).

Thirteen 3x3 convolutions in five blocks, each block ending in 2x2 max pooling, then fully connected layers.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mixedfer.checked import Checked, Weights, require

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


@dataclass(frozen=True, kw_only=True)
class Vgg16(Checked):
    """`width` scales every convolution, `blocks` keeps the first ones, `dense` are the fully connected layers.

    The paper's network has `width=1, blocks=5, batch_normalisation=False, dropout=0.5, dense=(4096, 4096)`.
    With batch normalisation the convolutions carry no bias, which it would cancel.

    The convolutions start from `weights` (see `mixedfer.learning.weights`), where there are any, and the first `frozen` blocks
    keep them. The weights' own preprocessing is applied to pixels of 0..255 (`Recipe(pixels="raw")`).
    """

    RANGES = {"width": (1 / 64, 8), "blocks": (1, 5), "dropout": (0, 0.99), "frozen": (0, 5)}
    width: float = 1.0
    blocks: int = 5
    batch_normalisation: bool = True
    dense: tuple[int, ...] = (512,)
    dropout: float = 0.5
    weights: Weights | None = None
    frozen: int = 0

    def __post_init__(self):
        super().__post_init__()
        require(self.weights is None or not self.batch_normalisation, "Vgg16(weights=..., batch_normalisation=True): VGG16 was "
                "trained without it, and its biases would have no place; set batch_normalisation=False")
        require(self.weights is not None or not self.frozen,
                f"Vgg16(frozen={self.frozen}): blocks that were never trained cannot be frozen; give weights")
        require(self.frozen <= self.blocks, f"Vgg16(frozen={self.frozen}, blocks={self.blocks}): expected no more")

    @property
    def trunk(self) -> Vgg16 | None:
        """What comes before the fully connected layers, if all of it is frozen."""
        return dataclasses.replace(self, dense=(), dropout=0.0) if self.frozen == self.blocks else None

    def __call__(self, x, classes: int, make):
        if self.weights is not None:
            x = make.preprocess(x, "preprocessing", self.weights.preprocessing)
        for block, (filters, depth) in enumerate(BLOCKS[:self.blocks], 1):
            for layer in range(1, depth + 1):
                x = make.conv(x, f"block{block}_conv{layer}", max(1, round(filters * self.width)),
                              batch_normalisation=self.batch_normalisation, given=self.weights is not None,
                              frozen=block <= self.frozen)
            x = make.pool(x, f"block{block}_pool")
        return self.head(make.flatten(x, "image_flatten"), make)

    def head(self, x, make):
        """From the features of the `trunk` to those of the whole."""
        for index, units in enumerate(self.dense, 1):
            x = make.dense(x, f"fc{index}", units)
            x = make.dropout(x, f"fc{index}_dropout", self.dropout)
        return x

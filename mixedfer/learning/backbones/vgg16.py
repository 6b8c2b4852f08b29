"""VGG16, configuration D of Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015 (arXiv:1409.1556).

Thirteen 3x3 convolutions in five blocks, each block ending in 2x2 max pooling, then fully connected layers.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


@dataclass(frozen=True, kw_only=True)
class Vgg16(Checked):
    """`width` scales every convolution, `blocks` keeps the first ones, `dense` are the fully connected layers.

    The paper's network has `width=1, blocks=5, batch_normalisation=False, dropout=0.5, dense=(4096, 4096)`.
    With batch normalisation the convolutions carry no bias, which it would cancel.
    """

    RANGES = {"width": (1 / 64, 8), "blocks": (1, 5), "dropout": (0, 0.99)}
    width: float = 1.0
    blocks: int = 5
    batch_normalisation: bool = True
    dense: tuple[int, ...] = (512,)
    dropout: float = 0.5

    def __call__(self, x, classes: int, make):
        for block, (filters, depth) in enumerate(BLOCKS[:self.blocks], 1):
            for layer in range(1, depth + 1):
                x = make.conv(x, f"block{block}_conv{layer}", max(1, round(filters * self.width)),
                              batch_normalisation=self.batch_normalisation)
            x = make.pool(x, f"block{block}_pool")
        x = make.flatten(x, "image_flatten")
        for index, units in enumerate(self.dense, 1):
            x = make.dense(x, f"fc{index}", units)
            x = make.dropout(x, f"fc{index}_dropout", self.dropout)
        return x

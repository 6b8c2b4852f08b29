"""A small residual network, as a modern reference beside the VGG family.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016 (arXiv:1512.03385), section 4.2: the network for small
images, three stages of basic blocks and global average pooling, here with four stages, so that 48x48 ends at 6x6.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked, require


@dataclass(frozen=True, kw_only=True)
class Residual(Checked):
    """`depth` basic blocks in each stage; every stage after the first halves the side and widens to its entry of `filters`."""

    RANGES = {"depth": (1, 20), "dropout": (0, 0.99)}
    filters: tuple[int, ...] = (32, 64, 128, 256)
    depth: int = 2
    dropout: float = 0.3

    def __post_init__(self):
        super().__post_init__()
        require(self.filters, "Residual(filters=()): expected at least one stage")

    def __call__(self, x, classes: int, make):
        x = make.conv(x, "stem", self.filters[0], batch_normalisation=True)
        for stage, filters in enumerate(self.filters, 1):
            for block in range(1, self.depth + 1):
                x = _block(x, f"stage{stage}_block{block}", filters, 2 if stage > 1 and block == 1 else 1, make)
        return make.dropout(make.average(x, "image_average"), "image_dropout", self.dropout)


def _block(x, name: str, filters: int, step: int, make):
    """Two convolutions beside a way past them, which is a 1x1 convolution where the shape changes."""
    past = x
    if step > 1 or x.shape[-1] != filters:
        past = make.conv(x, f"{name}_past", filters, size=1, step=step, activation=None, batch_normalisation=True)
    x = make.conv(x, f"{name}_conv1", filters, step=step, batch_normalisation=True)
    x = make.conv(x, f"{name}_conv2", filters, activation=None, batch_normalisation=True)
    return make.relu(make.add([x, past], f"{name}_sum"), f"{name}_relu")

"""The small, "slightly adopted VGG16" with which the question was first asked; kept exactly, faults included.

Convolutions 3x3 [32, 32] pool [64, 64] pool [128, 128] pool, fully connected 64, 64, then one ReLU unit per class in
front of the softmax. No batch normalisation, no dropout. A face for which every class unit is at zero gets no gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Original(Checked):
    """The network up to its softmax, which the fusion `Probabilities` adds."""

    filters: tuple[int, ...] = (32, 64, 128)
    dense: tuple[int, ...] = (64, 64)

    def __call__(self, x, classes: int, make):
        for block, filters in enumerate(self.filters, 1):
            for layer in (1, 2):
                x = make.conv(x, f"block{block}_conv{layer}", filters, initializer="glorot_uniform")
            x = make.pool(x, f"block{block}_pool")
        x = make.flatten(x, "image_flatten")
        for index, units in enumerate((*self.dense, classes), 1):
            x = make.dense(x, f"fc{index}", units, initializer="glorot_uniform")
        return x

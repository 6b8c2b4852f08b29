"""Half a cosine, with warm-up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Cosine(Checked):
    """Half a cosine from 1 down to `end`, after `warmup` epochs of linear rise (Loshchilov and Hutter, 2017).

    Training that is no longer than `warmup` ends within the rise.

    >>> [round(Cosine()(epoch, 4), 3) for epoch in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """

    RANGES = {"warmup": (0, 10**6), "end": (0, 1)}
    warmup: int = 0
    end: float = 0.0

    def __call__(self, epoch: int, epochs: int, history: Sequence[dict] = ()) -> float:
        if epoch < self.warmup:
            return (epoch + 1) / (self.warmup + 1)
        progress = (epoch - self.warmup) / max(1, epochs - self.warmup)
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * progress)) / 2

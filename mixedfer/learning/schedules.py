"""Learning-rate schedules: `schedule(epoch, epochs)` is the factor on the base rate in epoch 0, 1, ... epochs - 1."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mixedfer.study import Checked


@dataclass(frozen=True, kw_only=True)
class Constant(Checked):
    """The base rate throughout."""

    def __call__(self, epoch: int, epochs: int) -> float:
        return 1.0


@dataclass(frozen=True, kw_only=True)
class Step(Checked):
    """Multiply by `factor` when each fraction of training in `at` is done.

    >>> [Step(at=(0.5,), factor=0.1)(epoch, 4) for epoch in range(4)]
    [1.0, 1.0, 0.1, 0.1]
    """

    at: tuple[float, ...] = (0.6, 0.85)
    factor: float = 0.1

    def __call__(self, epoch: int, epochs: int) -> float:
        return self.factor ** sum(epoch >= round(fraction * epochs) for fraction in self.at)


@dataclass(frozen=True, kw_only=True)
class Cosine(Checked):
    """Half a cosine from 1 down to `end`, after `warmup` epochs of linear rise (Loshchilov and Hutter, 2017).

    >>> [round(Cosine()(epoch, 4), 3) for epoch in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """

    warmup: int = 0
    end: float = 0.0

    def __call__(self, epoch: int, epochs: int) -> float:
        if epoch < self.warmup:
            return (epoch + 1) / (self.warmup + 1)
        progress = (epoch - self.warmup) / max(1, epochs - self.warmup)
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * progress)) / 2

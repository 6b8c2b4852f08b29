"""A staircase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Step(Checked):
    """Multiply by `factor` when each fraction of training in `at` is done.

    >>> [Step(at=(0.5,), factor=0.1)(epoch, 4) for epoch in range(4)]
    [1.0, 1.0, 0.1, 0.1]
    """

    RANGES = {"factor": (0, 1)}
    at: tuple[float, ...] = (0.6, 0.85)
    factor: float = 0.1

    def __call__(self, epoch: int, epochs: int, history: Sequence[dict] = ()) -> float:
        return self.factor ** sum(epoch >= round(fraction * epochs) for fraction in self.at)

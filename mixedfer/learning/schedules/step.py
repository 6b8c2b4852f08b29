"""A staircase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixedfer.checked import Checked, require


@dataclass(frozen=True, kw_only=True)
class Step(Checked):
    """Multiply by `factor` when each fraction of training in `at` is done.

    >>> [Step(at=(0.5,), factor=0.1)(epoch, 4) for epoch in range(4)]
    [1.0, 1.0, 0.1, 0.1]
    """

    RANGES = {"factor": (0, 1)}
    at: tuple[float, ...] = (0.6, 0.85)
    factor: float = 0.1

    def __post_init__(self):
        super().__post_init__()
        require(list(self.at) == sorted(set(self.at)) and all(0 < fraction < 1 for fraction in self.at),
                f"Step(at={self.at}): expected rising fractions of training, each between 0 and 1; Milestones counts epochs")

    def __call__(self, epoch: int, epochs: int, history: Sequence[dict] = ()) -> float:
        return self.factor ** sum(epoch >= round(fraction * epochs) for fraction in self.at)

"""A staircase by the number of epochs, whatever the length of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixedfer.checked import Checked, require


@dataclass(frozen=True, kw_only=True)
class Milestones(Checked):
    """From epoch `at[i]` on (counted from 0) the factor is `factors[i]`; before the first it is 1.

    The defaults are those of Barsoum et al. (ICMI 2016): 20 epochs, 20 at half the rate, the rest at a tenth.

    >>> [Milestones()(epoch, 100) for epoch in (0, 19, 20, 39, 40, 99)]
    [1.0, 1.0, 0.5, 0.5, 0.1, 0.1]
    """

    at: tuple[int, ...] = (20, 40)
    factors: tuple[float, ...] = (0.5, 0.1)

    def __post_init__(self):
        super().__post_init__()
        require(len(self.at) == len(self.factors) and list(self.at) == sorted(set(self.at)),
                f"Milestones(at={self.at}, factors={self.factors}): expected rising epochs and as many factors")
        require(min(self.factors, default=0) >= 0, f"Milestones(factors={self.factors}): expected none below 0")

    def __call__(self, epoch: int, epochs: int, history: Sequence[dict] = ()) -> float:
        passed = [factor for start, factor in zip(self.at, self.factors) if epoch >= start]
        return passed[-1] if passed else 1.0

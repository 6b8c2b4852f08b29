"""A staircase that goes down wherever validation stops getting better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from mixedfer.checked import Checked, require


@dataclass(frozen=True, kw_only=True)
class Plateau(Checked):
    """Multiply by `factor` after every `patience` epochs in a row in which `watched` did not get better than ever before, down
    to `end`. The count begins anew after each step, as in Keras' ReduceLROnPlateau with `min_delta=0` and `cooldown=0`.

    Arms with other histories have other rates: the rule is shared, and the proof recomputes each run's rates by it.

    >>> history = [{"validation_loss": loss} for loss in (0.9, 0.7, 0.8, 0.7, 0.6)]
    >>> [Plateau(patience=2, factor=0.5)(epoch, 9, history[:epoch]) for epoch in range(6)]
    [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    """

    RANGES = {"factor": (0, 1), "patience": (1, 10**6), "end": (0, 1)}
    follows: ClassVar[str] = "history"
    factor: float = 0.75
    patience: int = 5
    watched: Literal["validation_loss", "validation_accuracy"] = "validation_loss"
    end: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        require(0 < self.factor < 1, f"Plateau(factor={self.factor}): expected a number between 0 and 1")

    def __call__(self, epoch: int, epochs: int, history: Sequence[dict]) -> float:
        sign = 1 if self.watched == "validation_loss" else -1
        best, waited, steps = float("inf"), 0, 0
        for entry in history:
            if sign * entry[self.watched] < best:
                best, waited = sign * entry[self.watched], 0
            else:
                waited += 1
            if waited == self.patience:
                waited, steps = 0, steps + 1
        return max(self.end, self.factor**steps)

"""No schedule."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Constant(Checked):
    """The base rate throughout."""

    def __call__(self, epoch: int, epochs: int) -> float:
        return 1.0

"""No schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixedfer.checked import Checked


@dataclass(frozen=True, kw_only=True)
class Constant(Checked):
    """The base rate throughout."""

    def __call__(self, epoch: int, epochs: int, history: Sequence[dict] = ()) -> float:
        return 1.0

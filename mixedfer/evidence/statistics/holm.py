"""Several treatments against one control: Holm's step-down adjustment (Holm 1979, Scand. J. Stat. 6; statsmodels)."""

from __future__ import annotations

from collections.abc import Sequence


def adjust(ps: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values in the order given; None (withheld) stays None and is not counted as a test.

    >>> adjust([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    from statsmodels.stats.multitest import multipletests

    tested = [p for p in ps if p is not None]
    adjusted = iter(multipletests(tested, method="holm")[1] if tested else ())
    return [None if p is None else float(next(adjusted)) for p in ps]

"""Several tests at once: p-values adjusted for looking more than once (statsmodels).

Holm (1979, Scand. J. Stat. 6) holds the probability of any false finding: for the treatments that a study planned.
Benjamini & Hochberg (1995, J. R. Stat. Soc. B 57) holds the share of false ones among the findings: for looking around.
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values in the order given; None (withheld) stays None and is not counted as a test.

    >>> holm([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    return _adjust(ps, "holm")


def benjamini_hochberg(ps: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values in the order given; None (withheld) stays None and is not counted as a test.

    >>> benjamini_hochberg([0.02, None, 0.04])
    [0.04, None, 0.04]
    """
    return _adjust(ps, "fdr_bh")


def _adjust(ps: Sequence[float | None], method: str) -> list[float | None]:
    from statsmodels.stats.multitest import multipletests

    tested = [p for p in ps if p is not None]
    adjusted = iter(multipletests(tested, method=method)[1] if tested else ())
    return [None if p is None else float(next(adjusted)) for p in ps]

"""What a test can see: the minimum detectable effect and the smallest margin, from a standard error."""

from __future__ import annotations


def minimum_detectable_effect(se: float, ddf: float, power: float = 0.8, level: float = 0.05) -> float:
    """The true difference that a two-sided t test at `level` finds, with its sign, with probability `power`.

    In the unit of `se`. Exact through the noncentral t distribution; infinite `ddf` means the normal distribution.

    >>> round(minimum_detectable_effect(0.01, float("inf")), 4)   # (1.96 + 0.84) standard errors
    0.028
    """
    from scipy.optimize import brentq
    from scipy.stats import nct, norm, t

    normal = ddf > 1e5
    critical = float(t.ppf(1 - level / 2, ddf))

    def missing(shift: float) -> float:
        return float(norm.sf(critical - shift) if normal else nct.sf(critical, ddf, shift)) - power

    high = critical + 2.0
    while missing(high) < 0:
        high *= 1.5
    return float(brentq(missing, 0.0, high, xtol=1e-10)) * se


def smallest_margin(se: float, ddf: float) -> float:
    """Half the width of the 90% interval: below this margin not even a difference of exactly 0 would be equivalent.

    >>> round(smallest_margin(0.01, float("inf")), 4)
    0.0164
    """
    from scipy.stats import t

    return float(t.ppf(0.95, ddf)) * se

"""Two one-sided tests: is the difference smaller than a margin? (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15)"""

from __future__ import annotations


def p_value(difference: float, se: float, ddf: float, margin: float) -> float:
    """The larger p of the two one-sided t tests; it is below 0.05 exactly when the 90% interval lies inside the margin.

    All in the metric's unit (proportions); `se` is above 0, `ddf` may be infinite.

    >>> round(p_value(0.0, 0.01, 20, margin=0.02), 4)
    0.0296
    """
    from scipy.stats import t

    return float(max(t.sf((difference + margin) / se, ddf), t.cdf((difference - margin) / se, ddf)))

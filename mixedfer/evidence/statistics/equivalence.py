"""Two one-sided tests: is the difference smaller than a margin? (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15)"""

from __future__ import annotations


def p_value(difference: float, se: float, ddf: float, margin: float) -> float:
    """The larger p of the two one-sided t tests; it is below 0.05 exactly when the 90% interval lies inside the margin.

    All in the metric's unit (proportions); `ddf` may be infinite. With `se` 0 it is 0 inside the margin, otherwise 1.

    >>> round(p_value(0.0, 0.01, 20, margin=0.02), 4)
    0.0296
    """
    from scipy.stats import t

    if se == 0:
        return 0.0 if abs(difference) < margin else 1.0
    return float(max(t.sf((difference + margin) / se, ddf), t.cdf((difference - margin) / se, ddf)))

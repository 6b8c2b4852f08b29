"""The minimal-effect test: is the difference larger than a margin? (Murphy & Myors 1999, J. Appl. Psychol. 84)"""

from __future__ import annotations


def p_value(difference: float, se: float, ddf: float, margin: float) -> float:
    """Two-sided p of a true difference within the margin; it is below 0.05 exactly when the 95% interval lies beyond it.

    "Helps" and "hurts" claim this, so over several treatments Holm adjusts this p. Units as in `equivalence.p_value`.

    >>> round(p_value(0.04, 0.01, 20, margin=0.01), 4), p_value(0.005, 0.01, 20, margin=0.01)
    (0.0071, 1.0)
    """
    from scipy.stats import t

    return min(1.0, float(2 * t.sf((abs(difference) - margin) / se, ddf)))

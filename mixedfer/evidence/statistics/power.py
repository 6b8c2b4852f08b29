"""What a design can see: minimum detectable effect, smallest margin, and the variance of designs not yet run.

Over new replicates and new images, the difference of two arms with J replicates and K images has the variance

    (2 s^2 + w / K) / J  +  (c - w - difference^2) / K

with `s` the spread of accuracy over replicates beyond image noise, `w` the discordance of two replicates within an arm
and `c` that of two replicates across arms (the share of images on which exactly one is right). The last term is a floor
that no number of replicates removes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Components:
    """Observed variance components of two arms: `spread` is s squared, `within` w, `across` c, `difference` signed."""

    spread: float
    within: float
    across: float
    difference: float


def minimum_detectable_effect(se: float, ddf: float, power: float = 0.8, level: float = 0.05) -> float:
    """The true difference that a two-sided t test at `level` finds, with its sign, with probability `power`.

    In the unit of `se`. Exact through the noncentral t distribution; infinite `ddf` means the normal distribution.

    >>> round(minimum_detectable_effect(0.01, np.inf), 4)   # (1.96 + 0.84) standard errors
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

    >>> round(smallest_margin(0.01, np.inf), 4)
    0.0164
    """
    from scipy.stats import t

    return float(t.ppf(0.95, ddf)) * se


def components(control: np.ndarray, treatment: np.ndarray) -> Components:
    """Variance components of right/wrong tables (J, K) of two arms, J >= 2, from pairs of different replicates.

    >>> right = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], bool)
    >>> components(right, right).within, components(right, right).across
    (0.5, 0.5)
    """
    control, treatment = np.asarray(control, bool), np.asarray(treatment, bool)
    replicates, images = control.shape
    ordered = replicates * (replicates - 1)
    one, two = (arm.sum(0, dtype=np.int64) for arm in (control, treatment))
    within = sum(float((2 * count * (replicates - count)).mean()) / ordered for count in (one, two)) / 2
    same = (control != treatment).sum(0, dtype=np.int64)
    across = float((one * (replicates - two) + two * (replicates - one) - same).mean()) / ordered
    differences = treatment.mean(1) - control.mean(1)
    spread = max(float(differences.var(ddof=1)) - within / images, 0.0) / 2
    return Components(spread=spread, within=within, across=across, difference=float(differences.mean()))


def variance(parts: Components, replicates: float, images: float) -> float:
    """Variance of the difference in a design with that many replicates and images.

    >>> parts = Components(spread=0.0001, within=0.2, across=0.25, difference=0.0)
    >>> round(variance(parts, replicates=10, images=1000), 6), round(variance(parts, np.inf, 1000), 6)
    (9e-05, 5e-05)
    """
    floor = max(parts.across - parts.within - parts.difference**2, 0.0) / images
    return (2 * parts.spread + parts.within / images) / replicates + floor

"""`Finding`: what a comparison of two arms says, and the verdict by a margin that was set in advance.

The verdict (smallest effect of interest; two one-sided tests for equivalence, Schuirmann 1987):

    helps         the 95% interval lies above +margin
    hurts         the 95% interval lies below -margin
    equivalent    the 90% interval lies inside -margin..+margin
    inconclusive  otherwise; `lean` says which way
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mixedfer.evidence.statistics import equivalence, power

Interval = tuple[float, float]


@dataclass(frozen=True)
class Finding:
    """Treatment minus control in the study's metric, as proportions; None where a number was withheld.

    `p` is two-sided against no difference, `p_adjusted` the same after Holm over the study's treatments,
    `p_equivalence` the larger of the two one-sided tests against the margin. `lean` puts direction and resolution in
    words. `mde` is the difference that this design finds with 80% power, `smallest_margin` the margin that it would
    take for even an observed difference of exactly 0 to count as equivalent. `se` is the standard error, `ddf` its
    degrees of freedom (None: infinite, the normal distribution). `test` names the test, or says why there is none.
    """

    control: str
    treatment: str
    estimate: float
    ci95: Interval | None
    ci90: Interval | None
    p: float | None
    p_adjusted: float | None
    p_equivalence: float | None
    verdict: str
    lean: str
    mde: float | None
    smallest_margin: float | None
    se: float | None
    ddf: float | None
    test: str


@dataclass(frozen=True)
class Estimate:
    """A difference, its standard error and the degrees of freedom (may be infinite) of its t distribution.

    >>> Estimate(0.0, 0.0, math.inf).p, Estimate(0.0, 0.0, math.inf).interval(0.95)
    (1.0, (0.0, 0.0))
    """

    difference: float
    se: float
    ddf: float

    @property
    def p(self) -> float:
        """Two-sided p of no difference. Without any spread: 1 for a difference of exactly 0, otherwise 0."""
        from scipy.stats import t

        if self.se == 0:
            return 1.0 if self.difference == 0 else 0.0
        return float(2 * t.sf(abs(self.difference) / self.se, self.ddf))

    def interval(self, level: float) -> Interval:
        """Two-sided confidence interval at `level`, for instance 0.95."""
        from scipy.stats import t

        half = float(t.ppf((1 + level) / 2, self.ddf)) * self.se
        return self.difference - half, self.difference + half


def conclude(estimate: Estimate, *, margin: float, control: str, treatment: str, test: str) -> Finding:
    """The finding that an estimate supports; `p_adjusted` is `p` until `comparing` adjusts it over treatments."""
    ci95, ci90 = estimate.interval(0.95), estimate.interval(0.90)
    word, lean = verdict(estimate.difference, ci95, ci90, margin)
    too_small = equivalence.p_value(estimate.difference, estimate.se, estimate.ddf, margin)
    return Finding(
        control=control, treatment=treatment, estimate=estimate.difference, ci95=ci95, ci90=ci90, p=estimate.p,
        p_adjusted=estimate.p, p_equivalence=too_small, verdict=word, lean=lean,
        mde=power.minimum_detectable_effect(estimate.se, estimate.ddf),
        smallest_margin=power.smallest_margin(estimate.se, estimate.ddf), se=estimate.se,
        ddf=estimate.ddf if math.isfinite(estimate.ddf) else None, test=test)


def withhold(difference: float, *, control: str, treatment: str, why: str) -> Finding:
    """A finding without any significance: the difference in these runs, and the reason in `test`.

    >>> withhold(0.02, control="image-only", treatment="mixed", why="one replicate").verdict
    'inconclusive'
    """
    return Finding(control=control, treatment=treatment, estimate=difference, ci95=None, ci90=None, p=None,
                   p_adjusted=None, p_equivalence=None, verdict="inconclusive", lean=f"{_sign(difference)}, untested",
                   mde=None, smallest_margin=None, se=None, ddf=None, test=f"none: {why}")


def verdict(difference: float, ci95: Interval, ci90: Interval, margin: float) -> tuple[str, str]:
    """(verdict, lean) by a margin that was set before the data were seen.

    >>> verdict(0.03, (0.02, 0.04), (0.022, 0.038), margin=0.01)
    ('helps', 'positive, larger than the margin')
    >>> verdict(0.03, (0.005, 0.055), (0.009, 0.051), margin=0.01)
    ('inconclusive', 'positive, size unresolved')
    """
    if ci95[0] > margin or ci95[1] < -margin:
        return "helps" if ci95[0] > margin else "hurts", f"{_sign(difference)}, larger than the margin"
    resolved = ci95[0] > 0 or ci95[1] < 0
    if -margin < ci90[0] and ci90[1] < margin:
        return "equivalent", f"{_sign(difference) if resolved else 'no difference resolved'}, smaller than the margin"
    if resolved:
        return "inconclusive", f"{_sign(difference)}, size unresolved"
    return "inconclusive", f"{'leans ' if difference else ''}{_sign(difference)}, direction unresolved"


def _sign(difference: float) -> str:
    return "positive" if difference > 0 else "negative" if difference < 0 else "no difference"

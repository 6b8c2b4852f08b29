"""`Finding`: what a comparison of two arms says, and the verdict by a margin that was set in advance.

The verdict (smallest effect of interest; two one-sided tests for equivalence, Schuirmann 1987):

    helps         the 95% interval lies above +margin
    hurts         the 95% interval lies below -margin
    equivalent    the 90% interval lies inside -margin..+margin
    inconclusive  otherwise, also where nothing was tested; `lean` says which way

Where less of the metric is better (log loss) "helps" and "hurts" change sides. A study whose arms are not comparable has
no verdict at all: its word is "not comparable".
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.evidence.statistics import equivalence, power

Interval = tuple[float, float]


@dataclass(frozen=True)
class Finding:
    """Treatment minus control in the study's metric, whichever way is better; None where a number was withheld.

    `p` is two-sided against no difference, `p_adjusted` the same after Holm over the study's treatments,
    `p_equivalence` the larger of the two one-sided tests against the margin. `lean` puts the sign of the difference and
    its resolution in words. `mde` is the difference that this design finds with 80% power, `mde_unlimited_replicates`
    what more replicates alone could bring it down to (None where they are not what limits it), `smallest_margin` the
    margin that it would take for even an observed difference of exactly 0 to count as equivalent. `se` is the standard
    error, `ddf` its degrees of freedom. `test` names the test and its cases, or says why there is none.
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
    mde_unlimited_replicates: float | None
    smallest_margin: float | None
    se: float | None
    ddf: float | None
    test: str


@dataclass(frozen=True)
class Estimate:
    """A difference, its standard error (above 0) and the degrees of freedom of its t distribution.

    `floor` is (standard error, degrees of freedom) with unlimited replicates, where that is known.

    >>> round(Estimate(0.02, 0.01, 9).p, 4)
    0.0766
    """

    difference: float
    se: float
    ddf: float
    floor: tuple[float, float] | None = None

    @property
    def p(self) -> float:
        """Two-sided p of no difference."""
        from scipy.stats import t

        return float(2 * t.sf(abs(self.difference) / self.se, self.ddf))

    def interval(self, level: float) -> Interval:
        """Two-sided confidence interval at `level`, for instance 0.95."""
        from scipy.stats import t

        half = float(t.ppf((1 + level) / 2, self.ddf)) * self.se
        return self.difference - half, self.difference + half


def conclude(estimate: Estimate, *, margin: float, control: str, treatment: str, test: str,
             higher_is_better: bool = True) -> Finding:
    """The finding that an estimate supports; `p_adjusted` is `p` until `comparing` adjusts it over treatments."""
    ci95, ci90 = estimate.interval(0.95), estimate.interval(0.90)
    word, lean = verdict(estimate.difference, ci95, ci90, margin, higher_is_better)
    too_small = equivalence.p_value(estimate.difference, estimate.se, estimate.ddf, margin)
    return Finding(
        control=control, treatment=treatment, estimate=estimate.difference, ci95=ci95, ci90=ci90, p=estimate.p,
        p_adjusted=estimate.p, p_equivalence=too_small, verdict=word, lean=lean,
        mde=power.minimum_detectable_effect(estimate.se, estimate.ddf),
        mde_unlimited_replicates=power.minimum_detectable_effect(*estimate.floor) if estimate.floor else None,
        smallest_margin=power.smallest_margin(estimate.se, estimate.ddf), se=estimate.se, ddf=estimate.ddf, test=test)


def withhold(difference: float, *, control: str, treatment: str, why: str, verdict: str = "inconclusive") -> Finding:
    """A finding without any significance: the difference in these runs, and the reason in `test`.

    >>> withhold(0.02, control="image-only", treatment="mixed", why="one replicate").verdict
    'inconclusive'
    """
    return Finding(control=control, treatment=treatment, estimate=difference, ci95=None, ci90=None, p=None,
                   p_adjusted=None, p_equivalence=None, verdict=verdict, lean=f"{_sign(difference)}, untested", mde=None,
                   mde_unlimited_replicates=None, smallest_margin=None, se=None, ddf=None, test=f"none: {why}")


def verdict(difference: float, ci95: Interval, ci90: Interval, margin: float,
            higher_is_better: bool = True) -> tuple[str, str]:
    """(verdict, lean) by a margin that was set before the data were seen.

    >>> verdict(0.03, (0.02, 0.04), (0.022, 0.038), margin=0.01)
    ('helps', 'positive, larger than the margin')
    >>> verdict(0.03, (0.005, 0.055), (0.009, 0.051), margin=0.01)
    ('inconclusive', 'positive, size unresolved')
    """
    if ci95[0] > margin or ci95[1] < -margin:
        gains = (ci95[0] > margin) == higher_is_better
        return "helps" if gains else "hurts", f"{_sign(difference)}, larger than the margin"
    resolved = ci95[0] > 0 or ci95[1] < 0
    if -margin < ci90[0] and ci90[1] < margin:
        return "equivalent", f"{_sign(difference) if resolved else 'no difference resolved'}, smaller than the margin"
    if resolved:
        return "inconclusive", f"{_sign(difference)}, size unresolved"
    return "inconclusive", f"{'leans ' if difference else ''}{_sign(difference)}, direction unresolved"


def _sign(difference: float) -> str:
    return "positive" if difference > 0 else "negative" if difference < 0 else "no difference"

"""`Finding`: what a comparison of two arms says, and the verdict by a margin that was set in advance.

The verdict (smallest effect of interest; two one-sided tests for equivalence, Schuirmann 1987):

    helps         the 95% interval lies above +margin
    hurts         the 95% interval lies below -margin
    equivalent    the 90% interval lies inside -margin..+margin
    inconclusive  otherwise, also where nothing was tested; `lean` says which way

Among several treatments "helps", "hurts" and what is said of a direction must also hold after Holm, each by its own p;
intervals and equivalence are not adjusted. Where less of the metric is better (log loss) "helps" and "hurts" change sides.
A study whose arms are not comparable has no verdict at all: its word is "not comparable".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixedfer.evidence.statistics import equivalence, minimal_effect, power

Interval = tuple[float, float]
#: Of significance.
LEVEL = 0.05
#: Differences of means below this are rounding; and what they are called.
ROUNDING, NONE = 1e-12, "no difference"


@dataclass(frozen=True)
class Finding:
    """Treatment minus control in the study's metric, whichever way is better; None where a number was withheld.

    `p` is two-sided against no difference, `p_beyond` against one within the margin, and `p_adjusted` and
    `p_beyond_adjusted` are the same after Holm over the study's treatments; `p_equivalence` is the larger of the two
    one-sided tests against the margin. `lean` puts the sign of the difference and its resolution in words. `mde` is the
    difference that this design finds with 80% power, `mde_unlimited_replicates` what more replicates alone could bring it
    down to (None with folds, and where the cases' own part is too small to be estimated), `smallest_margin` the margin
    that it would take for even an observed difference of exactly 0 to count as equivalent. `se` is the standard error,
    `ddf` its degrees of freedom. `test` names the test and its cases, or says why there is none.
    """

    control: str
    treatment: str
    estimate: float
    ci95: Interval | None
    ci90: Interval | None
    p: float | None
    p_adjusted: float | None
    p_beyond: float | None
    p_beyond_adjusted: float | None
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
    """The finding that an estimate supports alone; among several treatments it must be `adjusted`."""
    at = (estimate.difference, estimate.se, estimate.ddf, margin)
    p, beyond, within = estimate.p, minimal_effect.p_value(*at), equivalence.p_value(*at)
    word, lean = verdict(estimate.difference, p=p, p_adjusted=p, p_beyond=beyond, p_equivalence=within,
                         higher_is_better=higher_is_better)
    return Finding(
        control=control, treatment=treatment, estimate=estimate.difference, ci95=estimate.interval(0.95),
        ci90=estimate.interval(0.90), p=p, p_adjusted=p, p_beyond=beyond, p_beyond_adjusted=beyond, p_equivalence=within,
        verdict=word, lean=lean, mde=power.minimum_detectable_effect(estimate.se, estimate.ddf),
        mde_unlimited_replicates=power.minimum_detectable_effect(*estimate.floor) if estimate.floor else None,
        smallest_margin=power.smallest_margin(estimate.se, estimate.ddf), se=estimate.se, ddf=estimate.ddf, test=test)


def adjusted(finding: Finding, p: float | None, p_beyond: float | None, higher_is_better: bool = True) -> Finding:
    """The finding with its p-values after Holm, judged by them; one that was withheld stays as it is."""
    if finding.p is None:
        return finding
    word, lean = verdict(finding.estimate, p=finding.p, p_adjusted=p, p_beyond=p_beyond, p_equivalence=finding.p_equivalence,
                         higher_is_better=higher_is_better)
    return replace(finding, p_adjusted=p, p_beyond_adjusted=p_beyond, verdict=word, lean=lean)


def withhold(difference: float, *, control: str, treatment: str, why: str, verdict: str = "inconclusive",
             higher_is_better: bool = True) -> Finding:
    """A finding without any significance: the difference in these runs, and the reason in `test`.

    >>> withhold(0.02, control="image-only", treatment="mixed", why="one replicate").verdict
    'inconclusive'
    """
    return Finding(control=control, treatment=treatment, estimate=difference, ci95=None, ci90=None, p=None,
                   p_adjusted=None, p_beyond=None, p_beyond_adjusted=None, p_equivalence=None, verdict=verdict,
                   lean=f"{direction(difference, higher_is_better)}, untested", mde=None, mde_unlimited_replicates=None,
                   smallest_margin=None, se=None, ddf=None, test=f"none: {why}")


def verdict(difference: float, *, p: float, p_adjusted: float, p_beyond: float, p_equivalence: float,
            higher_is_better: bool = True, after: str = "Holm") -> tuple[str, str]:
    """(verdict, lean) by a margin that was set before the data were seen; `p_beyond` is the adjusted one.

    >>> verdict(0.03, p=0.0001, p_adjusted=0.0002, p_beyond=0.01, p_equivalence=1)
    ('helps', 'positive, larger than the margin')
    >>> verdict(0.03, p=0.01, p_adjusted=0.02, p_beyond=0.2, p_equivalence=1)
    ('inconclusive', 'positive, size unresolved')
    >>> verdict(0.03, p=0.03, p_adjusted=0.06, p_beyond=0.2, p_equivalence=1)
    ('inconclusive', 'positive, not significant after Holm')
    """
    side = direction(difference, higher_is_better)
    if p_beyond < LEVEL:
        return "helps" if (difference > 0) == higher_is_better else "hurts", f"{side}, larger than the margin"
    resolved = p_adjusted < LEVEL
    if p_equivalence < LEVEL:
        return "equivalent", f"{side if resolved else 'no difference resolved'}, smaller than the margin"
    if resolved or p < LEVEL:
        return "inconclusive", f"{side}, size unresolved" if resolved else f"{side}, not significant after {after}"
    return "inconclusive", f"{leaning(difference, higher_is_better)}, direction unresolved"


def direction(difference: float, higher_is_better: bool = True) -> str:
    """The sign of a difference in words; where less is better, words that nobody takes for praise.

    >>> direction(0.02), direction(0.02, higher_is_better=False), direction(-5.6e-17)
    ('positive', 'higher', 'no difference')
    """
    if abs(difference) < ROUNDING:
        return NONE
    above, below = ("positive", "negative") if higher_is_better else ("higher", "lower")
    return above if difference > 0 else below


def leaning(difference: float, higher_is_better: bool = True) -> str:
    """The direction of a difference that is not significant.

    >>> leaning(0.02), leaning(0.0)
    ('leans positive', 'no difference')
    """
    side = direction(difference, higher_is_better)
    return side if side == NONE else f"leans {side}"

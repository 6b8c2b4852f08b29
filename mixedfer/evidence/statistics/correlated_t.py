"""How probable is it that a treatment is better, worse or practically the same, over folds? The Bayesian correlated t test.

With the usual flat prior the mean difference has a t distribution around the observed one, with n - 1 degrees of freedom
and the variance of the corrected t test (Corani & Benavoli 2015, Machine Learning 100; Benavoli, Corani, Demsar & Zaffalon
2017, J. Mach. Learn. Res. 18; the package baycomp). The margin is its region of practical equivalence (ROPE).
"""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.evidence.statistics.finding import Estimate


@dataclass(frozen=True)
class Posterior:
    """Probabilities, given the folds, of the treatment's true difference: better by more than the margin, within, worse."""

    better: float
    within: float
    worse: float


def posterior(estimate: Estimate, margin: float, higher_is_better: bool = True) -> Posterior:
    """The three probabilities, which sum to 1, for an estimate of `corrected_t`, in the metric's unit.

    >>> found = posterior(Estimate(0.02, 0.01, 9), margin=0.01)
    >>> round(found.better, 3), round(found.within, 3), round(found.worse, 3)
    (0.828, 0.164, 0.007)
    """
    from scipy.stats import t

    below = float(t.cdf((-margin - estimate.difference) / estimate.se, estimate.ddf))
    above = float(t.sf((margin - estimate.difference) / estimate.se, estimate.ddf))
    better, worse = (above, below) if higher_is_better else (below, above)
    return Posterior(better=better, within=1 - above - below, worse=worse)

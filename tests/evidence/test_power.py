"""Minimum detectable effect, smallest margin and the variance formula, against simulation and the test itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.power import TTestPower
from synthetic import scores

from mixedfer.evidence.statistics import power, two_way
from mixedfer.evidence.statistics.finding import Estimate


def test_normal_case():
    assert power.minimum_detectable_effect(0.01, math.inf) == pytest.approx(
        0.01 * (norm.ppf(0.975) + norm.ppf(0.8)), rel=1e-4)


@pytest.mark.parametrize("n", [3, 5, 30])
def test_statsmodels_agrees(n):
    """For a paired t test of n differences the effect in standard deviations is sqrt(n) standard errors."""
    size = TTestPower().solve_power(nobs=n, power=0.8, alpha=0.05)
    assert power.minimum_detectable_effect(1 / math.sqrt(n), n - 1) == pytest.approx(size, rel=1e-4)


@pytest.mark.parametrize("ddf", [1, 2.5, 12, 1e4, 1e9])
def test_more_degrees_find_smaller_effects(ddf):
    assert power.minimum_detectable_effect(0.01, ddf) >= 0.999 * power.minimum_detectable_effect(0.01, math.inf)
    assert math.isfinite(power.minimum_detectable_effect(0.01, ddf))


def test_smallest_margin_is_where_a_zero_difference_becomes_equivalent():
    margin = power.smallest_margin(0.004, 7)
    assert Estimate(0.0, 0.004, 7).interval(0.90) == pytest.approx((-margin, margin))


def test_components_agree_with_the_two_way_test():
    """The formula and the mean squares estimate one variance in two ways; they agree up to terms of order 1 / K."""
    control, treatment = scores(np.random.default_rng(2), 8, 4000, (0.7, 0.74))
    parts = power.components(control, treatment)
    assert math.sqrt(power.variance(parts, 8, 4000)) == pytest.approx(two_way.estimate(control, treatment).se, rel=0.01)


def test_variance_is_that_of_repeated_studies():
    rng = np.random.default_rng(3)
    parts = power.components(*scores(rng, 10, 50_000, (0.7, 0.75)))
    differences = [np.subtract(*scores(rng, 4, 200, (0.7, 0.75)).mean((1, 2))) for _ in range(2000)]
    assert power.variance(parts, replicates=4, images=200) == pytest.approx(np.var(differences), rel=0.12)


def test_replicates_do_not_remove_the_floor():
    parts = power.Components(spread=0.0001, within=0.2, across=0.25, difference=0.1)
    assert power.variance(parts, math.inf, 1000) == pytest.approx((0.25 - 0.2 - 0.1**2) / 1000)
    seeds = (2 * 0.0001 + 0.2 / 1000) / 10
    assert power.variance(parts, 10, 1000) == pytest.approx(seeds + (0.25 - 0.2 - 0.1**2) / 1000)

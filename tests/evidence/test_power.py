"""Minimum detectable effect and smallest margin, against statsmodels and the interval itself."""

from __future__ import annotations

import math

import pytest
from scipy.stats import norm
from statsmodels.stats.power import TTestPower

from mixedfer.evidence.statistics import power
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

"""The minimal-effect test against the interval that it stands for, and what Holm makes of it over several treatments."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mixedfer.evidence.statistics import adjust, minimal_effect
from mixedfer.evidence.statistics.finding import Estimate


@pytest.mark.parametrize("ddf", [1, 4.5, 30, math.inf])
@pytest.mark.parametrize("difference", [-0.05, -0.012, 0.0, 0.013, 0.03, 0.2])
def test_significant_exactly_when_the_95_interval_lies_beyond_the_margin(difference, ddf):
    low, high = Estimate(difference, 0.004, ddf).interval(0.95)
    assert (minimal_effect.p_value(difference, 0.004, ddf, 0.01) < 0.05) == (low > 0.01 or high < -0.01)


def test_holm_holds_the_error_rate_where_every_true_difference_is_the_margin():
    """Ten treatments exactly at the margin: unadjusted, one or more of them "help" in 1 - 0.975**10 = 22% of studies."""
    drawn = 0.02 + 0.01 * np.random.default_rng(0).standard_normal((500, 10))
    ps = [[minimal_effect.p_value(one, 0.01, math.inf, 0.02) for one in study] for study in drawn]
    assert np.mean([min(study) < 0.05 for study in ps]) > 0.15
    assert np.mean([min(adjust.holm(study)) < 0.05 for study in ps]) < 0.05

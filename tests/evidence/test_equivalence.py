"""Two one-sided tests against pingouin's documented numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mixedfer.evidence.statistics import equivalence
from mixedfer.evidence.statistics.finding import Estimate

ONE, OTHER = np.array([4, 7, 8, 6, 3, 2]), np.array([6, 8, 7, 10, 11, 9])


def test_pingouin_independent():
    """pingouin.tost(a, b, bound=1): p .965097."""
    n = len(ONE)
    se = math.sqrt((ONE.var(ddof=1) + OTHER.var(ddof=1)) / 2 * (2 / n))
    assert equivalence.p_value(ONE.mean() - OTHER.mean(), se, 2 * n - 2, margin=1) == pytest.approx(0.965097, abs=5e-7)


def test_pingouin_paired():
    """pingouin.tost(a, b, bound=0.5, paired=True): p .954854."""
    gap = ONE - OTHER
    se = gap.std(ddof=1) / math.sqrt(len(gap))
    assert equivalence.p_value(gap.mean(), se, len(gap) - 1, margin=0.5) == pytest.approx(0.954854, abs=5e-7)


@pytest.mark.parametrize("ddf", [1, 4.5, 30, math.inf])
@pytest.mark.parametrize("difference", [-0.012, 0.0, 0.004, 0.013])
def test_significant_exactly_when_the_90_interval_lies_inside(difference, ddf):
    estimate = Estimate(difference, 0.004, ddf)
    low, high = estimate.interval(0.90)
    assert (equivalence.p_value(difference, 0.004, ddf, 0.02) < 0.05) == (low > -0.02 and high < 0.02)

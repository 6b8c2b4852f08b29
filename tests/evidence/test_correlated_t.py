"""The Bayesian correlated t test on baycomp's own test case, with Student's distribution of 2 degrees in closed form."""

from __future__ import annotations

import math

import pytest

from mixedfer.evidence.statistics import corrected_t, correlated_t


def cdf(x: float) -> float:
    """Of Student's t with 2 degrees of freedom."""
    return 0.5 + x / (2 * math.sqrt(2 + x * x))


@pytest.mark.parametrize("margin", [0.5, 1.0, 3.0])
def test_baycomp(margin):
    """x = [4, 2, 6], y = [5, 7, 3], one run of three folds: mean 1, variance 16 (1/3 + 1/2), 2 degrees of freedom."""
    estimate = corrected_t.estimate([4, 2, 6], [5, 7, 3], test_over_train=1 / 2)
    scale = math.sqrt(16 * (1 / 3 + 1 / 2))
    found = correlated_t.posterior(estimate, margin)
    assert found.worse == pytest.approx(cdf((-margin - 1) / scale))
    assert found.better == pytest.approx(1 - cdf((margin - 1) / scale))
    assert found.better + found.within + found.worse == pytest.approx(1)


def test_less_may_be_better():
    estimate = corrected_t.estimate([4, 2, 6], [5, 7, 3], test_over_train=1 / 2)
    more, less = correlated_t.posterior(estimate, 1), correlated_t.posterior(estimate, 1, higher_is_better=False)
    assert (more.better, more.within, more.worse) == (less.worse, less.within, less.better)

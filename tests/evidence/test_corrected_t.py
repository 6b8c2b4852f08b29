"""The corrected t test against baycomp's own test case and a simulation of overlapping training sets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_rel

from mixedfer.errors import BadInput, Fault
from mixedfer.evidence.statistics import corrected_t


def test_baycomp():
    """baycomp's tests: x = [4, 2, 6], y = [5, 7, 3], three folds: mean 1, variance 16 (1/3 + 1/2), 2 degrees."""
    found = corrected_t.estimate([4, 2, 6], [5, 7, 3], test_over_train=1 / 2)
    assert found.difference == 1
    assert found.se**2 == pytest.approx(16 * (1 / 3 + 1 / 2))
    assert found.ddf == 2


def test_without_overlap_it_is_the_paired_t():
    one, other = np.random.default_rng(0).normal(size=(2, 8))
    found = corrected_t.estimate(one, other, test_over_train=1e-12)
    assert found.p == pytest.approx(ttest_rel(other, one).pvalue)


def test_correlated_folds_do_not_mislead():
    """Differences with the correlation that five folds have by the paper (1/5) and true mean 0: about 5% are found."""
    rng, repeats, corrected, plain = np.random.default_rng(1), 1500, 0, 0
    for _ in range(repeats):
        difference = math.sqrt(0.2) * rng.standard_normal() + math.sqrt(0.8) * rng.standard_normal(5)
        corrected += corrected_t.estimate(np.zeros(5), difference, test_over_train=0.25).p < 0.05
        plain += ttest_rel(difference, np.zeros(5)).pvalue < 0.05
    assert 0.03 <= corrected / repeats <= 0.07
    assert plain / repeats > 0.12


def test_identical_folds():
    finding = corrected_t.compare([0.7, 0.8], [0.7, 0.8], test_over_train=1.0, margin=0.01)
    assert (finding.estimate, finding.p, finding.ci95, finding.verdict) == (0.0, None, None, "inconclusive")
    assert finding.test == "none: the arms score the same in every fold, which leaves no spread to judge by"


def test_equal_differences_are_withheld():
    finding = corrected_t.compare([0.7, 0.8], [0.75, 0.85], test_over_train=1.0, margin=0.01)
    assert (finding.p, finding.verdict) == (None, "inconclusive") and "no spread" in finding.test


@pytest.mark.parametrize("control, treatment, ratio, error", [
    ([0.5], [0.6], 1.0, BadInput), ([0.5, 0.6], [0.6], 1.0, BadInput), ([0.5, 0.6], [0.6, 0.8], 0.0, BadInput),
    ([0.5, np.nan], [0.6, 0.7], 1.0, Fault),
])
def test_bad_scores_are_refused(control, treatment, ratio, error):
    with pytest.raises(error):
        corrected_t.estimate(control, treatment, ratio)

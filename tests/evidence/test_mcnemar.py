"""McNemar's test against the numbers that mlxtend, statsmodels and Fagerland et al. print."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as statsmodels

from mixedfer.errors import BadInput
from mixedfer.evidence.statistics import mcnemar


def test_mlxtend_and_statsmodels():
    found = mcnemar.from_counts(101, 121, 59, 33)
    assert found.exact == pytest.approx(4.4344492637555e-06, rel=1e-12)


@pytest.mark.parametrize("table, chi2, p", [([[101, 121], [59, 33]], 20.6722222, 5.450095e-06),
                                            ([[9945, 25], [15, 15]], 2.025, 0.154728923485)])
def test_the_published_chi2_is_near(table, chi2, p):
    """The corrected chi2 that mlxtend prints (statsmodels) approximates the exact test, which is what we report."""
    published = statsmodels(table, exact=False, correction=True)
    assert (published.statistic, published.pvalue) == (pytest.approx(chi2, abs=5e-8), pytest.approx(p, rel=1e-6))
    (both, control_only), (treatment_only, neither) = table
    found = mcnemar.from_counts(both, control_only, treatment_only, neither)
    assert found.exact == pytest.approx(statsmodels(table, exact=True).pvalue, rel=1e-9)
    assert found.mid_p < found.exact == pytest.approx(p, rel=0.25)


def test_mid_p_of_fagerland():
    """Fagerland, Lydersen & Laake 2013, BMC Med. Res. Methodol. 13:91: b = 1, c = 7."""
    found = mcnemar.from_counts(0, 1, 7, 0)
    assert found.exact == pytest.approx(0.0703125, abs=1e-15)
    assert found.mid_p == pytest.approx(0.0390625, abs=1e-15)


def test_counts_from_images():
    control = np.array([1, 1, 1, 0, 0, 0], bool)
    treatment = np.array([1, 1, 0, 1, 1, 0], bool)
    found = mcnemar.compare(control, treatment)
    assert (found.both, found.control_only, found.treatment_only, found.neither) == (2, 1, 2, 1)


@pytest.mark.parametrize("table", [(5, 0, 0, 3), (5, 4, 4, 3)])
def test_no_direction_is_p_1(table):
    found = mcnemar.from_counts(*table)
    assert (found.exact, found.mid_p) == (1.0, 1.0)


def test_empty_is_an_error():
    with pytest.raises(BadInput):
        mcnemar.compare(np.zeros(0, bool), np.zeros(0, bool))

"""McNemar's test against the numbers that mlxtend, statsmodels and Fagerland et al. print."""

from __future__ import annotations

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence.statistics import mcnemar


def test_mlxtend_and_statsmodels():
    found = mcnemar.from_counts(101, 121, 59, 33)
    assert found.exact == pytest.approx(4.4344492637555e-06, rel=1e-12)
    assert found.chi2 == pytest.approx(20.6722222, abs=5e-8)
    assert found.chi2_p == pytest.approx(5.450095e-06, abs=5e-13)


def test_mlxtend_documentation():
    found = mcnemar.from_counts(9945, 25, 15, 15)
    assert found.chi2 == pytest.approx(2.025, abs=1e-12)
    assert found.chi2_p == pytest.approx(0.154728923485, abs=5e-13)


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

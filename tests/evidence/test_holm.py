"""Holm's adjustment by hand arithmetic, and the exact floor of the sign-flip test."""

from __future__ import annotations

import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence.statistics import holm, sign_flip


def test_step_down():
    """Sorted .01, .03, .04 are multiplied by 3, 2, 1 and may not decrease: .03, .06, .06 (Holm 1979)."""
    assert holm.adjust([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_withheld_is_not_counted():
    assert holm.adjust([None, 0.02, None, 0.5]) == [None, pytest.approx(0.04), None, pytest.approx(0.5)]
    assert holm.adjust([None]) == [None]
    assert holm.adjust([]) == []


@pytest.mark.parametrize("replicates, smallest", [(5, 0.0625), (6, 0.03125)])
def test_smallest_p_of_sign_flips(replicates, smallest):
    """2 of the 2^J sign patterns are as extreme: 2/32 and 2/64."""
    assert sign_flip.p_value([0.1 + 0.01 * j for j in range(replicates)]) == smallest


def test_sign_flips_of_nothing():
    assert sign_flip.p_value([0.0] * 5) == 1.0
    with pytest.raises(BadInput):
        sign_flip.p_value([])
    with pytest.raises(BadInput, match="2 or more"):
        sign_flip.p_value([0.1])

"""The exact floor of the sign-flip test."""

from __future__ import annotations

import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence.statistics import sign_flip


@pytest.mark.parametrize("replicates, smallest", [(5, 0.0625), (6, 0.03125)])
def test_smallest_p(replicates, smallest):
    """2 of the 2^J sign patterns are as extreme: 2/32 and 2/64."""
    assert sign_flip.p_value([0.1 + 0.01 * j for j in range(replicates)]) == smallest


def test_sign_flips_of_nothing():
    assert sign_flip.p_value([0.0] * 5) == 1.0
    with pytest.raises(BadInput):
        sign_flip.p_value([])
    with pytest.raises(BadInput, match="2 or more"):
        sign_flip.p_value([0.1])

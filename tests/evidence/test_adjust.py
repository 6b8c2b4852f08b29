"""Holm's and Benjamini and Hochberg's adjustments by hand arithmetic."""

from __future__ import annotations

import pytest

from mixedfer.evidence.statistics import adjust


def test_holm_steps_down():
    """Sorted .01, .03, .04 are multiplied by 3, 2, 1 and may not decrease: .03, .06, .06 (Holm 1979)."""
    assert adjust.holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_benjamini_hochberg_steps_up():
    """Sorted .01, .03, .04 are multiplied by 3/1, 3/2, 3/3 and may not exceed the next: .03, .04, .04."""
    assert adjust.benjamini_hochberg([0.04, 0.01, 0.03]) == pytest.approx([0.04, 0.03, 0.04])


@pytest.mark.parametrize("method", [adjust.holm, adjust.benjamini_hochberg])
def test_withheld_is_not_counted(method):
    assert method([None, 0.02, None, 0.5]) == [None, pytest.approx(0.04), None, pytest.approx(0.5)]
    assert method([None]) == [None]
    assert method([]) == []

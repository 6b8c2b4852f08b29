"""The verdict by a margin set in advance, at and around its borders."""

from __future__ import annotations

import pytest

from mixedfer.evidence.statistics.finding import Estimate, conclude, verdict, withhold

MARGIN = 0.01


@pytest.mark.parametrize("difference, ci95, ci90, word, lean", [
    (0.03, (0.011, 0.05), (0.015, 0.045), "helps", "positive, larger than the margin"),
    (-0.03, (-0.05, -0.011), (-0.045, -0.015), "hurts", "negative, larger than the margin"),
    (0.001, (-0.010, 0.012), (-0.008, 0.0099), "equivalent", "no difference resolved, smaller than the margin"),
    (0.004, (0.001, 0.009), (0.002, 0.008), "equivalent", "positive, smaller than the margin"),
    (0.03, (0.010, 0.05), (0.015, 0.045), "inconclusive", "positive, size unresolved"),
    (-0.03, (-0.05, -0.001), (-0.045, -0.005), "inconclusive", "negative, size unresolved"),
    (0.005, (-0.02, 0.03), (-0.016, 0.026), "inconclusive", "leans positive, direction unresolved"),
    (0.0, (-0.012, 0.012), (-0.010, 0.010), "inconclusive", "no difference, direction unresolved"),
])
def test_verdict(difference, ci95, ci90, word, lean):
    assert verdict(difference, ci95, ci90, MARGIN) == (word, lean)


@pytest.mark.parametrize("difference", [-0.03, -0.012, 0.0, 0.004, 0.012, 0.05])
@pytest.mark.parametrize("se", [0.001, 0.004, 0.02])
def test_verdict_p_and_intervals_tell_one_story(difference, se):
    found = conclude(Estimate(difference, se, 9.0), margin=MARGIN, control="a", treatment="b", test="t")
    assert (found.p < 0.05) == (found.ci95[0] > 0 or found.ci95[1] < 0)
    assert (found.verdict == "helps") == (found.ci95[0] > MARGIN)
    assert (found.verdict == "hurts") == (found.ci95[1] < -MARGIN)
    assert (found.verdict == "equivalent") == (found.p_equivalence < 0.05)
    assert found.ci95[0] <= found.ci90[0] <= difference <= found.ci90[1] <= found.ci95[1]


@pytest.mark.parametrize("difference, word", [(-0.5, "helps"), (0.5, "hurts"), (0.0, "equivalent"), (0.012, "inconclusive")])
def test_where_less_is_better(difference, word):
    """A log loss that falls is a gain; the sign of the difference stays."""
    found = conclude(Estimate(difference, 0.003, 30), margin=MARGIN, control="a", treatment="b", test="t",
                     higher_is_better=False)
    assert (found.verdict, found.estimate) == (word, difference)


def test_the_floor_becomes_an_effect():
    found = conclude(Estimate(0.0, 0.004, 9, floor=(0.002, 99)), margin=MARGIN, control="a", treatment="b", test="t")
    assert 0 < found.mde_unlimited_replicates < found.mde
    without = conclude(Estimate(0.0, 0.004, 9), margin=MARGIN, control="a", treatment="b", test="t")
    assert without.mde_unlimited_replicates is None


def test_withheld_has_no_number_but_the_difference():
    found = withhold(-0.02, control="a", treatment="b", why="so", verdict="not comparable")
    assert (found.estimate, found.verdict) == (-0.02, "not comparable")
    assert (found.test, found.lean) == ("none: so", "negative, untested")
    assert {found.p, found.p_adjusted, found.ci95, found.ci90, found.mde, found.mde_unlimited_replicates, found.se} == {None}

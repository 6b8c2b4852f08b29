"""The verdict by a margin set in advance, at and around its borders."""

from __future__ import annotations

import pytest

from mixedfer.evidence.statistics.finding import Estimate, conclude, verdict, withhold

MARGIN = 0.01


@pytest.mark.parametrize("difference, p, p_adjusted, p_beyond, p_equivalence, word, lean", [
    (0.03, 0.001, 0.001, 0.049, 1.0, "helps", "positive, larger than the margin"),
    (-0.03, 0.001, 0.001, 0.049, 1.0, "hurts", "negative, larger than the margin"),
    (0.03, 0.001, 0.002, 0.05, 1.0, "inconclusive", "positive, size unresolved"),
    (0.03, 0.03, 0.06, 0.2, 1.0, "inconclusive", "positive, not significant after Holm"),
    (0.001, 0.8, 0.8, 1.0, 0.04, "equivalent", "no difference resolved, smaller than the margin"),
    (0.004, 0.01, 0.02, 1.0, 0.01, "equivalent", "positive, smaller than the margin"),
    (0.004, 0.03, 0.06, 1.0, 0.01, "equivalent", "no difference resolved, smaller than the margin"),
    (-0.005, 0.4, 0.4, 1.0, 0.3, "inconclusive", "leans negative, direction unresolved"),
    (0.0, 1.0, 1.0, 1.0, 0.2, "inconclusive", "no difference, direction unresolved"),
])
def test_verdict(difference, p, p_adjusted, p_beyond, p_equivalence, word, lean):
    assert verdict(difference, p=p, p_adjusted=p_adjusted, p_beyond=p_beyond, p_equivalence=p_equivalence) == (word, lean)


@pytest.mark.parametrize("difference", [-0.03, -0.012, 0.0, 0.004, 0.012, 0.05])
@pytest.mark.parametrize("se", [0.001, 0.004, 0.02])
def test_verdict_p_and_intervals_tell_one_story(difference, se):
    found = conclude(Estimate(difference, se, 9.0), margin=MARGIN, control="a", treatment="b", test="t")
    assert (found.p < 0.05) == (found.ci95[0] > 0 or found.ci95[1] < 0)
    assert (found.p_beyond < 0.05) == (found.ci95[0] > MARGIN or found.ci95[1] < -MARGIN)
    assert (found.verdict == "helps") == (found.ci95[0] > MARGIN)
    assert (found.verdict == "hurts") == (found.ci95[1] < -MARGIN)
    assert (found.verdict == "equivalent") == (found.p_equivalence < 0.05)
    assert found.ci95[0] <= found.ci90[0] <= difference <= found.ci90[1] <= found.ci95[1]


@pytest.mark.parametrize("difference, word", [(-0.5, "helps"), (0.5, "hurts"), (0.0, "equivalent"), (0.012, "inconclusive")])
def test_where_less_is_better(difference, word):
    """A log loss that falls is a gain; the sign of the difference stays, and no word of praise or blame goes with it."""
    found = conclude(Estimate(difference, 0.003, 30), margin=MARGIN, control="a", treatment="b", test="t",
                     higher_is_better=False)
    assert (found.verdict, found.estimate) == (word, difference)
    assert not {"positive", "negative"} & set(found.lean.replace(",", "").split())
    assert ("lower" in found.lean, "higher" in found.lean) == (difference < 0, difference > 0)


def test_the_floor_becomes_an_effect():
    found = conclude(Estimate(0.0, 0.004, 9, floor=(0.002, 99)), margin=MARGIN, control="a", treatment="b", test="t")
    assert 0 < found.mde_unlimited_replicates < found.mde
    without = conclude(Estimate(0.0, 0.004, 9), margin=MARGIN, control="a", treatment="b", test="t")
    assert without.mde_unlimited_replicates is None


def test_withheld_has_no_number_but_the_difference():
    found = withhold(-0.02, control="a", treatment="b", why="so", verdict="not comparable")
    assert (found.estimate, found.verdict) == (-0.02, "not comparable")
    assert (found.test, found.lean) == ("none: so", "negative, untested")
    assert {found.p, found.p_adjusted, found.p_beyond, found.p_beyond_adjusted, found.p_equivalence, found.ci95, found.ci90,
            found.mde, found.mde_unlimited_replicates, found.se} == {None}

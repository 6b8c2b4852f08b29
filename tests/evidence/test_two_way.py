"""The default test against published numbers, a textbook analysis of variance, and simulations with a known truth."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from mixedfer import metrics
from mixedfer.errors import BadInput, Fault
from mixedfer.evidence.statistics import jackknife, mcnemar, two_way
from tests.evidence.synthetic import scores


def test_published_mean_squares():
    """MRMCaov's VanDyke example (Smith, Hillis & Pesce, J. Stat. Softw.): 5 readers, 2 modalities.

    It prints mean squares of 114 cases' scores divided by 114, and covariances instead of case mean squares:
    den = MSTR + J max(Cov2 - Cov3, 0).
    """
    mst, mstr, cov2, cov3 = 114 * np.array([0.02390123, 0.001802469, 0.0010145903, 0.0006604938])
    squares = two_way.MeanSquares(arm=mst, replicate=mstr, case=5 * cov2, rest=5 * cov3)
    found = two_way.from_mean_squares(-0.09777778, squares, replicates=5, cases=114)
    assert squares.arm / squares.denominator == pytest.approx(6.689493, abs=5e-6)
    assert (found.difference / found.se) ** 2 == pytest.approx(6.689493, abs=5e-6)
    assert found.ddf == pytest.approx(15.71732, abs=5e-6)
    assert found.p == pytest.approx(0.02008822, abs=5e-8)
    assert found.se == pytest.approx(0.03780451, abs=5e-9)
    assert found.interval(0.95) == pytest.approx((-0.1780371, -0.0175185), abs=5e-8)


def textbook(control, treatment):
    """Mean squares of the crossed layout by explicit cell, row and column means (any analysis of variance textbook)."""
    y = np.stack([control, treatment]).astype(float)
    arms, replicates, images = y.shape
    m = y.mean()
    t, r, c = (y.mean(axes, keepdims=True) for axes in ((1, 2), (0, 2), (0, 1)))
    tr, tc, rc = (y.mean(axis, keepdims=True) for axis in (2, 1, 0))
    ms_t = replicates * images * ((t - m) ** 2).sum() / (arms - 1)
    ms_tr = images * ((tr - t - r + m) ** 2).sum() / ((arms - 1) * (replicates - 1))
    ms_tc = replicates * ((tc - t - c + m) ** 2).sum() / ((arms - 1) * (images - 1))
    rest = y - tr - tc - rc + t + r + c - m
    return ms_t, ms_tr, ms_tc, (rest**2).sum() / ((arms - 1) * (replicates - 1) * (images - 1))


@pytest.mark.parametrize("kind", [bool, int, float])
def test_mean_squares_are_those_of_the_textbook(kind):
    control, treatment = scores(np.random.default_rng(3), 4, 60, (0.6, 0.7)).astype(kind)
    if kind is float:
        control = control + np.random.default_rng(4).normal(size=control.shape)
    squares, difference = two_way.mean_squares(control, treatment)
    assert (squares.arm, squares.replicate, squares.case, squares.rest) == pytest.approx(textbook(control, treatment))
    assert difference == pytest.approx(treatment.mean() - control.mean())


def test_identical_arms_differ_by_exactly_nothing():
    right = scores(np.random.default_rng(0), 5, 300, (0.7,))[0]
    finding = two_way.compare(right, right, margin=0.01)
    assert finding.estimate == 0.0 and finding.verdict == "inconclusive"
    assert {finding.p, finding.ci95, finding.ci90, finding.p_equivalence, finding.mde, finding.se} == {None}
    assert finding.test == "none: the arms never disagreed, which leaves no spread to judge by"


@pytest.mark.parametrize("kind", [bool, int, float])
def test_a_constant_difference_is_not_certainty(kind):
    finding = two_way.compare(np.zeros((3, 7), kind), np.ones((3, 7), kind) if kind is bool else
                              np.full((3, 7), 3).astype(kind) / 10, margin=0.01)
    assert finding.estimate == pytest.approx(1 if kind is bool else 0.3)
    assert (finding.p, finding.ci95, finding.verdict) == (None, None, "inconclusive")
    assert finding.test == "none: the arms differ by the same amount on every image, which leaves no spread to judge by"


def test_copies_of_one_replicate_leave_the_paired_test_over_images():
    one, other = scores(np.random.default_rng(1), 1, 400, (0.6, 0.7))
    found = two_way.estimate(np.tile(one, (4, 1)), np.tile(other, (4, 1)))
    gap = other[0].astype(float) - one[0]
    assert found.se == pytest.approx(gap.std(ddof=1) / math.sqrt(400)) and found.ddf == 399
    assert found.p == pytest.approx(ttest_1samp(gap, 0).pvalue)


def test_few_subjects_allow_few_degrees_of_freedom():
    """Where cases are all that varies, Hillis' degrees are unlimited; K cases can give K - 1."""
    squares = two_way.MeanSquares(arm=1.0, replicate=0.01, case=1.0, rest=0.01)
    assert two_way.from_mean_squares(0.1, squares, replicates=10, cases=5).ddf == 4
    assert two_way.from_mean_squares(0.1, squares, replicates=10, cases=10**6).ddf == pytest.approx(9 * (1 / 0.01) ** 2)


def test_the_floor_is_what_unlimited_replicates_leave():
    """2 (MS_TC - MS_TRC) / (J K), with K - 1 degrees of freedom."""
    squares = two_way.MeanSquares(arm=1.0, replicate=0.3, case=0.5, rest=0.1)
    se, ddf = two_way.from_mean_squares(0.1, squares, replicates=10, cases=200).floor
    assert (se**2, ddf) == (pytest.approx(2 * 0.4 / 2000), 199)
    # Ten times the replicates with the same components: the standard error comes close to the floor.
    more = two_way.MeanSquares(arm=1.0, replicate=0.3, case=0.1 + 1000 * 0.4, rest=0.1)
    assert two_way.from_mean_squares(0.1, more, replicates=10_000, cases=200).se == pytest.approx(se, rel=0.01)


def test_a_floor_that_comes_out_at_0_is_not_known():
    """MS_TC below MS_TRC: unlimited replicates would not bring the error to 0, the cases' part is too small to be seen."""
    squares = two_way.MeanSquares(arm=1.0, replicate=0.3, case=0.1, rest=0.2)
    assert two_way.from_mean_squares(0.1, squares, replicates=10, cases=200).floor is None


def test_the_finding_names_its_cases():
    control, treatment = scores(np.random.default_rng(0), 5, 300, (0.7, 0.72))
    assert two_way.compare(control, treatment, margin=0.01).test == "two-way random effects over replicates and images"
    found = two_way.compare(control, treatment, margin=0.01, cases="subjects")
    assert found.test == "two-way random effects over replicates and subjects"


def test_replicates_that_tie_by_chance_are_not_certainty():
    """Each replicate differs on one image in 4, on another one: MS_TR is 0 and MS_TC < MS_TRC, yet nothing is sure."""
    found = two_way.estimate(np.zeros((2, 4), bool), np.array([[1, 0, 0, 0], [0, 1, 0, 0]], bool))
    assert found.se > 0.1 and found.p > 0.05


def test_pseudovalues_that_tie_by_chance_are_not_certainty():
    """Two replicates with one balanced accuracy: what rounding leaves between their sums is no spread of seeds."""
    rng, truth, ties = np.random.default_rng(0), np.repeat([0, 1], 30), 0
    for _ in range(200):
        answers = np.where(rng.random((2, 2, 60)) < 0.8, truth, 1 - truth)
        control, treatment = (np.stack([jackknife.pseudovalues(metrics.score, metrics.of("balanced_accuracy").parts(truth, run))
                                        for run in np.eye(2)[arm]]) for arm in answers)
        if np.ptp((treatment - control).mean(1)) < 1e-12:
            ties += 1
            assert two_way.mean_squares(control, treatment)[0].replicate == 0
            assert two_way.estimate(control, treatment).se > 0.01
    assert ties > 5


def test_one_replicate_says_nothing_about_new_seeds():
    control, treatment = scores(np.random.default_rng(0), 1, 500, (0.5, 0.9))
    finding = two_way.compare(control, treatment, margin=0.01)
    assert finding.estimate == pytest.approx(treatment.mean() - control.mean()) and finding.estimate > 0.3
    assert (finding.p, finding.ci95, finding.ci90, finding.p_adjusted, finding.mde) == (None,) * 5
    assert (finding.verdict, finding.test) == ("inconclusive", "none: one replicate says nothing about new seeds")


@pytest.mark.parametrize("control, treatment, error", [
    (np.ones((3, 5), bool), np.ones((3, 6), bool), BadInput),
    (np.ones((3, 1), bool), np.ones((3, 1), bool), BadInput),
    (np.ones((3, 0), bool), np.ones((3, 0), bool), BadInput),
    (np.ones(5, bool), np.ones(5, bool), BadInput),
    (np.full((3, 5), np.nan), np.ones((3, 5)), Fault),
])
def test_bad_scores_are_refused(control, treatment, error):
    with pytest.raises(error):
        two_way.compare(control, treatment, margin=0.01)


def rejections(accuracies, replicates, images, repeats, seed):
    """Share of simulated studies in which the two-way test and the pooled McNemar test find a difference at 5%."""
    rng = np.random.default_rng(seed)
    two, pooled = 0, 0
    for _ in range(repeats):
        control, treatment = scores(rng, replicates, images, accuracies)
        two += two_way.estimate(control, treatment).p < 0.05
        pooled += mcnemar.compare(control.ravel(), treatment.ravel()).exact < 0.05
    return two / repeats, pooled / repeats


def test_error_rate_where_the_arms_are_equal():
    """Nominal 5%; 400 studies give a standard error of 1.1 points. Pooling all pairs is wrong far more often."""
    two, pooled = rejections((0.7, 0.7), replicates=10, images=300, repeats=400, seed=5)
    assert 0.02 <= two <= 0.085
    assert pooled > 0.2


def test_a_large_study_is_light():
    control, treatment = scores(np.random.default_rng(0), 20, 100_000, (0.7, 0.72))
    tracemalloc.start()
    two_way.compare(control, treatment, margin=0.01)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * control.nbytes

"""Which test a study gets, what several treatments cost, and what collapse does to a verdict."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from synthetic import build

from mixedfer.errors import BadInput
from mixedfer.evidence import comparing, results
from mixedfer.evidence.statistics import corrected_t, two_way


def compare(store, *arguments, **options):
    found = results.load(build(store, *arguments, **options), store)
    return found, comparing.compare_all(found)


def test_replicates_get_the_two_way_test(drawn):
    mixed, landmarks = comparing.compare_all(drawn)
    assert (mixed.treatment, landmarks.treatment) == ("mixed", "landmarks-only")
    alone = two_way.compare(drawn.correct("image-only"), drawn.correct("mixed"), margin=0.02)
    assert (mixed.test, mixed.estimate, mixed.p, mixed.ci95) == (two_way.TEST, alone.estimate, alone.p, alone.ci95)
    assert mixed.p_adjusted == pytest.approx(2 * mixed.p) and landmarks.p_adjusted == pytest.approx(landmarks.p)
    assert mixed.verdict == "helps" and landmarks.verdict == "inconclusive"


def test_folds_get_the_corrected_t(folded):
    (finding,) = comparing.compare_all(folded)
    folds = [folded.fold == fold for fold in range(4)]
    scores = [np.array([folded.correct(arm)[:, fold].mean() for fold in folds]) for arm in ("image-only", "mixed")]
    # 200 images in folds of 50: each model is tested on 50 and trained on 150.
    alone = corrected_t.compare(*scores, test_over_train=1 / 3, margin=0.02)
    assert (finding.test, finding.ddf) == (corrected_t.TEST, 3)
    assert (finding.estimate, finding.p) == pytest.approx((alone.estimate, alone.p))


def test_one_replicate_is_inconclusive(tmp_path):
    _, (finding,) = compare(tmp_path, replicates=1, effect=0.25)
    assert (finding.p, finding.p_adjusted, finding.verdict) == (None, None, "inconclusive")
    assert two_way.ONE_REPLICATE in finding.test and finding.estimate > 0.1


def test_an_arm_against_itself(drawn):
    """A/A with the same seeds: the difference is exactly 0."""
    same = dataclasses.replace(drawn, arms=dict.fromkeys(drawn.arms, drawn.arms["image-only"]))
    for finding in comparing.compare_all(same):
        assert (finding.estimate, finding.p, finding.p_adjusted, finding.ci95) == (0.0, None, None, None)
        assert finding.test == "none: the arms never disagreed, which leaves no spread to judge by"


def test_not_significant_after_holm_is_no_verdict(drawn):
    """p .03 alone; as the smallest of two, Holm makes it .06."""
    finding = dataclasses.replace(comparing.compare_all(drawn)[0], p=0.03, verdict="helps")
    adjusted = comparing._adjust(finding, 0.06)
    assert (adjusted.verdict, adjusted.p_adjusted) == ("inconclusive", 0.06) and "Holm" in adjusted.lean
    assert comparing._adjust(finding, 0.04).verdict == "helps"


def test_two_collapsed_arms_are_not_equivalent(tmp_path):
    """Two constants agree perfectly; a test of them would 'prove' that landmarks do not matter."""
    found, (finding,) = compare(tmp_path, collapsed=("image-only", "mixed"))
    assert found.comparable and finding.estimate == 0
    assert (finding.verdict, finding.p, finding.ci95) == ("inconclusive", None, None)
    assert finding.test == "none: both arms collapsed in every run"


def test_one_collapsed_arm_is_named_beside_the_verdict(tmp_path):
    _, (finding,) = compare(tmp_path, collapsed=("image-only",))
    assert finding.p is not None and "image-only collapsed in 5 of 5 runs" in finding.lean


def test_failing_alike_in_some_runs_is_not_equivalence(tmp_path):
    """One run of each arm answers one constant; the others agree well enough for a wide margin."""
    def fail(arms):
        def edit(arm, fold, replicate, facts):
            if arm in arms and replicate == 1:
                facts["test"]["probabilities"][:] = np.float32([0.5, 0.5])
        return edit
    both, one = fail(("image-only", "mixed")), fail(("mixed",))
    _, (finding,) = compare(tmp_path / "both", effect=0.0, images=400, margin=0.4, edit=both)
    assert (finding.verdict, finding.p_equivalence) == ("inconclusive", None) and finding.ci90[1] < 0.4
    assert finding.lean == ("not called equivalent, because both arms have collapsed runs; "
                            "image-only collapsed in 1 of 5 runs; mixed collapsed in 1 of 5 runs")
    _, (finding,) = compare(tmp_path / "one", effect=0.0, images=400, margin=0.4, edit=one)
    assert finding.verdict == "equivalent" and "mixed collapsed in 1 of 5 runs" in finding.lean


def test_a_class_alone(drawn):
    keep = drawn.truth == 1
    finding = comparing.difference(drawn, "mixed", keep)
    gap = drawn.correct("mixed")[:, keep].mean() - drawn.correct("image-only")[:, keep].mean()
    assert finding.estimate == pytest.approx(gap) and finding.ci95[0] < gap < finding.ci95[1]


def test_too_few_images_are_withheld(drawn, folded):
    one = np.arange(len(drawn.rows)) == 0
    assert comparing.difference(drawn, "mixed", one).test == "none: 1 test images"
    assert comparing.difference(folded, "mixed", folded.fold == 2).test == "none: one fold"


def test_other_metrics_are_refused(drawn):
    with pytest.raises(BadInput, match="accuracy"):
        comparing.compare_all(dataclasses.replace(drawn, plan=dataclasses.replace(drawn.plan, metric="auc")))

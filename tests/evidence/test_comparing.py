"""Which test a study gets, what several treatments cost, and what collapse does to a verdict."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence import comparing, results
from mixedfer.evidence.proof import Check
from mixedfer.evidence.statistics import corrected_t, two_way
from mixedfer.evidence.statistics.finding import adjusted
from mixedfer.metrics import METRICS
from tests.evidence.synthetic import build, changed


def compare(store, *arguments, **options):
    found = results.load(build(store, *arguments, **options), store)
    return found, comparing.compare_all(found)


def without_subjects(study):
    unknown = np.full(len(study.faces), -1)
    return dataclasses.replace(study, faces=dataclasses.replace(study.faces, subjects=unknown))


def with_metric(study, metric):
    return dataclasses.replace(study, plan=changed(study.plan, metric=metric))


def test_replicates_get_the_two_way_test(drawn):
    alone = without_subjects(drawn)
    mixed, landmarks = comparing.compare_all(alone)
    assert (mixed.treatment, landmarks.treatment) == ("mixed", "landmarks-only")
    wanted = two_way.compare(drawn.correct("image-only"), drawn.correct("mixed"), margin=0.02)
    assert mixed.test == "two-way random effects over replicates and images"
    assert (mixed.estimate, mixed.p, mixed.ci95) == (wanted.estimate, wanted.p, wanted.ci95)
    assert mixed.verdict == "helps" and landmarks.verdict == "inconclusive"


def test_subjects_are_the_cases_where_they_are_known(drawn):
    """40 subjects of 10 images each: the pseudovalues of equally large subjects are their own accuracies."""
    subjects = np.full(len(drawn.faces), -1)
    subjects[drawn.rows] = np.arange(400) // 10
    study = dataclasses.replace(drawn, faces=dataclasses.replace(drawn.faces, subjects=subjects))
    mixed, _ = comparing.compare_all(study)
    tables = [drawn.correct(arm).reshape(5, 40, 10).mean(2) for arm in ("image-only", "mixed")]
    wanted = two_way.compare(*tables, margin=0.02)
    assert mixed.test == "two-way random effects over replicates and subjects"
    assert (mixed.estimate, mixed.se, mixed.ddf) == pytest.approx((wanted.estimate, wanted.se, wanted.ddf))


def test_one_image_per_subject_is_images(drawn):
    own = dataclasses.replace(drawn, faces=dataclasses.replace(drawn.faces, subjects=np.arange(len(drawn.faces))))
    assert comparing.compare_all(own) == comparing.compare_all(without_subjects(drawn))


def test_an_image_without_a_subject_is_a_case_of_its_own(drawn):
    """40 subjects of 10 images each, but for three images of the first: 43 cases."""
    subjects = np.full(len(drawn.faces), -1)
    subjects[drawn.rows[3:]] = np.arange(3, 400) // 10
    study = dataclasses.replace(drawn, faces=dataclasses.replace(drawn.faces, subjects=subjects))
    kind, numbers = comparing.cases(study, comparing.everything(study))
    assert kind == "subjects" and len(np.unique(numbers)) == 3 + 40
    assert len(np.unique(numbers[:3])) == 3 and set(numbers[:3]).isdisjoint(numbers[3:]) and len(set(numbers[3:10])) == 1
    assert comparing.compare_all(study)[0].test == "two-way random effects over replicates and subjects"


def test_four_people_are_too_few(drawn):
    four = dataclasses.replace(drawn, faces=dataclasses.replace(drawn.faces, subjects=np.arange(len(drawn.faces)) % 4))
    for finding in comparing.compare_all(four):
        assert (finding.p, finding.ci95, finding.verdict) == (None, None, "inconclusive")
        assert finding.test == "none: 4 test subjects, too few to judge new ones by"
        gap = drawn.correct(finding.treatment).mean() - drawn.correct("image-only").mean()
        assert finding.estimate == pytest.approx(gap)


@pytest.mark.parametrize("metric", ["macro_f1", "balanced_accuracy"])
def test_other_metrics(drawn, metric):
    """Two classes of 200 images, 10 points between the arms: all three scores tell nearly the same."""
    study = with_metric(drawn, metric)
    finding, accuracy = comparing.compare_all(study)[0], comparing.compare_all(drawn)[0]
    runs = {arm: [METRICS[metric](drawn.truth, run) for run in drawn.arms[arm].probabilities]
            for arm in ("image-only", "mixed")}
    assert finding.estimate == pytest.approx(np.mean(runs["mixed"]) - np.mean(runs["image-only"]))
    assert finding.estimate == pytest.approx(accuracy.estimate, abs=0.01)
    assert finding.se == pytest.approx(accuracy.se, rel=0.2) and finding.verdict == "helps"


def test_less_log_loss_helps(drawn):
    """The sign stays treatment minus control; a fall in log loss is a gain."""
    finding = comparing.compare_all(with_metric(drawn, "log_loss"))[0]
    assert finding.estimate < 0 and finding.ci95[1] < -0.02 and finding.verdict == "helps"
    assert finding.lean == "lower, larger than the margin"


@pytest.mark.parametrize("metric", ["macro_f1", "log_loss"])
def test_folds_are_scored_by_the_metric(folded, metric):
    study = with_metric(folded, metric)
    (finding,) = comparing.compare_all(study)
    wanted = [np.mean([[METRICS[metric](folded.truth[folded.fold == fold], run[folded.fold == fold])
                        for fold in range(4)] for run in folded.arms[arm].probabilities], 0)
              for arm in ("image-only", "mixed")]
    alone = corrected_t.compare(*wanted, test_over_train=1 / 3, margin=0.02)
    assert (finding.estimate, finding.p) == pytest.approx((alone.estimate, alone.p))


def test_folds_get_the_corrected_t(folded):
    (finding,) = comparing.compare_all(folded)
    folds = [folded.fold == fold for fold in range(4)]
    scores = [np.array([folded.correct(arm)[:, fold].mean() for fold in folds]) for arm in ("image-only", "mixed")]
    # 200 images in folds of 50: each model is tested on 50 and trained on 150.
    alone = corrected_t.compare(*scores, test_over_train=1 / 3, margin=0.02)
    assert (finding.test, finding.ddf) == (corrected_t.TEST, 3)
    assert (finding.estimate, finding.p) == pytest.approx((alone.estimate, alone.p))


def test_folds_are_corrected_by_what_they_were_trained_on(folded):
    """Nadeau and Bengio's n_test / n_train: 50 tested images, 30 trained ones where a study trains on a share."""
    arms = {name: dataclasses.replace(arm, records=[[dataclasses.replace(run, train=run.train[:30]) for run in group]
                                                    for group in arm.records]) for name, arm in folded.arms.items()}
    (share,), (whole,) = (comparing.compare_all(study) for study in (dataclasses.replace(folded, arms=arms), folded))
    assert share.se / whole.se == pytest.approx(((1 / 4 + 50 / 30) / (1 / 4 + 50 / 150)) ** 0.5)


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
    """p .03 alone; as the smallest of two, Holm makes it .06. Both the direction and "beyond the margin" must survive."""
    alone = dataclasses.replace(comparing.difference(drawn, "mixed"), p=0.001, p_beyond=0.03, p_equivalence=1.0)
    told = adjusted(alone, 0.002, 0.06)
    assert (told.verdict, told.lean, told.p_beyond_adjusted) == ("inconclusive", "positive, size unresolved", 0.06)
    assert adjusted(alone, 0.002, 0.04).verdict == "helps"
    told = adjusted(dataclasses.replace(alone, p=0.03, p_beyond=1.0), 0.06, 1.0)
    assert (told.verdict, told.lean) == ("inconclusive", "positive, not significant after Holm")


def test_holm_is_over_both_questions(drawn):
    """Two treatments: the p of no difference and the p of none beyond the margin are both adjusted for two."""
    mixed, landmarks = comparing.compare_all(drawn)
    assert mixed.p_adjusted == pytest.approx(2 * mixed.p) and landmarks.p_adjusted == pytest.approx(landmarks.p)
    assert mixed.p_beyond_adjusted == pytest.approx(2 * mixed.p_beyond) and mixed.p < mixed.p_beyond < 0.05
    assert landmarks.p_beyond_adjusted >= 0.05


def test_two_collapsed_arms_are_not_equivalent(tmp_path):
    """Two constants agree perfectly; a test of them would 'prove' that landmarks do not matter."""
    found, (finding,) = compare(tmp_path, collapsed=("image-only", "mixed"))
    assert found.comparable and finding.estimate == 0
    assert (finding.verdict, finding.p, finding.ci95) == ("inconclusive", None, None)
    assert finding.test == "none: image-only and mixed collapsed in every run"


@pytest.mark.parametrize("arm", ["image-only", "mixed"])
def test_an_arm_that_collapsed_in_every_run_is_not_tested(tmp_path, arm):
    """A gain over a constant would be told as a gain of landmarks."""
    found, (finding,) = compare(tmp_path, collapsed=(arm,), images=400)
    assert (finding.verdict, finding.p, finding.ci95) == ("inconclusive", None, None) and abs(finding.estimate) > 0.1
    assert finding.test == f"none: {arm} collapsed in every run"
    assert len(comparing.collapsed(found, arm)) == 5
    assert comparing.difference(found, "mixed", found.truth == 0, "log_loss").ci95 is None


def test_arms_that_are_not_comparable_have_no_verdict(drawn):
    failed = [*drawn.checks, Check("split", False, "")]
    for finding in comparing.compare_all(dataclasses.replace(drawn, checks=failed)):
        assert (finding.verdict, finding.p, finding.ci95) == ("not comparable", None, None)
        assert finding.test == "none: the arms are not comparable (split)"


def test_failing_alike_in_some_runs_is_not_equivalence(tmp_path):
    """One run of an arm answers one constant; the others agree well enough for a wide margin, or differ by far."""
    def fail(arms):
        def edit(arm, fold, replicate, facts):
            if arm in arms and replicate == 1:
                facts["test"]["probabilities"][:] = np.float32([0.5, 0.5])
        return edit
    both, one = fail(("image-only", "mixed")), fail(("mixed",))
    _, (finding,) = compare(tmp_path / "both", effect=0.0, images=400, margin=0.4, edit=both)
    assert (finding.verdict, finding.p_equivalence) == ("inconclusive", None) and finding.ci90[1] < 0.4
    assert finding.lean.endswith(", but image-only collapsed in 1 of 5 runs and mixed collapsed in 1 of 5 runs")
    _, (finding,) = compare(tmp_path / "one", effect=0.0, images=400, margin=0.4, edit=one)
    assert finding.verdict == "inconclusive" and finding.lean.endswith(", but mixed collapsed in 1 of 5 runs")
    _, (finding,) = compare(tmp_path / "far", effect=0.25, images=400, replicates=8, accuracy=0.6, edit=fail(("image-only",)))
    assert finding.ci95[0] > 0.02 and finding.verdict == "inconclusive"
    assert finding.lean == "positive, but image-only collapsed in 1 of 8 runs"


def test_a_class_alone(drawn):
    keep = drawn.truth == 1
    finding = comparing.difference(drawn, "mixed", keep)
    gap = drawn.correct("mixed")[:, keep].mean() - drawn.correct("image-only")[:, keep].mean()
    assert finding.estimate == pytest.approx(gap) and finding.ci95[0] < gap < finding.ci95[1]


def test_too_few_images_are_withheld(drawn, folded):
    one = np.arange(len(drawn.rows)) == 0
    assert comparing.difference(drawn, "mixed", one).test == "none: 1 test image, too few to judge new ones by"
    with pytest.raises(BadInput, match="no test images"):
        comparing.difference(drawn, "mixed", np.zeros(len(drawn.rows), bool))
    assert comparing.difference(folded, "mixed", folded.fold == 2).test == "none: one fold"


def test_an_unknown_metric_is_refused(drawn):
    with pytest.raises(BadInput, match="no metric is called 'auc'"):
        comparing.compare_all(with_metric(drawn, "auc"))

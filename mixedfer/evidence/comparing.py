"""`Results` -> one `Finding` per treatment: which test fits the study's design, and Holm over its treatments.

    no folds, 2 replicates or more    two-way random effects over replicates and cases
    no folds, 1 replicate             none: one replicate says nothing about new seeds
    folds                             Nadeau-Bengio corrected t over folds, each the mean of its replicates
    a failed check of the proof       none, anywhere: the arms did not differ in their inputs alone
    both arms collapsed in all runs   none: two constants agree whatever the landmarks are worth
    no spread of the difference       none: an error of exactly 0 is chance, not certainty

The cases are subjects where every tested image has one and some subject has several images: images of one person are not
independent, and a test that took them so would find differences that are not there (18% to 50% of the time in simulation
instead of 5%). Fewer than five subjects are no sample of people, and nothing is tested.

Any metric of `metrics.HIGHER_IS_BETTER` can be the study's. Where both arms have collapsed runs, "equivalent" is withheld
too: failing alike is no sign of being equally good.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from mixedfer.evidence import metrics
from mixedfer.evidence.results import Results
from mixedfer.evidence.statistics import adjust, corrected_t, jackknife, two_way
from mixedfer.evidence.statistics.finding import Finding, withhold

LEVEL = 0.05
NOT_COMPARABLE = "not comparable"
#: Cases below which nothing is tested.
ENOUGH = {"images": 2, "subjects": 5}


def compare_all(results: Results) -> list[Finding]:
    """One finding per treatment, in the order of the study, with `p_adjusted` after Holm over the treatments.

    A treatment "helps" or "hurts" only if it also stays significant after Holm. Where the arms are not comparable the
    verdict is "not comparable". Raises BadInput for an unknown metric.
    """
    fallen = {name: collapsed(results, name) for name in results.arms}
    found = [_withheld(results, treatment, fallen) or difference(results, treatment)
             for treatment in results.plan.treatments]
    adjusted = adjust.holm([finding.p for finding in found])
    return [_doubt(_adjust(finding, p), fallen) for finding, p in zip(found, adjusted)]


def difference(results: Results, treatment: str, keep: np.ndarray | None = None, metric: str = "") -> Finding:
    """Treatment minus control by the test that fits the design, on all tested images or on those in `keep` (K,) bool.

    In the study's metric or another one, and not adjusted. Where the cases kept are too few for the test, the finding is
    withheld and says so. Raises BadInput where no image is kept.
    """
    metric = metric or results.plan.metric
    keep = everything(results) if keep is None else keep
    names = (results.plan.control, treatment)
    options = {"margin": results.plan.margin, "names": names, "higher_is_better": metrics.higher_is_better(metric)}
    if len(np.unique(results.fold)) > 1:
        one, two = (scores(results, name, metric, keep).mean(0) for name in names)
        if len(one) < 2:
            return withhold(float(two[0] - one[0]), control=names[0], treatment=treatment, why="one fold")
        return corrected_t.compare(one, two, test_over_train=_test_over_train(results), **options)
    kind, numbers = cases(results, keep)
    count = len(np.unique(numbers))
    if count < ENOUGH[kind]:
        return withhold(_gap(results, treatment, metric, keep), control=names[0], treatment=treatment,
                        why=f"{count} test {kind}, too few to judge new ones by")
    return two_way.compare(*(table(results, name, metric, keep) for name in names), cases=kind, **options)


def everything(results: Results) -> np.ndarray:
    """(K,) bool: all tested images."""
    return np.ones(len(results.rows), bool)


def cases(results: Results, keep: np.ndarray) -> tuple[str, np.ndarray]:
    """What is independent among the images kept: "subjects" or "images", and the number 0.. of each image's case."""
    subjects = np.asarray(results.faces.subjects)[results.rows[keep]]
    people, numbers = np.unique(subjects, return_inverse=True)
    if len(people) < len(subjects) and people[0] >= 0:
        return "subjects", numbers
    return "images", np.arange(len(subjects))


def case_sums(results: Results, arm: str, metric: str, keep: np.ndarray) -> np.ndarray:
    """(J, G, ratios, 2): what each of G cases adds to the sums of a metric (see `metrics.parts`) in each replicate."""
    return np.stack(list(_case_sums(results, arm, metric, keep, cases(results, keep)[1])))


def scores(results: Results, arm: str, metric: str, keep: np.ndarray) -> np.ndarray:
    """(J, F) the metric of every run of an arm on the images kept, by replicate and by fold that has any of them."""
    folds = np.unique(results.fold[keep], return_inverse=True)[1]
    return np.stack([metrics.score(sums) for sums in _case_sums(results, arm, metric, keep, folds)])


def _case_sums(results: Results, arm: str, metric: str, keep: np.ndarray, numbers: np.ndarray) -> Iterator[np.ndarray]:
    for probabilities in results.arms[arm].probabilities:
        yield jackknife.by_case(metrics.parts(metric, results.truth[keep], probabilities[keep]), numbers)


def table(results: Results, arm: str, metric: str, keep: np.ndarray) -> np.ndarray:
    """(J, G) pseudovalues: what each case adds to the metric; right or wrong for the accuracy of independent images."""
    kind, numbers = cases(results, keep)
    if (metric, kind) == ("accuracy", "images"):
        return results.correct(arm)[:, keep]
    return np.stack([jackknife.pseudovalues(metrics.score, sums)
                     for sums in _case_sums(results, arm, metric, keep, numbers)])


def _gap(results: Results, treatment: str, metric: str, keep: np.ndarray) -> float:
    one, two = (scores(results, name, metric, keep).mean() for name in (results.plan.control, treatment))
    return float(two - one)


def collapsed(results: Results, arm: str) -> dict[tuple[int, int], str]:
    """(replicate, fold) -> why that run of an arm has learnt nothing; runs that learnt are left out."""
    reasons = {}
    for replicate, group in enumerate(results.arms[arm].records):
        for fold, run in zip(np.unique(results.fold), group):
            truth = np.asarray(results.faces.labels)[run.test.rows]
            if reason := metrics.collapse(truth, run.test.probabilities):
                reasons[replicate, int(fold)] = reason
    return reasons


def _test_over_train(results: Results) -> float:
    """Tested over trained images, averaged over folds; what a fold neither tests nor validates it trains on."""
    group = results.arms[results.plan.control].records[0]
    ratios = [len(run.test.rows) / (len(results.rows) - len(run.test.rows) - len(run.validation.rows)) for run in group]
    return float(np.mean(ratios))


def _withheld(results: Results, treatment: str, fallen: dict[str, dict]) -> Finding | None:
    """The finding of arms that must not be tested at all; None where they may."""
    control, word = results.plan.control, "inconclusive"
    if not results.comparable:
        failed = ", ".join(check.name for check in results.checks if not check.passed)
        why, word = f"the arms are not comparable ({failed})", NOT_COMPARABLE
    elif all(len(fallen[name]) == _runs(results, name) for name in (control, treatment)):
        why = "both arms collapsed in every run"
    else:
        return None
    gap = _gap(results, treatment, results.plan.metric, everything(results))
    return withhold(gap, control=control, treatment=treatment, why=why, verdict=word)


def _adjust(finding: Finding, p: float | None) -> Finding:
    """Put the adjusted p in place; a difference that is not significant after Holm is no verdict."""
    lost = finding.verdict in ("helps", "hurts") and p is not None and p >= LEVEL
    if not lost:
        return dataclasses.replace(finding, p_adjusted=p)
    lean = f"{'positive' if finding.estimate > 0 else 'negative'}, not significant after Holm"
    return dataclasses.replace(finding, p_adjusted=p, verdict="inconclusive", lean=lean)


def _doubt(finding: Finding, fallen: dict[str, dict]) -> Finding:
    """Take back "equivalent" where both arms have collapsed runs, which agree whatever the landmarks are worth."""
    if finding.verdict != "equivalent" or not (fallen[finding.control] and fallen[finding.treatment]):
        return finding
    lean = "not called equivalent, because both arms have collapsed runs"
    return dataclasses.replace(finding, verdict="inconclusive", lean=lean, p_equivalence=None)


def _runs(results: Results, arm: str) -> int:
    return sum(len(group) for group in results.arms[arm].records)

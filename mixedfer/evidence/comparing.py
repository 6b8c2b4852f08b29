"""`Results` -> one `Finding` per treatment: which test fits the study's design, and Holm over its treatments.

    no folds, 2 replicates or more    two-way random effects over replicates and cases
    no folds, 1 replicate             none: one replicate says nothing about new seeds
    folds                             Nadeau-Bengio corrected t over folds, each the mean of its replicates
    a failed check of the proof       none, anywhere: the arms did not differ in their inputs alone
    an arm collapsed in every run     none: what has learnt nothing tells nothing of landmarks
    no spread of the difference       none: an error of exactly 0 is chance, not certainty

The cases are subjects where some subject has several tested images, and an image whose subject is not known is a case of its
own: images of one person are not independent, and a test that took them so would find differences that are not there (29% to
59% of the time in simulation instead of 5%). Fewer than five subjects are no sample of people, and nothing is tested.

Any metric of `mixedfer.metrics` can be the study's. Where some runs of an arm collapsed, the test is told but no
verdict: the gain or the tie may be that of the runs that failed. Its p-values stay among those that Holm adjusts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from mixedfer import metrics
from mixedfer.evidence import collapse, wording
from mixedfer.evidence.results import Results
from mixedfer.evidence.statistics import adjust, corrected_t, jackknife, two_way
from mixedfer.evidence.statistics.finding import LEVEL, Finding, adjusted, direction, leaning, withhold

#: Cases below which nothing is tested.
ENOUGH = {"images": 2, "subjects": 5}


def compare_all(results: Results) -> list[Finding]:
    """One finding per treatment, in the order of the study, judged by what is left of it after Holm over the treatments.

    Where the arms are not comparable the verdict is "not comparable". Raises BadInput for an unknown metric.
    """
    better = metrics.of(results.plan.metric).higher_is_better
    found = [difference(results, treatment) for treatment in results.plan.treatments]
    ps, beyond = (adjust.holm([getattr(finding, name) for finding in found]) for name in ("p", "p_beyond"))
    return [_doubt(results, adjusted(*judged, better), better) for judged in zip(found, ps, beyond)]


def difference(results: Results, treatment: str, keep: np.ndarray | None = None, metric: str = "") -> Finding:
    """Treatment minus control by the test that fits the design, on all tested images or on those in `keep` (K,) bool.

    In the study's metric or another one, and not adjusted. Every interval and p of a difference comes from here, so what is
    withheld (see `refusal`) is withheld everywhere. Where the cases kept are too few for the test, the finding is withheld
    too and says so. Raises BadInput where no image is kept.
    """
    metric = metric or results.plan.metric
    keep = everything(results) if keep is None else keep
    if why := refusal(results, treatment):
        return _withheld(results, treatment, metric, keep, why)
    names = (results.plan.control, treatment)
    options = {"margin": results.plan.margin, "names": names, "higher_is_better": metrics.of(metric).higher_is_better}
    if len(np.unique(results.fold)) > 1:
        one, two = (scores(results, name, metric, keep).mean(0) for name in names)
        if len(one) < 2:
            return _withheld(results, treatment, metric, keep, "one fold")
        return corrected_t.compare(one, two, test_over_train=_test_over_train(results), **options)
    kind, numbers = cases(results, keep)
    count = len(np.unique(numbers))
    if count < ENOUGH[kind]:
        return _withheld(results, treatment, metric, keep,
                         f"{wording.plural(count, f'test {kind[:-1]}')}, too few to judge new ones by")
    return two_way.compare(*(table(results, name, metric, keep) for name in names), cases=kind, **options)


def everything(results: Results) -> np.ndarray:
    """(K,) bool: all tested images."""
    return np.ones(len(results.rows), bool)


def cases(results: Results, keep: np.ndarray) -> tuple[str, np.ndarray]:
    """What is independent among the images kept: "subjects" or "images", and the number 0.. of each image's case."""
    subjects = np.asarray(results.faces.subjects)[results.rows[keep]]
    alone = -1 - np.arange(len(subjects))
    people, numbers = np.unique(np.where(subjects >= 0, subjects, alone), return_inverse=True)
    return ("subjects", numbers) if len(people) < len(subjects) else ("images", np.arange(len(subjects)))


def case_sums(results: Results, arm: str, metric: str, keep: np.ndarray) -> np.ndarray:
    """(J, G, ratios, 2): what each of G cases adds to the sums of a metric (see `metrics.Metric.parts`) in each replicate."""
    return np.stack(list(_case_sums(results, arm, metric, keep, cases(results, keep)[1])))


def scores(results: Results, arm: str, metric: str, keep: np.ndarray) -> np.ndarray:
    """(J, F) the metric of every run of an arm on the images kept, by replicate and by fold that has any of them."""
    folds = np.unique(results.fold[keep], return_inverse=True)[1]
    return np.stack([metrics.score(sums) for sums in _case_sums(results, arm, metric, keep, folds)])


def _case_sums(results: Results, arm: str, metric: str, keep: np.ndarray, numbers: np.ndarray) -> Iterator[np.ndarray]:
    for probabilities in results.arms[arm].probabilities:
        yield jackknife.by_case(metrics.of(metric).parts(results.truth[keep], probabilities[keep]), numbers)


def table(results: Results, arm: str, metric: str, keep: np.ndarray) -> np.ndarray:
    """(J, G) pseudovalues: what each case adds to the metric; right or wrong for the accuracy of independent images."""
    kind, numbers = cases(results, keep)
    if (metric, kind) == ("accuracy", "images"):
        return results.correct(arm)[:, keep]
    return np.stack([jackknife.pseudovalues(metrics.score, sums)
                     for sums in _case_sums(results, arm, metric, keep, numbers)])


def refusal(results: Results, treatment: str) -> str:
    """Why nothing may be tested between this treatment and the control, by whatever test; "" where it may."""
    if not results.comparable:
        return f"the arms are not comparable ({', '.join(check.name for check in results.checks if not check.passed)})"
    lost = [name for name in (results.plan.control, treatment)
            if _runs(results, name) and all(reason for _, reason in _reasons(results, name))]
    return f"{' and '.join(lost)} collapsed in every run" if lost else ""


def collapsed(results: Results, arm: str) -> dict[tuple[int, int], str]:
    """(replicate, fold) -> why that run of an arm has learnt nothing; runs that learnt are left out."""
    return {run: reason for run, reason in _reasons(results, arm) if reason}


def _reasons(results: Results, arm: str) -> Iterator[tuple[tuple[int, int], str]]:
    labels = np.asarray(results.faces.labels)
    for replicate, group in enumerate(results.arms[arm].records):
        for fold, run in zip(np.unique(results.fold), group):
            yield (replicate, int(fold)), collapse.reason(labels[run.test.rows], run.test.probabilities)


def _test_over_train(results: Results) -> float:
    """Tested over trained images, averaged over folds."""
    return float(np.mean([len(run.test.rows) / len(run.train) for run in results.arms[results.plan.control].records[0]]))


def _withheld(results: Results, treatment: str, metric: str, keep: np.ndarray, why: str) -> Finding:
    """The difference in these runs, without any significance."""
    one, two = (scores(results, name, metric, keep).mean() for name in (results.plan.control, treatment))
    return withhold(float(two - one), control=results.plan.control, treatment=treatment, why=why,
                    verdict="inconclusive" if results.comparable else wording.UNPROVEN,
                    higher_is_better=metrics.of(metric).higher_is_better)


def _doubt(results: Results, finding: Finding, higher_is_better: bool) -> Finding:
    """Take a verdict back where runs of either arm collapsed; p and p_beyond stay, for Holm has counted them."""
    fallen = {name: len(collapsed(results, name)) for name in (finding.control, finding.treatment)}
    told = [wording.fell(name, count, _runs(results, name)) for name, count in fallen.items() if count]
    if finding.p is None or not told:
        return finding
    told_as = direction if finding.p_adjusted < LEVEL else leaning
    lean = f"{told_as(finding.estimate, higher_is_better)}, but {' and '.join(told)}"
    return dataclasses.replace(finding, verdict="inconclusive", lean=lean, p_equivalence=None)


def _runs(results: Results, arm: str) -> int:
    return sum(len(group) for group in results.arms[arm].records)

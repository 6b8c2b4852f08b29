"""`Results` -> one `Finding` per treatment: which test fits the study's design, and Holm over its treatments.

    no folds, 2 replicates or more    two-way random effects over replicates and images
    no folds, 1 replicate             none: one replicate says nothing about new seeds
    folds                             Nadeau-Bengio corrected t over folds, each the mean of its replicates
    a failed check of the proof       none, anywhere: the arms did not differ in their inputs alone
    both arms collapsed in all runs   none: two constants agree whatever the landmarks are worth
    no spread of the difference       none: an error of exactly 0 is chance, not certainty

Where both arms have collapsed runs, "equivalent" is withheld too: failing alike is no sign of being equally good.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from mixedfer.errors import BadInput
from mixedfer.evidence.metrics import collapse
from mixedfer.evidence.results import Results
from mixedfer.evidence.statistics import corrected_t, holm, two_way
from mixedfer.evidence.statistics.finding import Finding, withhold

LEVEL = 0.05


def compare_all(results: Results) -> list[Finding]:
    """One finding per treatment, in the order of the study, with `p_adjusted` after Holm over the treatments.

    A treatment "helps" or "hurts" only if it also stays significant after Holm. Collapsed runs are named in `lean`.
    Raises BadInput for a metric other than accuracy.
    """
    if results.plan.metric != "accuracy":
        raise BadInput(f"metric {results.plan.metric!r}, expected accuracy")
    fallen = {name: collapsed(results, name) for name in results.arms}
    control = results.plan.control
    found = []
    for treatment in results.plan.treatments:
        why = _why_not(results, control, treatment, fallen)
        found.append(_withheld(results, treatment, why) if why else difference(results, treatment))
    adjusted = holm.adjust([finding.p for finding in found])
    return [_warn(_doubt(_adjust(finding, p), fallen), results, fallen) for finding, p in zip(found, adjusted)]


def difference(results: Results, treatment: str, keep: np.ndarray | None = None) -> Finding:
    """Treatment minus control by the test that fits the design, on all tested images or on those in `keep` (K,) bool.

    Not adjusted. Where the images kept are too few for the test, the finding is withheld and says so.
    """
    keep = np.ones(len(results.rows), bool) if keep is None else keep
    names = (results.plan.control, treatment)
    control, treated = (results.correct(name)[:, keep] for name in names)
    if control.shape[1] < 2:
        return withhold(float(treated.mean() - control.mean()) if control.size else 0.0, control=names[0],
                        treatment=names[1], why=f"{control.shape[1]} test images")
    if len(np.unique(results.fold)) < 2:
        return two_way.compare(control, treated, margin=results.plan.margin, names=names)
    return _over_folds(results, control, treated, results.fold[keep], names)


def collapsed(results: Results, arm: str) -> dict[tuple[int, int], str]:
    """(replicate, fold) -> why that run of an arm has learnt nothing; runs that learnt are left out."""
    reasons = {}
    for replicate, group in enumerate(results.arms[arm].records):
        for fold, run in zip(np.unique(results.fold), group):
            truth = np.asarray(results.faces.labels)[run.test.rows]
            if reason := collapse(truth, run.test.probabilities):
                reasons[replicate, int(fold)] = reason
    return reasons


def _over_folds(results: Results, control, treated, fold: np.ndarray, names) -> Finding:
    """Replicates of a fold share its training and test images, so they count as one fold, measured more precisely."""
    scores = [np.array([table[:, fold == one].mean() for one in np.unique(fold)]) for table in (control, treated)]
    if len(scores[0]) < 2:
        return withhold(float((scores[1] - scores[0]).mean()), control=names[0], treatment=names[1], why="one fold")
    return corrected_t.compare(*scores, test_over_train=_test_over_train(results), margin=results.plan.margin,
                               names=names)


def _test_over_train(results: Results) -> float:
    """Tested over trained images, averaged over folds; what a fold neither tests nor validates it trains on."""
    group = results.arms[results.plan.control].records[0]
    ratios = [len(run.test.rows) / (len(results.rows) - len(run.test.rows) - len(run.validation.rows)) for run in group]
    return float(np.mean(ratios))


def _why_not(results: Results, control: str, treatment: str, fallen: dict[str, dict]) -> str:
    if not results.comparable:
        failed = ", ".join(check.name for check in results.checks if not check.passed)
        return f"the arms are not comparable ({failed})"
    if all(len(fallen[name]) == _runs(results, name) for name in (control, treatment)):
        return "both arms collapsed in every run"
    return ""


def _withheld(results: Results, treatment: str, why: str) -> Finding:
    control = results.plan.control
    gap = results.correct(treatment).mean() - results.correct(control).mean()
    return withhold(float(gap), control=control, treatment=treatment, why=why)


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


def _warn(finding: Finding, results: Results, fallen: dict[str, dict]) -> Finding:
    words = [f"{name} collapsed in {len(fallen[name])} of {_runs(results, name)} runs"
             for name in (finding.control, finding.treatment) if fallen[name]]
    return dataclasses.replace(finding, lean="; ".join([finding.lean, *words]))


def _runs(results: Results, arm: str) -> int:
    return sum(len(group) for group in results.arms[arm].records)

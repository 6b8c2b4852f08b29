"""`Results` and findings -> results.json: every number of a report as plain JSON values.

Holds no time and no path, so that the same runs give the same bytes. Proportions are in 0..1; None stands for a number
that does not exist (the spread of one run, the p-value of arms that are not comparable).

What is beside the verdict is exploratory and its intervals are not adjusted: `other_metrics`, `per_class`, `by_found`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from mixedfer import metrics
from mixedfer.evidence import agreement, audit, calibration, duplicates, leakage, partitions, preparations
from mixedfer.evidence.comparing import case_sums, cases, collapsed, difference, everything, refusal, scores
from mixedfer.evidence.results import Results
from mixedfer.evidence.statistics import adjust, bootstrap, correlated_t, mcnemar, sign_flip
from mixedfer.evidence.statistics.finding import Estimate, Finding

SCHEMA = 1


def summarise(results: Results, findings: list[Finding]) -> dict:
    """The content of results.json: `schema`, `study`, `question`, `metric`, `higher_is_better`, `margin`,
    `first_margin`, `first_metric`, `varied`, `design`, `comparisons` (one per treatment), `arms` (control first),
    `agreement` (None where every label is one class), `comparable`, `faces` (the control's), `preparations` (one entry per
    face set, where arms see several), `audit`, `leakage` and `provenance`.
    """
    plan, copies = results.plan, duplicates.find(results.faces)
    exploratory = adjust.benjamini_hochberg([finding.p for finding in findings])
    return {
        "schema": SCHEMA, "study": plan.name, "question": plan.question, "metric": plan.metric,
        "higher_is_better": metrics.of(plan.metric).higher_is_better, "margin": plan.margin,
        "first_margin": plan.first_margin, "first_metric": plan.first_metric, "varied": plan.varied,
        "design": _design(results),
        "comparisons": [_comparison(results, finding) | {"p_bh": p} for finding, p in zip(findings, exploratory)],
        "arms": [_arm(results, name) for name in results.arms],
        "agreement": _agreement(results),
        "comparable": {"passed": results.comparable, "checks": [dataclasses.asdict(check) for check in results.checks]},
        "faces": results.faces.counts(), "preparations": _preparations(results),
        "leakage": leakage.summarise(results, copies),
        "audit": audit.summarise(results.faces, partitions.of(results), copies),
        "provenance": _provenance(results),
    }


def _preparations(results: Results) -> list[dict]:
    """Which arms see which face set, how it was prepared otherwise than the study says, and how many faces were found."""
    sets = preparations.sets(results)
    return [{"arms": one.arms, "differs": one.differs, "data": one.faces.content, "searched": one.faces.searched,
             **one.faces.counts()} for one in sets] if len(sets) > 1 else []


def _design(results: Results) -> dict:
    classes = results.faces.classes
    counts = np.bincount(results.truth, minlength=len(classes))
    kind, numbers = cases(results, everything(results))
    runs = results.arms[results.plan.control].records
    return {"replicates": len(runs), "folds": len(runs[0]),
            "train_images": round(np.mean([len(run.train) for run in runs[0]])),
            "test_images": len(results.rows), "test_images_found": int(results.found.sum()),
            "test_images_by_class": {name: int(count) for name, count in zip(classes, counts)},
            "cases": kind, "test_cases": len(np.unique(numbers))}


def _comparison(results: Results, finding: Finding) -> dict:
    """A finding and what is printed beside it; where it may not be tested, nothing beside it has a p or an interval."""
    entry = {key: list(value) if isinstance(value, tuple) else value
             for key, value in dataclasses.asdict(finding).items()}
    control, treatment = (results.correct(name) for name in (finding.control, finding.treatment))
    one, two = (scores(results, name, results.plan.metric, everything(results)).mean(1)
                for name in (finding.control, finding.treatment))
    tested = not refusal(results, finding.treatment)
    return entry | {
        "by_replicate": [float(gap) for gap in two - one],
        "sign_flip_p": sign_flip.p_value(two - one) if finding.p is not None and len(one) > 1 else None,
        "bootstrap_ci95": _bootstrap(results, finding), "posterior": _posterior(results, finding),
        "mcnemar": [_mcnemar(index, *pair, tested) for index, pair in enumerate(zip(control, treatment))],
        "other_metrics": [_metric(results, finding, metric) for metric in metrics.METRICS],
        "per_class": _classes(results, finding),
        "by_found": {name: _part(results, finding, part) for name, part in _parts(results).items()},
    }


def _bootstrap(results: Results, finding: Finding) -> list[float] | None:
    """The interval that resampling replicates and cases gives; None with folds, whose images share their models."""
    if finding.p is None or _folded(results):
        return None
    sums = (case_sums(results, name, results.plan.metric, everything(results))
            for name in (finding.control, finding.treatment))
    return list(bootstrap.interval(metrics.score, *sums))


def _posterior(results: Results, finding: Finding) -> dict[str, float] | None:
    """Probabilities of better, within the margin and worse; only for folds, where the Bayesian test is defined."""
    if finding.p is None or not _folded(results):
        return None
    estimate = Estimate(finding.estimate, finding.se, finding.ddf)
    better = metrics.of(results.plan.metric).higher_is_better
    return dataclasses.asdict(correlated_t.posterior(estimate, results.plan.margin, better))


def _folded(results: Results) -> bool:
    return len(np.unique(results.fold)) > 1


def _mcnemar(replicate: int, control: np.ndarray, treatment: np.ndarray, tested: bool) -> dict:
    found = mcnemar.compare(control, treatment)
    return {"replicate": replicate, "both": found.both, "control_only": found.control_only,
            "treatment_only": found.treatment_only, "neither": found.neither,
            "exact_p": found.exact if tested else None, "mid_p": found.mid_p if tested else None}


def _metric(results: Results, finding: Finding, metric: str) -> dict:
    """Both arms by one metric, the study's or another; the interval is not adjusted for looking at several."""
    one, two = (scores(results, name, metric, everything(results)).mean() for name in (finding.control, finding.treatment))
    ci95 = difference(results, finding.treatment, metric=metric).ci95
    return {"metric": metric, "control": float(one), "treatment": float(two), "estimate": float(two - one),
            "ci95": ci95 and list(ci95), "adjusted": False}


def _classes(results: Results, finding: Finding) -> list[dict]:
    """The difference in accuracy on each class (its recall), with p and the p that allows for looking at all classes."""
    parts = [_part(results, finding, results.truth == index) for index in range(len(results.faces.classes))]
    adjusted = adjust.benjamini_hochberg([part["p"] for part in parts])
    return [{"class": name, **part, "p_bh": p} for name, part, p in zip(results.faces.classes, parts, adjusted)]


def _part(results: Results, finding: Finding, keep: np.ndarray) -> dict:
    """The difference in accuracy on some of the images."""
    found = difference(results, finding.treatment, keep, metric="accuracy") if keep.any() else None
    return {"images": int(keep.sum()), "estimate": found and found.estimate,
            "ci95": list(found.ci95) if found and found.ci95 else None, "p": found and found.p}


def _arm(results: Results, name: str) -> dict:
    """An arm's runs; `mean` and `sd` are those of the study's metric, `accuracy` and `recall` whatever that is."""
    fallen = collapsed(results, name)
    runs = [_run(results, replicate, int(fold), record) for replicate, group in enumerate(results.arms[name].records)
            for fold, record in zip(np.unique(results.fold), group)]
    classes = {label: results.truth == index for index, label in enumerate(results.faces.classes)}
    return {
        "name": name, "parameters": results.arms[name].records[0][0].summary["parameters"],
        "collapsed": bool(fallen),
        "collapse": [{"replicate": replicate, "fold": fold, "reason": reason}
                     for (replicate, fold), reason in fallen.items()],
        **_spread([run[results.plan.metric] for run in runs]), "replicates": runs,
        "accuracy": {part: _over(results, name, keep) for part, keep in _parts(results).items()},
        "recall": {label: _over(results, name, keep) for label, keep in classes.items()},
        "calibration": _calibration(results, name),
    }


def _calibration(results: Results, name: str) -> dict:
    """Calibration error and Brier score over replicates; the reliability curve is that of all of them together."""
    runs = results.arms[name].probabilities
    every = np.tile(results.truth, len(runs)), runs.reshape(-1, runs.shape[-1])
    return {"ece": _spread([calibration.expected_error(results.truth, run) for run in runs]),
            "brier": _spread([calibration.brier(results.truth, run) for run in runs]),
            "bins": calibration.reliability(*every)}


def _agreement(results: Results) -> dict | None:
    """How well arms agree with labels that are shares, and how well a constant answer would."""
    votes = np.asarray(results.faces.votes)[results.rows]
    if not agreement.shared(votes):
        return None
    runs = {name: [agreement.measure(results.truth, votes, run) for run in arm.probabilities]
            for name, arm in results.arms.items()}
    return {"arms": {name: {key: _spread([run[key] for run in made]) for key in agreement.MEASURES}
                     for name, made in runs.items()},
            "constant": agreement.constant(results.truth, votes)}


def _run(results: Results, replicate: int, fold: int, record) -> dict:
    truth, answers = np.asarray(results.faces.labels)[record.test.rows], record.test.probabilities
    own = {name: metric(truth, answers) for name, metric in metrics.METRICS.items()}
    return {"replicate": replicate, "fold": fold, **own, "selected_epoch": record.summary["selected_epoch"]}


def _parts(results: Results) -> dict[str, np.ndarray]:
    return {"all": np.ones(len(results.rows), bool), "found": results.found, "missed": ~results.found}


def _over(results: Results, arm: str, keep: np.ndarray) -> dict:
    """The accuracy of a replicate on the images kept, with folds the mean over them: mean and spread over replicates."""
    return {"images": int(keep.sum()), **_spread(scores(results, arm, "accuracy", keep).mean(1) if keep.any() else [])}


def _spread(scores) -> dict:
    """Mean and standard deviation (over runs, n - 1); None where there is nothing to average or only one."""
    scores = np.asarray(scores, float)
    return {"mean": float(scores.mean()) if len(scores) else None,
            "sd": float(scores.std(ddof=1)) if len(scores) > 1 else None}


def _provenance(results: Results) -> dict[str, Any]:
    """Software and device of the runs; where runs differ, the list of what they had. With the hashes of the data."""
    records = [run for arm in results.arms.values() for group in arm.records for run in group]
    seen: dict[str, list] = {}
    for run in records:
        for key, value in run.provenance.items():
            if value not in seen.setdefault(key, []):
                seen[key].append(value)
    single = {key: values[0] if len(values) == 1 else values for key, values in sorted(seen.items())}
    sets = preparations.sets(results)
    named = {"faces": {one.arms[0]: results.plan.faces[one.arms[0]] for one in sets},
             "data": {one.arms[0]: one.faces.content for one in sets}}
    alone = {key: value if len(sets) > 1 else value[results.plan.control] for key, value in named.items()}
    return single | alone | {"runs": len(records)}

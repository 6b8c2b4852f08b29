"""`Results` and findings -> results.json: every number of a report as plain JSON values.

Holds no time and no path, so that the same runs give the same bytes. Proportions are in 0..1; None stands for a number
that does not exist (the spread of one run, the p-value of arms that are not comparable).
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from mixedfer.evidence import metrics
from mixedfer.evidence.comparing import collapsed, difference
from mixedfer.evidence.results import Results
from mixedfer.evidence.statistics import mcnemar, power, sign_flip
from mixedfer.evidence.statistics.finding import Finding

SCHEMA = 1


def summarise(results: Results, findings: list[Finding]) -> dict:
    """The content of results.json: `schema`, `study`, `question`, `metric`, `margin`, `first_margin`, `varied`,
    `design`, `comparisons` (one per treatment), `arms` (control first), `comparable`, `faces` and `provenance`.
    """
    plan = results.plan
    return {
        "schema": SCHEMA, "study": plan.name, "question": plan.question, "metric": plan.metric, "margin": plan.margin,
        "first_margin": plan.first_margin, "varied": plan.varied, "design": _design(results),
        "comparisons": [_comparison(results, finding) for finding in findings],
        "arms": [_arm(results, name) for name in results.arms],
        "comparable": {"passed": results.comparable, "checks": [dataclasses.asdict(check) for check in results.checks]},
        "faces": results.faces.counts(),
        "provenance": _provenance(results),
    }


def _design(results: Results) -> dict:
    classes = results.faces.classes
    counts = np.bincount(results.truth, minlength=len(classes))
    return {"replicates": len(results.arms[results.plan.control].records), "folds": len(np.unique(results.fold)),
            "test_images": len(results.rows), "test_images_found": int(results.found.sum()),
            "test_images_by_class": {name: int(count) for name, count in zip(classes, counts)}}


def _comparison(results: Results, finding: Finding) -> dict:
    """A finding and what is printed beside it; without comparable arms nothing beside it has a p or an interval."""
    entry = {key: list(value) if isinstance(value, tuple) else value
             for key, value in dataclasses.asdict(finding).items()}
    control, treatment = (results.correct(name) for name in (finding.control, finding.treatment))
    gaps = treatment.mean(1) - control.mean(1)
    tested = finding.p is not None
    return entry | {
        "by_replicate": [float(gap) for gap in gaps],
        "sign_flip_p": sign_flip.p_value(gaps) if tested and len(gaps) > 1 else None,
        "mde_unlimited_replicates": _floor(results, finding),
        "mcnemar": [_mcnemar(index, *pair, results.comparable) for index, pair in enumerate(zip(control, treatment))],
        "per_class": [_class(results, finding, index, tested) for index in range(len(results.faces.classes))],
        "by_found": {name: float(treatment[:, part].mean() - control[:, part].mean()) if part.any() else None
                     for name, part in _parts(results).items()},
    }


def _floor(results: Results, finding: Finding) -> float | None:
    """The minimum detectable effect that more replicates alone could reach: the images set it."""
    if finding.se is None or len(np.unique(results.fold)) > 1:
        return None
    parts = power.components(results.correct(finding.control), results.correct(finding.treatment))
    se = math.sqrt(power.variance(parts, math.inf, len(results.rows)))
    return power.minimum_detectable_effect(se, math.inf)


def _mcnemar(replicate: int, control: np.ndarray, treatment: np.ndarray, comparable: bool) -> dict:
    found = mcnemar.compare(control, treatment)
    return {"replicate": replicate, "both": found.both, "control_only": found.control_only,
            "treatment_only": found.treatment_only, "neither": found.neither,
            "mid_p": found.mid_p if comparable else None}


def _class(results: Results, finding: Finding, index: int, tested: bool) -> dict:
    keep = results.truth == index
    found = difference(results, finding.treatment, keep) if keep.any() else None
    return {"class": results.faces.classes[index], "images": int(keep.sum()), "estimate": found and found.estimate,
            "ci95": list(found.ci95) if tested and found and found.ci95 else None}


def _arm(results: Results, name: str) -> dict:
    fallen = collapsed(results, name)
    runs = [_run(results, replicate, int(fold), record) for replicate, group in enumerate(results.arms[name].records)
            for fold, record in zip(np.unique(results.fold), group)]
    right = results.correct(name)
    classes = {label: results.truth == index for index, label in enumerate(results.faces.classes)}
    return {
        "name": name, "parameters": results.arms[name].records[0][0].summary["parameters"],
        "collapsed": bool(fallen),
        "collapse": [{"replicate": replicate, "fold": fold, "reason": reason}
                     for (replicate, fold), reason in fallen.items()],
        **_spread([run["accuracy"] for run in runs]), "replicates": runs,
        "accuracy": {part: _over(right, keep) for part, keep in _parts(results).items()},
        "recall": {label: _over(right, keep) for label, keep in classes.items()},
    }


def _run(results: Results, replicate: int, fold: int, record) -> dict:
    truth, answers = np.asarray(results.faces.labels)[record.test.rows], record.test.probabilities
    scores = {score.__name__: score(truth, answers)
              for score in (metrics.accuracy, metrics.macro_f1, metrics.balanced_accuracy)}
    return {"replicate": replicate, "fold": fold, **scores, "selected_epoch": record.summary["selected_epoch"]}


def _parts(results: Results) -> dict[str, np.ndarray]:
    return {"all": np.ones(len(results.rows), bool), "found": results.found, "missed": ~results.found}


def _over(right: np.ndarray, keep: np.ndarray) -> dict:
    """The share of the images kept that a replicate answers correctly: mean and spread over replicates."""
    return {"images": int(keep.sum()), **_spread(right[:, keep].mean(1) if keep.any() else [])}


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
    return single | {"faces": results.plan.faces, "data": results.faces.content, "runs": len(records)}

"""What is known of an arm's runs that are to be kept as a model: how good they are on the test images."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

from mixedfer import metrics
from mixedfer.errors import BadInput, nearest
from mixedfer.evidence import calibration, comparing
from mixedfer.evidence.results import Results


def choose(results: Results, arm: str, which: str) -> list[int]:
    """The replicates, counted from 0, that "median", "all" or a number (counted from 1) stands for.

    The median is the replicate of median test accuracy, the lower of the two in the middle: a choice that no lucky run wins.
    Raises BadInput for an arm or a replicate that the study has not.
    """
    if arm not in results.arms:
        raise BadInput(f"the study has no arm {arm!r}", remedy=nearest(arm, results.arms))
    count = len(results.arms[arm].probabilities)
    if which == "all":
        return list(range(count))
    if which == "median":
        order = np.argsort(results.correct(arm).mean(1), kind="stable")
        return [int(order[(count - 1) // 2])]
    if not re.fullmatch(r"[0-9]{1,6}", which) or not 1 <= int(which) <= count:
        raise BadInput(f"--replicate {which}: expected median, all, or a number from 1 to {count}")
    return [int(which) - 1]


def measure(results: Results, arm: str, replicates: list[int]) -> dict:
    """The numbers of a model card, as plain JSON values: `metrics` and `calibration` of these replicates together (the mean of
    their probabilities), `accuracy_ci95` (Wilson, over test images), `recall` by class, `all_replicates` of the arm, and
    `against`, the study's own comparison with its control (None for the control).

    With folds each test image is answered by the run that has not seen it.
    """
    probabilities = results.arms[arm].probabilities[replicates].mean(0)
    every = results.correct(arm).mean(1)
    return {
        **answers(results.truth, probabilities, results.found, results.faces.classes),
        "all_replicates": {"count": len(every), "accuracy": float(every.mean()),
                           "sd": float(every.std(ddof=1)) if len(every) > 1 else None},
        "against": _against(results, arm),
    }


def answers(truth: np.ndarray, probabilities: np.ndarray, found: np.ndarray, classes: Sequence[str]) -> dict:
    """The numbers of a model card that follow from answers (K, C) to images of known classes (K,)."""
    right = probabilities.argmax(-1) == truth
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return {
        "images": len(right), "images_found": int(found.sum()),
        "metrics": {name: metric(truth, probabilities) for name, metric in metrics.METRICS.items()},
        "accuracy_ci95": [float(interval.low), float(interval.high)],
        "recall": {name: float(right[truth == index].mean()) for index, name in enumerate(classes) if (truth == index).any()},
        "calibration": {"ece": calibration.expected_error(truth, probabilities),
                        "brier": calibration.brier(truth, probabilities),
                        "bins": calibration.reliability(truth, probabilities)},
    }


def _against(results: Results, arm: str) -> dict | None:
    """The study's finding on this arm."""
    for finding in comparing.compare_all(results):
        if finding.treatment == arm:
            told = dataclasses.asdict(finding)
            return {"metric": results.plan.metric, "margin": results.plan.margin,
                    **{name: told[name] for name in ("control", "estimate", "verdict", "p_adjusted", "test")},
                    "ci95": finding.ci95 and list(finding.ci95)}
    return None

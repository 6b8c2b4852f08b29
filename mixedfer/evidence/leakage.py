"""Were test images seen in training? Equal and nearly equal images, shared subjects, and the effect without them.

What counts as nearly equal is said in `duplicates`. Training and validation count as seen.
"""

from __future__ import annotations

import numpy as np

from mixedfer.evidence.comparing import difference
from mixedfer.evidence.duplicates import Copies
from mixedfer.evidence.results import Results


def summarise(results: Results, copies: Copies) -> dict:
    """{"exact", "near", "constant"}: test images; "subjects": of the test that were seen too (None where none is known);
    "without": per treatment the study's difference on the test images that have no duplicate, where some have one.
    """
    exact, near = seen(results, copies)
    clean = ~(exact | near)
    some = not clean.all() and clean.any()
    without = [difference(results, name, clean) for name in results.plan.treatments] if some else []
    return {"exact": int(exact.sum()), "near": int(near.sum()), "distance": copies.distance,
            "constant": int(copies.constant[results.rows].sum()), "subjects": _subjects(results),
            "images_without": int(clean.sum()),
            "without": [{"treatment": found.treatment, "estimate": found.estimate,
                         "ci95": found.ci95 and list(found.ci95)} for found in without]}


def seen(results: Results, copies: Copies) -> tuple[np.ndarray, np.ndarray]:
    """Two (K,) bool: tested images of which a seen image is equal to the byte, nearly equal (and none is equal)."""
    exact, either = (_shared(results, groups) for groups in (copies.equal, copies.alike))
    return exact, either & ~exact


def _shared(results: Results, groups: np.ndarray) -> np.ndarray:
    """(K,) bool: a picture of the same group (n,; none where negative) was trained or validated on by those who were tested."""
    found, tested = np.zeros(len(results.rows), bool), groups[results.rows]
    for fold, run in enumerate(results.arms[results.plan.control].records[0]):
        used, here = np.concatenate([run.train, run.validation.rows]), results.fold == fold
        found[here] = np.isin(tested[here], groups[used])
    return found & (tested >= 0)


def _subjects(results: Results) -> int | None:
    subjects = np.asarray(results.faces.subjects)
    tested = subjects[results.rows]
    return len(np.unique(tested[_shared(results, subjects)])) if (tested >= 0).any() else None

"""Were test images seen in training? Equal and nearly equal images, shared subjects, and the effect without them.

What counts as nearly equal is said in `duplicates`. Training and validation count as seen.
"""

from __future__ import annotations

import numpy as np

from mixedfer.evidence import partitions
from mixedfer.evidence.comparing import difference
from mixedfer.evidence.duplicates import Copies, elsewhere
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
    part = _parts(results)
    used = np.flatnonzero(part >= -1)
    tested = np.searchsorted(used, results.rows)
    exact, either = (elsewhere(groups[used], part[used])[tested] for groups in (copies.equal, copies.alike))
    return exact, either & ~exact


def _parts(results: Results) -> np.ndarray:
    """(n,) over the face set: the fold in which an image is tested, -1 for what is trained or validated on, -2 unused."""
    part = np.full(len(results.faces), -2)
    for mask in partitions.of(results).values():
        part[mask] = -1
    part[results.rows] = results.fold
    return part


def _subjects(results: Results) -> int | None:
    part, subjects = _parts(results), np.asarray(results.faces.subjects)
    known = (part >= -1) & (subjects >= 0)
    if not known[results.rows].any():
        return None
    shared = elsewhere(subjects[known], part[known])
    tested = np.isin(np.flatnonzero(known), results.rows)
    return len(np.unique(subjects[known][shared & tested]))

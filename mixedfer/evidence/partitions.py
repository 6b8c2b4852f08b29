"""Which pictures trained, validated and tested the models of a study."""

from __future__ import annotations

import numpy as np

from mixedfer.faceset import PARTITIONS


def of(results) -> dict[str, np.ndarray]:
    """Name -> (n,) bool over the face set: training, validation and test; with folds, the test images of each fold."""
    data = results.faces
    folds = np.unique(results.fold)
    if len(folds) > 1:
        return {f"test, fold {fold + 1}": _mask(data, results.rows[results.fold == fold]) for fold in folds}
    tested = _mask(data, results.rows)
    validation = _mask(data, results.arms[results.plan.control].records[0][0].validation.rows)
    used = data.used(results.plan.study.get("preparation", {}).get("missed"))
    partition = np.asarray(data.partition)
    if (partition[used] >= 0).any():  # the data set's own partitions are used, and what is in none is not
        used = used & (partition == PARTITIONS.index("train"))
    return {"training": used & ~tested & ~validation, "validation": validation, "test": tested}


def _mask(data, rows: np.ndarray) -> np.ndarray:
    chosen = np.zeros(len(data), bool)
    chosen[rows] = True
    return chosen

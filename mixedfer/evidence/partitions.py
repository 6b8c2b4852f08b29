"""Which pictures trained, validated and tested the models of a study, as the runs wrote it down."""

from __future__ import annotations

import numpy as np


def of(results) -> dict[str, np.ndarray]:
    """Name -> (n,) bool over the face set: training, validation and test; with folds, the test images of each fold."""
    folds = np.unique(results.fold)
    if len(folds) > 1:
        return {f"test, fold {fold + 1}": _mask(results, results.rows[results.fold == fold]) for fold in folds}
    run = results.arms[results.plan.control].records[0][0]
    return {name: _mask(results, rows)
            for name, rows in (("training", run.train), ("validation", run.validation.rows), ("test", results.rows))}


def _mask(results, rows: np.ndarray) -> np.ndarray:
    chosen = np.zeros(len(results.faces), bool)
    chosen[rows] = True
    return chosen

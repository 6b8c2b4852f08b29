"""A run's folder -> its `Record`, refused where entries are missing or its arrays do not fit the face set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import records
from mixedfer.errors import Damaged
from mixedfer.faceset import FaceSet
from mixedfer.records import Predictions, Record

NUMBER = (int, float)
#: What the files of a run must hold. The checks of the proof look into its entries.
ENTRIES = {
    "spec": {"data": str, "recipe": dict, "missed": str, "arm": dict, "split": dict, "fold": int, "replicate": int,
             "cell_seed": int},
    "provenance": {},
    "proof": dict.fromkeys(("initial_weights", "shown", "evaluated", "first_batches", "split", "learning_rate", "follows"),
                           object),
    "summary": {"parameters": int, "epochs": int, "selected_epoch": int, "images": dict, "landmarks": (dict, type(None))},
}
#: What each entry of its history must hold.
EPOCH = dict.fromkeys(("epoch", "learning_rate", "loss", "accuracy", "validation_loss", "validation_accuracy"), NUMBER)


def read(folder: Path, faces: FaceSet) -> Record:
    """A finished run, its test predictions in ascending order of rows. Raises Damaged when it is not whole, or does not fit
    the face set.
    """
    run = records.read(folder)
    remedy = f"Delete {folder} and give the same command again."
    for name in records.FACTS:
        if lacking := _lacking(name, getattr(run, name)):
            raise Damaged(f"has no usable {', '.join(lacking)}", file=folder / f"{name}.json", remedy=remedy)
    if wrong := _wrong_rows(run, len(faces)) or _wrong_answers(run, faces) or _wrong_maps(run.occlusion.drops):
        raise Damaged(f"the run has {wrong}", file=folder, remedy=remedy)
    order = np.argsort(run.test.rows)
    return replace(run, test=Predictions(run.test.rows[order], run.test.probabilities[order]))


def _lacking(name: str, fact: Any) -> list[str]:
    """The entries that a file of a run should hold and does not."""
    if name != "history":
        return _missing(fact, ENTRIES[name])
    return [f"{entry} of epoch {at}" for at, epoch in enumerate(fact, 1) for entry in _missing(epoch, EPOCH)] \
        if isinstance(fact, list) else ["list of epochs"]


def _missing(fact: Any, entries: Mapping[str, Any]) -> list[str]:
    if not isinstance(fact, dict):
        return ["entries"]
    return [name for name, kind in entries.items() if name not in fact or not isinstance(fact[name], kind)]


def _wrong_rows(run: Record, count: int) -> str:
    """What is wrong with the rows of a run in a face set of `count` pictures; "" where nothing is."""
    parts = {"training": run.train, "validation": run.validation.rows, "test": run.test.rows, "covered": run.occlusion.rows}
    for part, rows in parts.items():
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            return f"no list of {part} rows"
        if len(rows) and (rows.min() < 0 or rows.max() >= count):
            return f"{part} rows outside the face set of {count}"
        if len(np.unique(rows)) < len(rows):
            return f"a {part} image twice"
    return ""


def _wrong_answers(run: Record, faces: FaceSet) -> str:
    """What is wrong with the test predictions of a run; "" where nothing is."""
    rows, probabilities = run.test.rows, run.test.probabilities
    shape = (len(rows), len(faces.classes))
    return (
        "no test predictions" if not len(rows) else
        f"probabilities of shape {probabilities.shape}, expected {shape}" if probabilities.shape != shape else
        "NaN or infinity among its probabilities" if not np.isfinite(probabilities).all() else
        "probabilities that do not sum to 1" if abs(probabilities.sum(-1, dtype=float) - 1).max() > 1e-2 else
        "test images without a class" if np.asarray(faces.labels)[rows].min() < 0 else "")


def _wrong_maps(drops: np.ndarray) -> str:
    """What is wrong with the maps of covered images; "" where nothing is."""
    square = drops.ndim == 3 and drops.shape[1] == drops.shape[2] > 0
    return (
        f"maps of covered images of shape {drops.shape}, expected one square each" if not square else
        "NaN or infinity among its maps of covered images" if not np.isfinite(drops).all() else "")

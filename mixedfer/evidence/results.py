"""Records -> `Results`: everything a report is made of, and the proof that the arms are comparable.

Refuses to pool runs that are missing, damaged, or tested on different images. Runs that can be pooled but were not made
alike (another recipe, software, order) are pooled; the check that failed says so, and no significance is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer import disk, faceset, records
from mixedfer.errors import BadInput, Damaged
from mixedfer.evidence.proof import Check, Runs, checks, run_name
from mixedfer.faceset import FaceSet
from mixedfer.records import Plan, Predictions, Record

__all__ = ["Arm", "Check", "Results", "load"]

AGAIN = "Give the `mixedfer run` command again; runs that already exist are reused."


@dataclass(frozen=True)
class Arm:
    """All runs of one arm. J replicates (times folds), K test images, C classes.

    `probabilities` is (J, K, C) with images in the order of `Results.rows`; with folds, J counts replicates and the
    K images are the test images of all folds put together, each predicted by the fold in which it was held out.
    `records` is one list per replicate, one Record per fold.
    """

    name: str
    records: list[list[Record]]
    probabilities: np.ndarray

    @property
    def predictions(self) -> np.ndarray:
        """(J, K) predicted class indices."""
        return self.probabilities.argmax(-1)


@dataclass(frozen=True)
class Results:
    """A study's evidence. `rows` (K,) are the tested rows of `faces`, with their class `truth` and their `fold`."""

    plan: Plan
    faces: FaceSet
    rows: np.ndarray
    truth: np.ndarray
    fold: np.ndarray
    arms: dict[str, Arm]
    checks: list[Check]

    @property
    def comparable(self) -> bool:
        """Whether every check of the proof passed."""
        return all(check.passed for check in self.checks)

    @property
    def found(self) -> np.ndarray:
        """(K,) bool: the detector found a face in the tested image."""
        return np.asarray(self.faces.found)[self.rows]

    def correct(self, arm: str) -> np.ndarray:
        """(J, K) bool: replicate j of this arm is right on image k."""
        return self.arms[arm].predictions == self.truth


def load(plan: Plan, store: Path) -> Results:
    """Read a study's runs from `store/runs` and its face set from `store/faces`; compare what must be equal.

    Raises BadInput when runs are missing (it names them), Damaged when a run or the face set is not whole or when runs
    cannot be pooled: other test images, other classes, no numbers.
    """
    grid = _grid(plan)
    _refuse_missing(grid, store)
    faces = faceset.load(store / "faces" / plan.faces)
    runs = {key: _read(records.run_folder(store, run), faces) for key, run in grid.items()}
    tested = _tested(runs)
    rows = np.concatenate(list(tested.values()))
    order = np.argsort(rows)
    fold = np.repeat(list(tested), [len(part) for part in tested.values()])[order]
    arms = {name: _arm(name, runs, tested, order) for name in (plan.control, *plan.treatments)}
    return Results(plan=plan, faces=faces, rows=rows[order], truth=np.asarray(faces.labels)[rows[order]], fold=fold,
                   arms=arms, checks=checks(runs, faces.content))


def _grid(plan: Plan) -> dict[tuple[str, int, int], str]:
    """(arm, fold, replicate) -> run, arms in study order. Raises Damaged when an arm lacks a replicate or fold."""
    cells = {(cell["arm"], cell["fold"], cell["replicate"]): cell["run"] for cell in plan.cells}
    folds = sorted({fold for _, fold, _ in cells})
    replicates = sorted({replicate for _, _, replicate in cells})
    wanted = [(arm, fold, replicate) for arm in (plan.control, *plan.treatments) for fold in folds
              for replicate in replicates]
    absent = [key for key in wanted if key not in cells]
    if absent or not wanted or len(cells) != len(plan.cells):
        what = f"no run for {_listed(absent, folds)}" if absent else "no cells, or one cell twice"
        raise Damaged(f"the plan of study {plan.name!r} is not whole: {what}",
                      remedy=AGAIN)
    return {key: cells[key] for key in wanted}


def _refuse_missing(grid: dict[tuple[str, int, int], str], store: Path) -> None:
    missing = [key for key, run in grid.items() if not disk.is_done(records.run_folder(store, run))]
    if missing:
        folds = {fold for _, fold, _ in grid}
        raise BadInput(f"{len(missing)} of {len(grid)} runs are missing: {_listed(missing, folds)}",
                       file=store / "runs", remedy=AGAIN)


def _listed(keys: list, folds) -> str:
    more = f"; and {len(keys) - 6} more" if len(keys) > 6 else ""
    return "; ".join(run_name(key, folds=len(folds) > 1) for key in keys[:6]) + more


def _read(folder: Path, faces: FaceSet) -> Record:
    """A run whose test predictions are in ascending order of rows and fit the face set."""
    run = records.read(folder)
    rows, probabilities = run.test.rows, run.test.probabilities
    shape = (len(rows), len(faces.classes))
    wrong = (
        "no test predictions" if not len(rows) else
        f"probabilities of shape {probabilities.shape}, expected {shape}" if probabilities.shape != shape else
        "NaN or infinity among its probabilities" if not np.isfinite(probabilities).all() else
        "probabilities that do not sum to 1" if abs(probabilities.sum(-1, dtype=float) - 1).max() > 1e-2 else
        "a test image twice" if len(np.unique(rows)) < len(rows) else
        f"rows outside the face set of {len(faces)}" if rows.min() < 0 or rows.max() >= len(faces) else
        "test images without a class" if np.asarray(faces.labels)[rows].min() < 0 else "")
    if wrong:
        raise Damaged(f"the run has {wrong}", file=folder, remedy=f"Delete {folder} and give the same command again.")
    order = np.argsort(rows)
    test = Predictions(rows[order], probabilities[order])
    return Record(run.spec, run.provenance, run.proof, run.history, run.summary, test, run.validation)


def _tested(runs: Runs) -> dict[int, np.ndarray]:
    """fold -> its test rows, ascending. Raises Damaged when arms or replicates were tested on different images."""
    tested: dict[int, np.ndarray] = {}
    for key, run in runs.items():
        expected = tested.setdefault(key[1], run.test.rows)
        if not np.array_equal(run.test.rows, expected):
            other = len(np.setxor1d(run.test.rows, expected))
            raise Damaged(f"{run_name(key)} (fold {key[1] + 1}) was tested on other images than {next(iter(runs))[0]}: "
                          f"{other} images are in one of the two only, so the runs cannot be compared",
                          remedy="Delete the study's runs and give the `mixedfer run` command again.")
    rows = np.concatenate(list(tested.values()))
    if len(np.unique(rows)) < len(rows):
        raise Damaged("some images are tested in more than one fold",
                      remedy="Delete the study's runs and give the `mixedfer run` command again.")
    return tested


def _arm(name: str, runs: Runs, tested: dict[int, np.ndarray], order: np.ndarray) -> Arm:
    replicates = sorted({replicate for _, _, replicate in runs})
    grouped = [[runs[name, fold, replicate] for fold in tested] for replicate in replicates]
    probabilities = np.stack([np.concatenate([run.test.probabilities for run in group])[order] for group in grouped])
    return Arm(name=name, records=grouped, probabilities=probabilities)

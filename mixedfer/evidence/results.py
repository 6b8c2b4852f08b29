"""Records -> `Results`: everything a report is made of, and the proof that the arms are comparable.

Refuses to pool runs that are missing or damaged, that are not what the plan lists them as (another arm, recipe or split), or
that were tested on different images. Runs that can be pooled but were not made alike (other software, another order) are
pooled; the check that failed says so, and no significance is computed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer import disk, faceset, pairing, records
from mixedfer.errors import BadInput, Damaged
from mixedfer.evidence import preparations, proof_tuned, reading
from mixedfer.evidence.proof import Check, Runs, checks, run_name
from mixedfer.evidence.proof_reading import differing
from mixedfer.faceset import FaceSet
from mixedfer.records import Plan, Record
from mixedfer.study import SPLIT

__all__ = ["Arm", "Check", "Results", "load"]

AGAIN = "Give the `mixedfer run` command again; runs that already exist are reused."


@dataclass(frozen=True)
class Arm:
    """All runs of one arm. J replicates (times folds), K test images, C classes.

    `probabilities` is (J, K, C) with images in the order of `Results.rows`; with folds, J counts replicates and the
    K images are the test images of all folds put together, each predicted by the fold in which it was held out.
    `records` is one list per replicate, one Record per fold; `faces` is what this arm saw.
    """

    name: str
    records: list[list[Record]]
    probabilities: np.ndarray
    faces: FaceSet

    @property
    def predictions(self) -> np.ndarray:
        """(J, K) predicted class indices."""
        return self.probabilities.argmax(-1)


@dataclass(frozen=True)
class Results:
    """A study's evidence. `rows` (K,) are the tested rows of `faces`, with their class `truth` and their `fold`.

    `faces` is what the control saw. Arms with a preparation of their own have other images, landmarks and `found` in the
    same rows; labels, partitions and subjects are the same. Where pictures are `withheld`, sketches of landmarks stand in
    their place.
    """

    plan: Plan
    faces: FaceSet
    rows: np.ndarray
    truth: np.ndarray
    fold: np.ndarray
    arms: dict[str, Arm]
    checks: list[Check]
    withheld: bool = False

    @property
    def comparable(self) -> bool:
        """Whether every check of the proof passed."""
        return all(check.passed for check in self.checks)

    @property
    def found(self) -> np.ndarray:
        """(K,) bool: the control's detector found a face in the tested image."""
        return np.asarray(self.faces.found)[self.rows]

    def correct(self, arm: str) -> np.ndarray:
        """(J, K) bool: replicate j of this arm is right on image k."""
        return self.arms[arm].predictions == self.truth


def load(plan: Plan, store: Path) -> Results:
    """Read a study's runs from `store/runs` and its face sets from `store/faces`; compare what must be equal.

    Raises BadInput when runs are missing (it names them), Damaged when a run or the face set is not whole, when a run is not
    what the plan lists it as, or when runs cannot be pooled: other test images, other classes, no numbers.
    """
    grid = _grid(plan)
    _refuse_missing(grid, store)
    sets = _sets(plan, store)
    faces = sets[plan.control]
    folders = {key: records.run_folder(store, run) for key, run in grid.items()}
    runs = {key: reading.read(folder, sets[key[0]]) for key, folder in folders.items()}
    _refuse_unplanned(runs, plan, folders)
    tested = _tested(runs)
    rows = np.concatenate(list(tested.values()))
    order = np.argsort(rows)
    fold = np.repeat(list(tested), [len(part) for part in tested.values()])[order]
    arms = {name: _arm(name, runs, tested, order, sets[name]) for name in sets}
    own = preparations.differences(plan)
    proof = proof_tuned.checks(plan, runs, sets, own, store) if plan.tuned else checks(runs, sets, own)
    return Results(plan=plan, faces=faces, rows=rows[order], truth=np.asarray(faces.labels)[rows[order]], fold=fold,
                   arms=arms, checks=proof)


def _sets(plan: Plan, store: Path) -> dict[str, FaceSet]:
    """Arm -> its face set. Raises Damaged where the plan has none for an arm, or equal preparations have two."""
    loaded = {folder: faceset.load(store / "faces" / folder) for folder in set(plan.faces.values())}
    named: dict[str, str] = {}
    for arm, preparation in preparations.effective(plan).items():
        if named.setdefault(disk.to_json(preparation), plan.faces.get(arm, "")) != plan.faces.get(arm):
            raise Damaged(f"the plan of study {plan.name!r} is not whole: arm {arm!r} has no face set, or another than its "
                          "preparation made", remedy=AGAIN)
    sets = {arm: loaded[plan.faces[arm]] for arm in (plan.control, *plan.treatments)}
    pairing.refuse_other_rows(sets)
    return sets


def _grid(plan: Plan) -> dict[tuple[str, int, int], str]:
    """(arm, fold, replicate) -> run, arms in study order. Raises Damaged when the plan lists other cells than the study has."""
    cells = {(cell["arm"], cell["fold"], cell["replicate"]): cell["run"] for cell in plan.cells}
    folds, replicates = range(max(1, plan.study["folds"])), range(plan.study["replicates"])
    wanted = list(itertools.product((plan.control, *plan.treatments), folds, replicates))
    absent = [key for key in wanted if key not in cells]
    if absent or len(plan.cells) != len(wanted):
        what = f"no run for {_listed(absent, folds)}" if absent else "cells that the study has not, or one cell twice"
        raise Damaged(f"the plan of study {plan.name!r} is not whole: {what}", remedy=AGAIN)
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


def _refuse_unplanned(runs: Runs, plan: Plan, folders: Mapping[tuple[str, int, int], Path]) -> None:
    """Raises Damaged when a run's arm, recipe, split, fold or replicate is not the one for which the plan lists it."""
    study = plan.study
    arms = {arm["name"]: {name: value for name, value in arm.items() if name not in ("kind", "name", "preparation")}
            for arm in (study["control"], *study["treatments"])}
    shared = {"missed": study["preparation"]["missed"],
              "split": {name: study[name] for name in SPLIT}}
    for key, folder in folders.items():
        wanted = {**shared, "recipe": plan.recipe(key[0]), "arm": arms[key[0]], "fold": key[1], "replicate": key[2]}
        if names := differing(wanted, {part: runs[key].spec[part] for part in wanted}):
            raise Damaged(f"the plan of study {plan.name!r} lists this run as {run_name(key, folds=bool(study['folds']))}, but "
                          f"they differ in {', '.join(names)}", file=folder,
                          remedy="Give the `mixedfer run` command again, which writes the plan anew; if this stays, delete "
                          f"{folder} first.")


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


def _arm(name: str, runs: Runs, tested: dict[int, np.ndarray], order: np.ndarray, faces: FaceSet) -> Arm:
    replicates = sorted({replicate for _, _, replicate in runs})
    grouped = [[runs[name, fold, replicate] for fold in tested] for replicate in replicates]
    probabilities = np.stack([np.concatenate([run.test.probabilities for run in group])[order] for group in grouped])
    return Arm(name=name, records=grouped, probabilities=probabilities, faces=faces)

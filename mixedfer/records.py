"""On disk, what came out of one run, and which runs a study is made of.

A run is a fact: its folder `runs/<name>/` is written once, atomically, and never edited.

    spec.json          what decided the numbers (see `study.Cell.spec`)
    provenance.json    versions, source of the making half, device, threads, determinism
    proof.json         hashes that let arms be compared: initial weights, what each epoch showed, split; learning rates, and
                       whether they follow "epochs" or "history"
    history.json       one entry per epoch: epoch, learning_rate, loss, accuracy, validation_loss, validation_accuracy
    summary.json       parameters (that training can change), epochs, selected_epoch, images per partition, `landmarks`:
                       what the view shows (see `mixedfer.learning.views`) and rules out as a control
    rows-train.npy     the rows of the face set that it was trained on
    rows-test.npy, probabilities-test.npy, rows-validation.npy, probabilities-validation.npy
    rows-occlusion.npy, drops-occlusion.npy   what the pixels of some test images were worth (see `learning.occlusion`)
    weights.npz        the selected weights by layer path
    timing.json        seconds; the only file that differs between two runs of the same cell

`studies/<name>.json` (a `Plan`) lists the runs of a study, so that a report needs neither the data nor Keras.
`decided/<run>.json` notes the margin and metric under which a run was first asked for, `diverged/<run>.json` that a run of a
search has no record because its loss became no number.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import disk
from mixedfer.errors import BadInput, Damaged
from mixedfer.identity import digest

FACTS = ("spec", "provenance", "proof", "history", "summary")
ARRAYS = ("rows-train", "rows-test", "probabilities-test", "rows-validation", "probabilities-validation", "rows-occlusion",
          "drops-occlusion")


@dataclass(frozen=True)
class Predictions:
    """`rows` (n,) into the face set; `probabilities` (n, classes) float32, each row summing to 1."""

    rows: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class Occlusion:
    """`rows` (m,) into the face set; `drops` (m, g, g) float32: how far the probability of the true class falls when the
    square around that place of a g x g grid is covered. m is 0 for an arm that does not see the image.
    """

    rows: np.ndarray
    drops: np.ndarray


@dataclass(frozen=True)
class Record:
    """One finished run; `train` (n,) are the rows of the face set that it was trained on."""

    spec: dict
    provenance: dict
    proof: dict
    history: list[dict]
    summary: dict
    train: np.ndarray
    test: Predictions
    validation: Predictions
    occlusion: Occlusion


@dataclass(frozen=True)
class Plan:
    """The runs of a study: what `mixedfer run` leaves for `mixedfer report`.

    `study` is the canonical study; `faces` the folder name of each arm's face set; `cells` one entry per run, in study order:
    {"arm", "fold", "replicate", "run"}; `varied` the values set on the command line; `command` the command itself: {"file",
    "settings", "threads", "predictor", "weights", "backend"}; `first_margin` and `first_metric` what the study decided by when
    the first of these runs was made. `tuned` is empty where all arms have the study's recipe; else it says what was searched
    and found, see `mixedfer.tuning`.
    """

    name: str
    study: dict
    faces: dict[str, str]
    cells: list[dict]
    varied: dict
    command: dict
    first_margin: float
    first_metric: str
    tuned: dict = field(default_factory=dict)

    @property
    def searched(self) -> dict[str, dict]:
        """Arm -> what its search found, in study order; empty where nothing was tuned."""
        return {arm: self.tuned["arms"][arm] for arm in (self.control, *self.treatments)} if self.tuned else {}

    def recipe(self, arm: str) -> dict:
        """The canonical recipe under which an arm was trained."""
        return self.tuned["arms"][arm]["recipe"] if self.tuned else self.study["recipe"]

    @property
    def question(self) -> str:
        return self.study["question"]

    @property
    def metric(self) -> str:
        return self.study["metric"]

    @property
    def margin(self) -> float:
        return self.study["margin"]

    @property
    def control(self) -> str:
        """The control arm's name."""
        return self.study["control"]["name"]

    @property
    def treatments(self) -> list[str]:
        """The other arms' names."""
        return [arm["name"] for arm in self.study["treatments"]]


def decided(store: Path, run: str, margin: float, metric: str) -> tuple[float, str]:
    """The margin and metric under which a run was first asked for; these, if it never was. Kept for good."""
    path = store / "decided" / f"{run}.json"
    if not path.exists():
        disk.write_json(path, {"margin": margin, "metric": metric})
    first = disk.read_json(path)
    return first["margin"], first["metric"]


def diverged(store: Path, run: str) -> Path:
    """Where it is noted that a run's loss became no number."""
    return store / "diverged" / f"{run}.json"


def run_folder(store: Path, run: str) -> Path:
    """Where a run's record lies."""
    return store / "runs" / run


def write(folder: Path, record: Record, weights: dict[str, np.ndarray], timing: dict) -> None:
    """Write a record so that it appears whole or not at all. Raises Fault when the disk is full."""
    with disk.new_folder(folder) as part:
        for name in FACTS:
            (part / f"{name}.json").write_text(disk.to_json(getattr(record, name)), encoding="utf-8")
        for name, array in _arrays(record).items():
            np.save(part / f"{name}.npy", array)
        np.savez(part / "weights.npz", **weights)
        (part / "timing.json").write_text(disk.to_json(timing), encoding="utf-8")


def read(folder: Path) -> Record:
    """A finished record. Raises Damaged when it is missing or not whole."""
    if not disk.is_done(folder):
        raise Damaged("not a finished run", file=folder, remedy="Give the same `mixedfer run` command again.")
    facts: dict[str, Any] = {name: disk.read_json(folder / f"{name}.json") for name in FACTS}
    arrays = {name: disk.read_array(folder / f"{name}.npy") for name in ARRAYS}
    for rows, values in (("rows-test", "probabilities-test"), ("rows-validation", "probabilities-validation"),
                         ("rows-occlusion", "drops-occlusion")):
        if len(arrays[rows]) != len(arrays[values]):
            raise Damaged(f"{values} has {len(arrays[values])} rows, expected {len(arrays[rows])}", file=folder,
                          remedy=f"Delete {folder} and give the same command again.")
    return Record(**facts, train=arrays["rows-train"], test=Predictions(arrays["rows-test"], arrays["probabilities-test"]),
                  validation=Predictions(arrays["rows-validation"], arrays["probabilities-validation"]),
                  occlusion=Occlusion(arrays["rows-occlusion"], arrays["drops-occlusion"]))


def _arrays(record: Record) -> dict[str, np.ndarray]:
    return dict(zip(ARRAYS, (record.train, record.test.rows, record.test.probabilities, record.validation.rows,
                             record.validation.probabilities, record.occlusion.rows, record.occlusion.drops)))


def plan_file(store: Path, name: str, making: dict) -> Path:
    """Where the plan of a study lies: by its name and what made its runs; question, metric and margin may change."""
    return store / "studies" / f"{digest({'name': name, 'making': making})}.json"


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan atomically."""
    disk.write_json(path, asdict(plan))


def read_plan(path: Path) -> Plan:
    """The plan that `mixedfer run` left. Raises BadInput when the study was never run in this store."""
    if not path.exists():
        raise BadInput("this study, with these values, has no runs in this store", file=path,
                       remedy="Run it with `mixedfer run`; runs that already exist are reused.")
    return Plan(**disk.read_json(path))

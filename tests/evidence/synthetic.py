"""A finished study without any training: real records, a real face set and a plan, with a planted difference.

`scores` draws right/wrong tables from a known two-way random-effects model; `build` writes a whole study to a store.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from scipy.special import ndtri

from mixedfer import disk, records, seeds
from mixedfer.faceset import PARTITIONS, content_hash
from mixedfer.identity import canonical
from mixedfer.learning.views.constant import Constant
from mixedfer.learning.views.found_flag import FoundFlag
from mixedfer.learning.views.noise import Noise
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.study import Arm, Cell, Preparation, Recipe, Study
from tests.evidence.drawing import SIZE, draw, face

EPOCHS = 4
GRID = 8
#: What arms see of the landmarks, by their names; all others see the face's own.
VIEWS = {"image-only": None, "whole": None, "shuffled": Shuffled(normalised), "noise": Noise(normalised),
         "constant": Constant(normalised), "found flag": FoundFlag()}


@dataclass(frozen=True)
class Drawn:
    """Stands for a data set in the canonical study."""

    people: int = 20

    def fingerprint(self, data): ...

    def list(self, data): ...

    def read(self, data, key): ...


@dataclass(frozen=True)
class Finder:
    """Stands for a face detector in the canonical study."""

    def find(self, picture): ...


def stand_in() -> None:
    """Stands for every function that a study refers to (backbone, branch, fusion, schedule, view)."""


def scores(rng: np.random.Generator, replicates: int, images: int, accuracies: tuple[float, ...],
           *, spread: float = 0.03, shared: float = 0.5, own: float = 0.2) -> np.ndarray:
    """(I, J, K) bool tables of right answers whose expected accuracies are exactly `accuracies`.

    A latent score of variance 1: `shared` by image, `own` by arm and image, `spread`**2 by arm and replicate, the rest
    by all three. New images and new replicates are new draws, which is what the two-way comparison assumes.
    """
    arms = len(accuracies)
    rest = 1 - shared - own - spread**2
    latent = (np.sqrt(shared) * rng.standard_normal((1, 1, images))
              + np.sqrt(own) * rng.standard_normal((arms, 1, images))
              + spread * rng.standard_normal((arms, replicates, 1))
              + np.sqrt(rest) * rng.standard_normal((arms, replicates, images)))
    return latent < ndtri(np.asarray(accuracies))[:, None, None]


def study(arms=("image-only", "mixed"), *, replicates: int = 5, folds: int = 0, margin: float = 0.02,
          recipe: Mapping = MappingProxyType({}), own: Mapping = MappingProxyType({})) -> Study:
    """A study whose first arm is the control; an arm sees the image unless its name contains "landmarks-only".

    Names in `VIEWS` say what an arm sees of the landmarks; an arm whose name ends in " again" has its own seed (A/A). `own`
    has preparations of arms by their names.
    """
    made = [Arm(name, image="landmarks-only" not in name, landmarks=VIEWS.get(name.removesuffix(" again"), normalised),
                preparation=own.get(name), seed=int(name.endswith(" again"))) for name in arms]
    values = {"backbone": stand_in, "landmark_branch": stand_in, "fusion": stand_in, "epochs": EPOCHS, "batch_size": 16,
              "learning_rate": 0.01, "schedule": stand_in, **recipe}
    return Study(question="Do landmarks help on drawn faces?", dataset=Drawn(),
                 preparation=Preparation(detector=Finder()), recipe=Recipe(**values), control=made[0],
                 treatments=tuple(made[1:]), replicates=replicates, folds=folds, margin=margin)


def build(store: Path, arms=("image-only", "mixed"), *, replicates: int = 5, images: int = 200,
          classes=("happy", "sad"), effect: float | Mapping[str, float] = 0.1, accuracy: float = 0.7,
          folds: int = 0, margin: float = 0.02, missed: float = 0.3, collapsed: tuple[str, ...] = (), seed: int = 0,
          name: str = "drawn", recipe: Mapping = MappingProxyType({}), own: Mapping = MappingProxyType({}),
          edit: Callable[[str, int, int, dict], None] | None = None) -> records.Plan:
    """Write a finished study to `store` and return its plan (also written, as `mixedfer run` would leave it).

    `images` is the number of tested images (in all folds together); `effect` is what a treatment adds to the accuracy
    of the control, for all treatments or by name. Arms in `collapsed` answer one constant, the class prior.
    `recipe` has values other than the study's usual ones; arms in `own` have that preparation, and see negatives.
    `edit(arm, fold, replicate, facts)` may spoil a run before it is written: `facts` holds spec, provenance, proof,
    history, summary, the rows "train", and "test", "validation" and "occlusion", each a dict of arrays. The proof's hashes of
    rows follow rows that it changes.
    """
    made = study(arms, replicates=replicates, folds=folds, margin=margin, recipe=recipe, own=own)
    sets = {arm: write_faces(store, images, classes, folds=folds, missed=missed, seed=seed, own=own.get(arm)) for arm in arms}
    arrays = sets[arms[0]][1]
    tested = np.flatnonzero(arrays["partition"] == PARTITIONS.index("test")) if not folds else np.arange(images)
    gain = {arm: effect.get(arm, 0.0) if isinstance(effect, Mapping) else effect for arm in arms[1:]}
    right = scores(seeds.generator(seed, "scores"), replicates, len(tested),
                   tuple(accuracy + gain.get(arm, 0.0) for arm in arms))
    held = np.flatnonzero(arrays["partition"] == PARTITIONS.index("validation"))
    cells = []
    for cell in made.cells():
        index, rows = arms.index(cell.arm.name), _fold(tested, cell.fold, folds)
        answers = _answers(seeds.generator(seed, "answers", cell.fold, cell.replicate, index), arrays["labels"][rows],
                           right[index, cell.replicate][np.searchsorted(tested, rows)], len(classes))
        if cell.arm.name in collapsed:
            answers[:] = np.bincount(arrays["labels"], minlength=len(classes)) / len(arrays["labels"])
        parts = {"train": np.setdiff1d(np.arange(len(arrays["labels"])), [*rows, *held]), "validation": held, "test": rows}
        left = facts(cell, sets[cell.arm.name][0].removeprefix("drawn-"), parts, answers.astype(np.float32))
        cells.append({"arm": cell.arm.name, "fold": cell.fold, "replicate": cell.replicate,
                      "run": _write_run(store, cell, left, edit)})
    command = {"file": f"experiments/{name}.py", "settings": [], "threads": 1, "predictor": None, "weights": None,
               "backend": "tensorflow"}
    plan = records.Plan(name=name, study=canonical(made), faces={arm: faces for arm, (faces, _) in sets.items()}, cells=cells,
                        varied={}, command=command, first_margin=margin, first_metric=made.metric)
    records.write_plan(records.plan_file(store, name, made.making()), plan)
    return plan


def changed(plan: records.Plan, **words) -> records.Plan:
    """The plan of the same study under another question, metric or margin."""
    return dataclasses.replace(plan, study={**plan.study, **words})


def write_faces(store: Path, images: int, classes, *, folds: int = 0, missed: float = 0.3, seed: int = 0, own=None):
    """Write a face set of drawn faces; returns its folder name and arrays. Without folds, 3 in 7 images are tested.

    With a preparation of an arm's `own` they are negatives of its size, and other ones are found.
    """
    arrays, content = _faces(images, tuple(classes), folds, missed, seed, own and own.size)
    key = f"drawn-{content}"
    meta = {"content": content, "classes": list(classes), "partitions": list(PARTITIONS), "dataset": canonical(Drawn()),
            "preparation": canonical(own or Preparation(detector=Finder())), "unreadable": [], "note": "", "searched": True}
    if not disk.is_done(store / "faces" / key):
        with disk.new_folder(store / "faces" / key) as part:
            for name, array in arrays.items():
                np.save(part / f"{name}.npy", array)
            (part / "meta.json").write_text(disk.to_json(meta), encoding="utf-8")
    return key, arrays


@functools.lru_cache(maxsize=8)
def _faces(images: int, classes: tuple[str, ...], folds: int, missed: float, seed: int,
           size: int | None) -> tuple[dict[str, np.ndarray], str]:
    """(arrays, content) of a face set, for many tests draw the same; negatives of that size where there is one."""
    rng = seeds.generator(seed, "faces")
    count = images if folds else images * 7 // 3
    labels = np.arange(count) % len(classes)
    landmarks = np.stack([face(rng, label / max(1, len(classes) - 1)) for label in labels]).astype(np.float32)
    grounds = seeds.generator(seed, "grounds").integers(0, 120, (count, 6, 6))  # before one ground all were nearly equal
    partition = np.full(count, -1, np.int8)
    if not folds:
        partition[:] = PARTITIONS.index("train")
        partition[:images // 3] = PARTITIONS.index("validation")
        partition[count - images:] = PARTITIONS.index("test")
    arrays = {
        "images": np.stack(list(map(draw, landmarks, grounds)))[..., None], "landmarks": landmarks,
        "boxes": np.tile(np.float32([0, 0, SIZE, SIZE]), (count, 1)), "found": rng.random(count) >= missed,
        "readable": np.ones(count, bool), "labels": labels.astype(np.int64), "partition": partition,
        "votes": np.eye(len(classes), dtype=np.float32)[labels],
        "subjects": (np.arange(count) // 10).astype(np.int64),
        "ids": np.array([f"drawn-{row:05d}".encode() for row in range(count)]),
    }
    if size:
        scale = size / SIZE
        at = (np.arange(size) / scale).astype(int)
        arrays |= {"images": 255 - arrays["images"][:, at[:, None], at], "landmarks": landmarks * np.float32(scale),
                   "found": np.roll(arrays["found"], 1)}
    for array in arrays.values():
        array.flags.writeable = False
    return arrays, content_hash(arrays, classes)


def sha(*axes) -> str:
    """A hash that stands for the hash of real bytes."""
    return hashlib.sha256(repr(axes).encode()).hexdigest()


def facts(cell: Cell, content: str, parts: dict[str, np.ndarray], answers: np.ndarray) -> dict:
    """What one run leaves; `parts` are its rows, `answers` its test probabilities."""
    shapes, rates = _tensors(cell.arm, answers.shape[1]), [0.01 * 0.5**epoch for epoch in range(EPOCHS)]
    at = (cell.fold, cell.replicate, cell.arm.seed)
    view, held = cell.arm.landmarks, parts["validation"]
    return {
        "spec": cell.spec(content),
        "provenance": {"keras": "3.15.1", "backend": "tensorflow", "backend_version": "2.21.0", "numpy": "2.4.6",
                       "python": "3.11.7", "mixedfer": "0.1.0", "making": sha("making"), "device": "cpu", "threads": 1,
                       "deterministic": True},
        "proof": {"initial_weights": {path: {"shape": shape, "sha256": sha(path, shape, at)}
                                      for path, shape in shapes.items()},
                  "shown": [_seen(cell, content, "train", epoch, *at) for epoch in range(EPOCHS)],
                  "evaluated": {part: _seen(cell, content, part, cell.fold) for part in ("validation", "test")},
                  "first_batches": sha("batches", at, content), "split": _hashes(parts), "learning_rate": rates,
                  "follows": getattr(cell.study.recipe.schedule, "follows", "epochs")},
        "history": _history(cell, rates),
        "summary": {"parameters": sum(int(np.prod(shape)) for path, shape in shapes.items() if "seed" not in path),
                    "epochs": EPOCHS, "selected_epoch": EPOCHS, "images": {part: len(rows) for part, rows in parts.items()},
                    "landmarks": view and {"shows": getattr(view, "shows", "own"),
                                           "rules_out": getattr(view, "rules_out", "")}},
        "train": parts["train"], "test": {"rows": parts["test"], "probabilities": answers},
        "validation": {"rows": held, "probabilities": np.full((len(held), answers.shape[1]), 1 / answers.shape[1], np.float32)},
        "occlusion": _occlusion(cell, parts["test"]),
    }


def _tensors(arm: Arm, classes: int) -> dict[str, list[int]]:
    """The shapes of a model's tensors. Arms that see both inputs have a wider classifier."""
    both = arm.image and arm.landmarks is not None
    shapes = ({"image_conv1/kernel": [3, 3, 1, 4], "image_conv1/bias": [4]} if arm.image else {})
    shapes |= {"landmark_dense/kernel": [136, 8]} if arm.landmarks is not None else {}
    shapes |= {"joint_dense/kernel": [16 if both else 8, 6], "joint_dense/bias": [6], "answer/kernel": [6, classes]}
    return shapes | ({"landmark_drop/seed_generator/seed_generator_state": [2]} if arm.landmarks is not None else {})


def _history(cell: Cell, rates: list[float]) -> list[dict]:
    bonus = 0.05 * (cell.arm.image and cell.arm.landmarks is not None) + 0.01 * cell.replicate
    return [{"epoch": epoch, "learning_rate": rate, "loss": 0.8 - 0.1 * epoch - bonus,
             "accuracy": 0.4 + 0.1 * epoch + bonus, "validation_loss": 0.78 - 0.08 * epoch - bonus,
             "validation_accuracy": 0.42 + 0.08 * epoch + bonus} for epoch, rate in enumerate(rates, 1)]


def _seen(cell: Cell, content: str, *axes) -> dict[str, str]:
    """What `witness.Seen` tells of an epoch or a partition of the face set with this content."""
    view = cell.arm.landmarks
    # A constant does not follow the order of an epoch, and noise is drawn from the cell's seed.
    shown = (*axes, cell.seed) if isinstance(view, Noise) else (axes[0], cell.fold) if isinstance(view, Constant) else axes
    others = getattr(view, "shows", "own").startswith("others")
    return {"order": sha("order", *axes), "draws": sha("draws", *axes),
            "sources": sha("sources", cell.arm.seed, *axes) if others else "own",
            "landmarks": sha("landmarks", canonical(view), content, *shown)}


def _hashes(parts: Mapping[str, np.ndarray]) -> dict[str, str]:
    return {part: disk.hash_arrays(rows) for part, rows in parts.items()}


def _write_run(store, cell, left, edit) -> str:
    before = left["proof"]["split"].copy()
    if edit:
        edit(cell.arm.name, cell.fold, cell.replicate, left)
    after = _hashes({"train": left["train"], **{part: np.sort(left[part]["rows"]) for part in ("validation", "test")}})
    if left["proof"].get("split") == before:
        left["proof"]["split"] = after
    arrays = [left["train"], *(array for part in ("test", "validation", "occlusion") for array in left[part].values())]
    told = {name: left[name] for name in records.FACTS}
    named = json.dumps([told, [disk.hash_arrays(array) for array in arrays], cell.arm.name], sort_keys=True)
    run = hashlib.sha256(named.encode()).hexdigest()[:20]
    if not disk.is_done(records.run_folder(store, run)):
        test, validation = (records.Predictions(**left[part]) for part in ("test", "validation"))
        record = records.Record(**told, train=left["train"], test=test, validation=validation,
                                occlusion=records.Occlusion(**left["occlusion"]))
        records.write(records.run_folder(store, run), record, weights={}, timing={"seconds": 1.0})
    return run


def _occlusion(cell: Cell, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Four tested images whose middle counts most; nothing for an arm without the image."""
    shown = rows[:4] if cell.arm.image else rows[:0]
    steps = np.linspace(-1, 1, GRID)
    drop = 0.5 * np.exp(-4 * (steps[:, None]**2 + steps**2)) + 0.01 * cell.replicate
    return {"rows": shown, "drops": np.tile(drop.astype(np.float32), (len(shown), 1, 1))}


def _fold(tested: np.ndarray, fold: int, folds: int) -> np.ndarray:
    return tested if not folds else tested[(tested // 10) % folds == fold]


def _answers(rng, truth, right, classes: int) -> np.ndarray:
    answered = np.where(right, truth, (truth + rng.integers(1, classes, len(truth))) % classes)
    logits = rng.normal(0, 0.5, (len(truth), classes))
    logits[np.arange(len(truth)), answered] = logits.max(-1) + rng.uniform(0.2, 3, len(truth))
    likelihood = np.exp(logits)
    return likelihood / likelihood.sum(-1, keepdims=True)

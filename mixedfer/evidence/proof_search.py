"""The checks of a search: the same budget for every arm, no test image seen, and the best of what was tried taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import disk, faceset, metrics, records
from mixedfer.errors import Damaged
from mixedfer.evidence import wording
from mixedfer.evidence.proof import ENFORCED
from mixedfer.evidence.proof_reading import Check, Runs, differing, joined, short, verdict
from mixedfer.faceset import FaceSet
from mixedfer.records import Plan, Record

#: Where a search's face set says which rows of the whole set it has, see `faces.search_set`.
ROWS = "rows.npy"
CHUNK = 4096


@dataclass(frozen=True)
class Tried:
    """One trial of an arm as it was noted, and its runs; none of a run whose loss became no number."""

    arm: str
    number: int
    values: dict
    score: float | None
    runs: list[Record | None]

    @property
    def name(self) -> str:
        return f"{self.arm}, trial {self.number + 1}"


def checks(plan: Plan, runs: Runs, sets: Mapping[str, FaceSet], store: Path) -> list[Check]:
    """Three lines of the proof. Raises Damaged where a run of the search is missing."""
    tried = _read(plan, store)
    return [_budget(plan, tried, runs), _untested(plan, tried, runs, sets, store), _choice(plan, tried, sets, store)]


def placed(spec: dict, values: Mapping[str, Any]) -> dict:
    """A copy of nested dictionaries with other values at dotted names.

    >>> placed({"recipe": {"epochs": 3, "rate": 0.1}}, {"recipe.rate": 0.2})
    {'recipe': {'epochs': 3, 'rate': 0.2}}
    """
    for name, value in values.items():
        first, _, rest = name.partition(".")
        inner = spec.get(first)
        spec = {**spec, first: placed(inner if isinstance(inner, dict) else {}, {rest: value}) if rest else value}
    return spec


def _read(plan: Plan, store: Path) -> list[Tried]:
    return [Tried(arm, number, trial["values"], trial["score"], [_run(store, run) for run in trial["runs"]])
            for arm, made in plan.searched.items() for number, trial in enumerate(made["trials"])]


def _run(store: Path, run: str) -> Record | None:
    folder = records.run_folder(store, run)
    if not disk.is_done(folder) and records.diverged(store, run).exists():
        return None
    if not disk.is_done(folder):
        raise Damaged("a run of the search is missing", file=folder, remedy="Give the `mixedfer tune` command again.")
    return records.read(folder)


def _budget(plan: Plan, tried: list[Tried], finals: Runs) -> Check:
    search, arms = plan.tuned["search"], list(plan.searched)
    counts = {arm: sum(one.arm == arm for one in tried) for arm in arms}
    wrong = [f"{arm} had {count} trials, the search has {search['trials']}" for arm, count in counts.items()
             if count != search["trials"]]
    wrong += [sentence for one in tried for sentence in _unequal(plan, one)]
    wrong += _seeds(tried, finals) + _software(tried, finals)
    lost = [one.name for one in tried if None in one.runs]
    train, validated = (sorted({len(rows(run)) for one in tried for run in one.runs if run})
                        for rows in (lambda run: run.train, lambda run: run.validation.rows))
    return verdict("equal search", wrong, (
        f"{search['trials']} trials of each of {len(arms)} arms, each of {wording.plural(search['replicates'], 'run')} of "
        f"{wording.plural(plan.study['recipe']['epochs'], 'epoch')} on {joined(map(str, train))} training images, scored on "
        f"{joined(map(str, validated))} validation images; one space ({short(plan.tuned['space'])}), one sampler "
        f"({search['sampler']}, Optuna {plan.tuned['optuna']}, seed {search['seed']}); every arm tried the study's own recipe "
        "first; seeds are the same for all arms, and none is that of a final run"
        + (f"; the loss or a weight became no number in {joined(lost)}" if lost else "")))


def _unequal(plan: Plan, one: Tried) -> Iterator[str]:
    """In what a trial's runs are not what the search says."""
    study, space = plan.study, {entry["name"]: entry for entry in plan.tuned["space"]}
    arm = next(arm for arm in (study["control"], *study["treatments"]) if arm["name"] == one.arm)
    inputs = {name: value for name, value in arm.items() if name not in ("kind", "name", "preparation")}
    if len(one.runs) != plan.tuned["search"]["replicates"]:
        yield f"{one.name} has {len(one.runs)} runs"
    if one.values.keys() != space.keys() or not all(_within(space[name], value) for name, value in one.values.items()):
        yield f"{one.name} has values outside the space"
    elif one.number == 0 and differing(one.values, {name: entry["own"] for name, entry in space.items()}):
        yield f"{one.name} is not the study's own recipe"
    recipe = placed({"recipe": study["recipe"]}, one.values)["recipe"]
    for run in filter(None, one.runs):
        if names := differing({"recipe": recipe, "arm": inputs}, {name: run.spec[name] for name in ("recipe", "arm")}):
            yield f"{one.name} was trained otherwise in {', '.join(names)}"
        if not len(run.history) == run.summary["epochs"] == study["recipe"]["epochs"]:
            yield f"{one.name} was trained for {len(run.history)} epochs"


def _within(entry: Mapping, value: Any) -> bool:
    return value in entry["values"] if "values" in entry else entry["low"] <= value <= entry["high"]


def _seeds(tried: list[Tried], finals: Runs) -> list[str]:
    """Where arms of one seed tried other seeds, or seeds of final runs."""
    last = {run.spec["cell_seed"] for run in finals.values()}
    seen: dict[tuple, tuple[str, int]] = {}
    wrong = []
    for one in tried:
        for run in filter(None, one.runs):
            seed = run.spec["cell_seed"]
            first, other = seen.setdefault((run.spec["replicate"], run.spec["arm"]["seed"]), (one.name, seed))
            wrong += [f"{one.name} has other seeds than {first}"] if seed != other else []
            wrong += [f"{one.name} has the seed of a final run"] if seed in last else []
    return wrong


def _software(tried: list[Tried], finals: Runs) -> list[str]:
    first = next(iter(finals.values())).provenance
    return [f"{one.name} was trained with other {name} than the final runs" for one in tried for run in filter(None, one.runs)
            for name in ENFORCED if run.provenance.get(name) != first.get(name)]


def _untested(plan: Plan, tried: list[Tried], finals: Runs, sets: Mapping[str, FaceSet], store: Path) -> Check:
    """A search's face set must be a copy of the training and validation images, and its runs must have seen no other."""
    wrong, seen = [], {}
    for arm, made in plan.searched.items():
        folder = store / "faces" / made["faces"]
        data, rows = faceset.load(folder), disk.read_array(folder / ROWS)
        run = next(run for key, run in finals.items() if key[0] == arm)
        seen[arm] = np.unique(rows)
        wrong += [f"{arm} was searched on {len(both)} test images"] if len(both := np.intersect1d(rows, run.test.rows)) else []
        if not np.array_equal(seen[arm], np.union1d(run.train, run.validation.rows)):
            wrong.append(f"{arm} was searched on other images than the final runs are trained and validated on")
        elif not _copied(data, sets[arm], rows):
            wrong.append(f"the images on which {arm} was searched are not those of its face set")
        wrong += [f"{one.name} was trained on other data than the search's" for one in tried if one.arm == arm
                  for trained in filter(None, one.runs) if trained.spec["data"] != data.content]
    tested = len(next(iter(finals.values())).test.rows)
    sizes = joined(f"{size:,}" for size in sorted({len(rows) for rows in seen.values()}))
    return verdict("search without the test images", wrong, f"every trial saw only a copy of the {sizes} training and "
                    f"validation images; none of the {tested:,} test images is in it")


def _copied(data: FaceSet, whole: FaceSet, rows: np.ndarray) -> bool:
    return len(data) == len(rows) and all(
        np.array_equal(getattr(data, name)[start:start + CHUNK], getattr(whole, name)[rows[start:start + CHUNK]])
        for name in ("images", "landmarks", "labels") for start in range(0, len(rows), CHUNK))


def _choice(plan: Plan, tried: list[Tried], sets: Mapping[str, FaceSet], store: Path) -> Check:
    """Scores are counted again from what the trials answered; the final recipe must be that of the first of the best."""
    better, wrong, told = metrics.of(plan.metric).higher_is_better, [], []
    for arm, made in plan.searched.items():
        labels = np.asarray(faceset.load(store / "faces" / made["faces"]).labels)
        own = [one for one in tried if one.arm == arm]
        scores = [_score(one, labels, plan.metric) for one in own]
        wrong += [f"{one.name} is noted with {one.score}, its answers give {score}" for one, score in zip(own, scores)
                  if score != one.score]
        trained = [score for score in scores if score is not None]
        top = (max if better else min)(trained) if trained else None
        first = scores.index(top)
        if first != made["best"]:
            wrong.append(f"{arm} took trial {made['best'] + 1}, the best is trial {first + 1}")
        if differing(placed({"recipe": plan.study["recipe"]}, own[made["best"]].values)["recipe"], made["recipe"]):
            wrong.append(f"the recipe of {arm} is not that of its trial {made['best'] + 1}")
        told.append(f"{arm} {wording.level(top, plan.metric)} in trial {first + 1}")
    return verdict("choice by validation", wrong, f"the first of the best by validation {wording.name(plan.metric)}, counted "
                    f"again from the answers: {'; '.join(told)}")


def _score(one: Tried, labels: np.ndarray, metric: str) -> float | None:
    if None in one.runs:
        return None
    return float(np.mean([metrics.of(metric)(labels[run.validation.rows], run.validation.probabilities)
                          for run in one.runs]))

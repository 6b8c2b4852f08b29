"""The second claim: each arm at its own best. A search of its own for every arm, equal in all but its outcome, then the arms
under their best recipes.

Runs of a search are trained on a face set without the test pictures (`faces.search_set`), with seeds that no final run has.
They are runs like any other, kept by what decided their numbers: a stopped search is replayed from them. A plan's `tuned` is

    search   the canonical `Search`
    space    one entry per field: its full name and the study's own value ("name", "own"), and "values" or "low", "high", "log"
    optuna   the version that proposed the trials
    arms     arm -> {"faces", "recipe", "best", "trials"}: the folder of the search's face set, the best recipe, the number of
             its trial, and the trials, each {"values", "runs", "score"}; the score is None where a loss became no number
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import disk, faceset, metrics, proposals, records, runner
from mixedfer.axes import Axis, Search
from mixedfer.cells import Job
from mixedfer.cells.curves import Curves
from mixedfer.checked import Weights
from mixedfer.errors import Diverged, StudyError
from mixedfer.faces import search_set
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical
from mixedfer.learning import pretrained
from mixedfer.logs import Log
from mixedfer.records import Plan
from mixedfer.runner import Place, Point, Sets
from mixedfer.seeds import derive
from mixedfer.study import Arm, Cell, Study

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trial:
    """One recipe tried by one arm: the values of the fields searched, and its runs."""

    values: dict[str, Any]
    jobs: list[Job]


def run(study: Study, name: str, place: Place, *, file: Path, settings: Sequence[str] = (),
        say: Say = lambda text: None, log: Log | None = None) -> tuple[Plan, Plan]:
    """Make both comparisons: under one recipe, and of each arm under the best recipe found for it. Returns both plans.

    `log` hears of every run, those of the search too. Raises what `runner.run` raises, StudyError for a study without a search,
    BadInput where Optuna is not installed, Fault when no recipe of an arm could be trained.
    """
    _search_of(study)
    proposals.release()
    own, *others = _weights(study)
    if place.weights:
        pretrained.keep([own, *others], place.weights, place.store)
    # Where the study's own recipe starts from the seed, its runs must not ask what the file is for.
    shared = place if own else dataclasses.replace(place, weights=None)
    plain, = runner.run(study, name, shared, file=file, settings=settings, say=say, log=log)
    sets = runner.prepare(study, place)
    curves = Curves(log)
    tuned = search(study, name, sets, place, say, curves)
    jobs = [Job.of(cell, sets[cell.arm.name], place.store, place.threads) for cell in finals(study, tuned)]
    point = Point(_named(name), {}, study)
    plan = runner.plan_for(point, sets, jobs, settings, runner.command_of(place, file, settings), place.store)
    say(f"{len(jobs)} cells under the best recipes, {len(jobs) - len(runner.missing(jobs))} finished")
    curves.add(runner.named(_named(name), study, jobs))
    _train(jobs, sets, place, curves)
    curves.finish()
    plan = dataclasses.replace(plan, tuned=_noted(study, sets, tuned, place.store))
    records.write_plan(_plan_file(study, name, place.store), plan)
    return plain, plan


def read_plan(study: Study, name: str, settings: Sequence[str], store: Path) -> Plan | None:
    """The plan of the last `run` of this study with this search, under its present words; None where there was none."""
    path = _plan_file(study, name, store) if study.search else None
    return runner.in_present_words(records.read_plan(path), study, settings) if path and path.exists() else None


def search(study: Study, name: str, sets: Sets, place: Place, say: Say,
           curves: Curves) -> dict[str, list[tuple[Trial, float | None]]]:
    """Arm -> its trials and their scores, in the order in which they were proposed."""
    budget = _search_of(study)
    seen = {arm: search_set.make(faces, study, place.store) for arm, faces in sets.items()}
    asked = {arm.name: proposals.Proposals(study) for arm in study.arms}
    found: dict[str, list] = {arm.name: [] for arm in study.arms}
    for first in range(0, budget.trials, budget.together):
        count = min(budget.together, budget.trials - first)
        trials = {arm.name: [_trial(study, arm, values, seen[arm.name], place) for values in asked[arm.name].ask(count)]
                  for arm in study.arms}
        for number, same in enumerate(zip(*trials.values()), first + 1):
            jobs = [job for trial in same for job in trial.jobs]
            curves.add(runner.named(f"{_named(name)}/trial-{number}", study, jobs))
        _try([job for several in trials.values() for trial in several for job in trial.jobs], seen, place, curves)
        for arm, several in trials.items():
            scores = [_score(trial, seen[arm], study.metric) for trial in several]
            asked[arm].tell(scores)
            found[arm] += zip(several, scores)
        say(f"{first + count} of {budget.trials} trials of each arm")
    return found


def finals(study: Study, tuned: dict[str, list]) -> list[Cell]:
    """Every run of each arm under its best recipe, with the seeds that the runs under the shared recipe have."""
    own = {arm.name: tuned_for(study, arm.name, tuned[arm.name]) for arm in study.arms}
    return [Cell(arm=arm, fold=0, replicate=replicate, study=own[arm.name])
            for replicate in range(study.replicates) for arm in study.arms]


def tuned_for(study: Study, arm: str, trials: Sequence[tuple[Trial, float | None]]) -> Study:
    """The study under the best recipe of one arm."""
    return study.plain().varying(**trials[best(arm, [score for _, score in trials], study.metric)][0].values)


def best(arm: str, scores: Sequence[float | None], metric: str) -> int:
    """The number of the best trial; the first of several. Raises Fault where no trial of the arm could be trained.

    >>> best("mixed", [0.5, None, 0.8, 0.8], "accuracy"), best("mixed", [0.5, 0.8], "log_loss")
    (2, 0)
    """
    trained = [number for number, score in enumerate(scores) if score is not None]
    if not trained:
        raise Diverged(f"arm {arm!r}: the loss or a weight became no number in every trial",
                       remedy="Search smaller learning rates.")
    side = 1 if metrics.of(metric).higher_is_better else -1
    return max(trained, key=lambda number: (side * scores[number], -number))


def _search_of(study: Study) -> Search:
    if study.search is None:
        raise StudyError("the study has no search", remedy="Add search=Search(space=(Range('learning_rate', 1e-4, 1e-2, "
                         "log=True),), trials=20) to its Study(...).")
    return study.search


def _trial(study: Study, arm: Arm, values: dict[str, Any], faces: FaceSet, place: Place) -> Trial:
    """A recipe as one arm tries it: on official partitions, and on all the training pictures that the set has."""
    seed = derive("search", study.search.seed, study.seed)
    tried = dataclasses.replace(study.plain().varying(**values), seed=seed, train_share=1.0)
    cells = [Cell(arm=arm, fold=0, replicate=replicate, study=tried) for replicate in range(study.search.replicates)]
    return Trial(values, [Job.of(cell, faces, place.store, place.threads) for cell in cells])


def _try(jobs: list[Job], seen: Sets, place: Place, curves: Curves) -> None:
    """Train what is missing of a round; what cannot be trained because of its recipe is noted and never tried again."""
    jobs = [job for job in runner.missing(jobs) if not records.diverged(place.store, job.run).exists()]
    try:
        _train(jobs, seen, place, curves)
    except Diverged as error:
        for job in runner.missing(jobs):
            disk.write_json(records.diverged(place.store, job.run), {"what": error.what})


def _train(jobs: Sequence[Job], sets: Sets, place: Place, curves: Curves) -> None:
    if left := runner.missing(jobs):
        for faces, _ in runner.distinct(sets):
            faceset.verify(faces)
        sources = [runner.starts(job.cell.study) for job in left]
        pretrained.keep(sources, None, place.store)  # a file that was given is there by now
        place.engine.run(left, place.threads, place.quiet, curves.hear)


def _weights(study: Study) -> list[Weights | None]:
    """What the study's own recipe starts from, then what each value of an axis of the search makes it start from."""
    plain = study.plain()
    axes = [(one.name, value) for one in study.search.space if isinstance(one, Axis) for value in one.values]
    return [runner.starts(plain), *(runner.starts(plain.varying(**{name: value})) for name, value in axes)]


def _score(trial: Trial, faces: FaceSet, metric: str) -> float | None:
    """The mean of the metric on the validation pictures over a trial's runs."""
    if any(records.diverged(job.store, job.run).exists() for job in trial.jobs):
        return None
    answers = [records.read(records.run_folder(job.store, job.run)).validation for job in trial.jobs]
    return float(np.mean([metrics.of(metric)(faces.labels[found.rows], found.probabilities) for found in answers]))


def _noted(study: Study, sets: Sets, tuned: dict[str, list], store: Path) -> dict:
    """The entry `tuned` of a plan."""
    arms = {}
    for arm, trials in tuned.items():
        scores = [score for _, score in trials]
        arms[arm] = {"faces": search_set.make(sets[arm], study, store).folder.name, "best": best(arm, scores, study.metric),
                     "recipe": canonical(tuned_for(study, arm, trials).recipe),
                     "trials": [{"values": canonical(trial.values), "runs": [job.run for job in trial.jobs], "score": score}
                                for trial, score in trials]}
    return {"search": canonical(study.search), "optuna": proposals.release(), "space": _space(study), "arms": arms}


def _space(study: Study) -> list[dict]:
    return [{"name": ".".join(study.path(one.name)), "own": canonical(study.current(one.name)),
             **({"values": canonical(one.values)} if isinstance(one, Axis) else
                {"low": one.low, "high": one.high, "log": one.log})} for one in study.search.space]


def _named(name: str) -> str:
    """The name of the second comparison; its report lies in a folder of the study's."""
    return f"{name}/tuned"


def _plan_file(study: Study, name: str, store: Path) -> Path:
    # Unlike in the first comparison the metric decides runs: those of the recipe that is best by it.
    decided = {"search": canonical(study.search), "metric": study.metric}
    return records.plan_file(store, _named(name), {**study.making(), **decided})

"""Study -> prepared faces -> missing cells -> engine -> plan. What is finished is never done again."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import disk, faceset, pairing, records
from mixedfer.cells import Job
from mixedfer.cells.curves import Curves
from mixedfer.checked import Weights
from mixedfer.engines import Engine
from mixedfer.engines.local import Local
from mixedfer.errors import StudyError
from mixedfer.faces import accounts, preparation, prepared, splits
from mixedfer.faceset import PARTITIONS, FaceSet
from mixedfer.identity import canonical, digest
from mixedfer.learning import backend, pretrained
from mixedfer.learning.batches import Batches
from mixedfer.logs import Log
from mixedfer.records import Plan
from mixedfer.study import Cell, Study

#: Letters of one value in a label, which is a folder's name.
LONGEST = 40
#: Arm -> what it sees; arms with equal preparations have one face set.
Sets = dict[str, FaceSet]


@dataclass(frozen=True)
class Place:
    """Where things are and how they run; none of it decides a number, except `threads` in its last bits.

    With `prepared` the face sets are taken from the store as they are, and neither data nor a face finder is needed.
    """

    data: Path | None = None
    store: Path = Path(".mixedfer")
    predictor: Path | None = None
    weights: Path | None = None
    engine: Engine = dataclasses.field(default_factory=Local)
    threads: int = 1
    quiet: bool = False
    prepared: bool = False


@dataclass(frozen=True)
class Point:
    """One comparison of a study: the only one, or one point of its grid, with the `values` that its axes have there.

    `label` tells the values in one word, such as "width=0.25,missed=exclude"; no two points of a study have the same.
    """

    name: str
    values: dict[str, Any]
    study: Study
    label: str = ""


def points(study: Study, name: str) -> list[Point]:
    """The comparisons that a study is made of. A point's plan and report lie in a folder of the study's."""
    axes = zip(_short([axis.name for axis in study.grid]), (_words(axis.values) for axis in study.grid))
    labels = [",".join(pairs) for pairs in itertools.product(*([f"{key}={word}" for word in words] for key, words in axes))]
    return [Point(f"{name}/{label}" if label else name, values, point, label)
            for label, (values, point) in zip(labels, study.points())]


def run(study: Study, name: str, place: Place, *, file: Path, settings: Sequence[str] = (),
        say: Callable[[str], None] = lambda text: None, log: Log | None = None) -> list[Plan]:
    """Prepare faces, train what is missing, leave a plan per point. The same call goes on after an interruption.

    `file` and `settings` are only noted, for the report; `log` hears of every run, see `mixedfer.logs`. Raises BadInput for
    input that cannot be used, Fault when cells fail.
    """
    todo = [(point, sets, [Job.of(cell, sets[cell.arm.name], place.store, place.threads) for cell in point.study.cells()])
            for point, sets in prepare_all(study, name, place, say)]
    every = [job for _, _, jobs in todo for job in jobs]
    left = missing(every)
    say(f"{len(every)} cells, {len(every) - len(left)} finished" if left else f"{len(every)} cells, all finished")
    if left:
        for faces in {faces.folder: faces for _, sets, _ in todo for faces in sets.values()}.values():
            faceset.verify(faces)
        for point, sets, _ in todo:
            check(point.study, sets)
        sources = [starts(point.study) for point, _, _ in todo]
        pretrained.keep(sources, place.weights, place.store)
    command = command_of(place, file, settings)
    plans = [plan_for(point, sets, jobs, settings, command, place.store) for point, sets, jobs in todo]
    curves = Curves(log)
    for point, _, jobs in todo:
        curves.add(named(point.name, point.study, jobs))
    if left:
        place.engine.run(left, place.threads, place.quiet, curves.hear)
    for (point, _, _), plan in zip(todo, plans):
        records.write_plan(records.plan_file(place.store, point.name, point.study.making()), plan)
    curves.finish()
    return plans


def missing(jobs: Sequence[Job]) -> list[Job]:
    """Those without a record, equal ones once."""
    return list({job.run: job for job in jobs if not disk.is_done(records.run_folder(job.store, job.run))}.values())


def starts(study: Study) -> Weights | None:
    """Where the weights come from that a study's backbone starts from; None where all start from the seed."""
    return getattr(study.recipe.backbone, "weights", None)


def named(name: str, study: Study, jobs: Sequence[Job]) -> dict[str, Job]:
    """The runs of a comparison by arm, replicate and fold, as logs name them."""
    words = dict(zip([arm.name for arm in study.arms], _words([arm.name for arm in study.arms])))
    return {f"{name}/{words[job.cell.arm.name]}/replicate-{job.cell.replicate + 1}"
            + (f"-fold-{job.cell.fold + 1}" if study.folds else ""): job for job in jobs}


def prepare_all(study: Study, name: str, place: Place, say: Callable[[str], None]) -> list[tuple[Point, Sets]]:
    """Every point of a study with its arms' face sets; says each face set once, and whose it is where arms have others.

    Raises BadInput when the arms of a point would not see the same pictures.
    """
    found: list[tuple[Point, Sets]] = []
    said: set[Path] = set()
    for point in points(study, name):
        sets = prepare(point.study, place)
        pairing.refuse_other_rows(sets)
        for faces, arms in distinct(sets):
            if faces.folder not in said:
                whose = f"{', '.join(arms)}:\n" if len(arms) < len(sets) else ""
                say(whose + accounts.describe(faces, point.study.preparation.missed))
        said |= {faces.folder for faces in sets.values()}
        found.append((point, sets))
    return found


def prepare(study: Study, place: Place) -> Sets:
    """What each arm of a study sees."""
    made: dict[str, FaceSet] = {}
    sets: Sets = {}
    for arm in study.arms:
        own = study.prepared(arm)
        key = digest(own.preparation)
        if key not in made:
            made[key] = prepared.find(own, place.store) if place.prepared else preparation.prepare(
                own, place.data, place.store, predictor=place.predictor,
                pool=place.engine.pool(place.threads), quiet=place.quiet)
        sets[arm.name] = made[key]
    return sets


def distinct(sets: Sets) -> list[tuple[FaceSet, list[str]]]:
    """Each face set once, with the arms that see it."""
    return [(faces, [arm for arm, other in sets.items() if other.folder == faces.folder])
            for faces in {faces.folder: faces for faces in sets.values()}.values()]


def face_sets(study: Study, name: str, place: Place, say: Callable[[str], None]) -> list[tuple[Point, FaceSet]]:
    """Every face set of a study once, with the first point that uses it; labelled only where there are several.

    Of a point whose arms see several, each is labelled by its first arm.
    """
    found: dict[Path, tuple[Point, FaceSet]] = {}
    for point, sets in prepare_all(study, name, place, say):
        several = distinct(sets)
        for faces, arms in several:
            own = ",".join(filter(None, [point.label, _word(arms[0])])) if len(several) > 1 else point.label
            where = dataclasses.replace(point, name=f"{name}/{own}" if own else name, label=own)
            found.setdefault(faces.folder, (where, faces))
    only = len(found) == 1
    return [(dataclasses.replace(point, name=name, label="") if only else point, faces) for point, faces in found.values()]


def parts(study: Study, faces: FaceSet) -> dict[str, np.ndarray]:
    """Name -> (n,) bool, the partitions that a study makes of a face set, with all its training pictures; with folds, the
    tested pictures of each.

    The data set's own are as they are given, also where a study would refuse them. Raises BadInput where none can be drawn.
    """
    if study.folds:
        folds = [splits.split(faces, study, fold) for fold in range(study.folds)]
        return {f"test, fold {number}": _mask(faces, fold.test) for number, fold in enumerate(folds, 1)}
    official = {name: np.asarray(faces.partition) == index for index, name in enumerate(PARTITIONS)}
    if any(rows.any() for rows in official.values()):
        return {name: rows for name, rows in official.items() if rows.any()}
    drawn = splits.split(faces, dataclasses.replace(study, train_share=1.0))
    return {name: _mask(faces, getattr(drawn, name)) for name in PARTITIONS}


def _mask(faces: FaceSet, rows: np.ndarray) -> np.ndarray:
    return np.isin(np.arange(len(faces)), rows)


def check(study: Study, sets: Sets) -> None:
    """See that every fold can be made, the recipe's frame lies in every image, and every arm's landmarks can be chosen. Raises
    BadInput where not: a class is missing from a partition, or has too few faces for a view that takes another's landmarks.
    """
    for fold in range(max(1, study.folds)):
        split = splits.split(sets[study.control.name], study, fold)  # the same for all arms, see `pairing`
        for arm, part in itertools.product(study.arms, PARTITIONS):
            _choose(Cell(arm=arm, fold=fold, replicate=0, study=study), sets[arm.name], getattr(split, part), part)


def _choose(cell: Cell, faces: FaceSet, rows: np.ndarray, part: str) -> None:
    """Let an arm's view choose whose landmarks it shows in one partition."""
    batches = Batches(faces, rows, part, cell.study.recipe, cell.seed, cell.arm.landmarks)
    _ = batches.side
    try:
        _ = batches.sources
    except StudyError as error:
        raise StudyError(f"arm {cell.arm.name!r}, {part} partition: {error.what}", file=faces.folder,
                         remedy="Leave the arm out, choose other classes, or another split (folds, validation, test, "
                         "train_share).") from error


def read_plans(study: Study, name: str, settings: Sequence[str], store: Path) -> list[Plan]:
    """The plans of the last run of this study, under its present words: question, metric and margin decide no run."""
    found = []
    for point in points(study, name):
        plan = records.read_plan(records.plan_file(store, point.name, point.study.making()))
        found.append(in_present_words(plan, point.study, settings))
    return found


def in_present_words(plan: Plan, study: Study, settings: Sequence[str]) -> Plan:
    """A plan with the question, metric and margin that its study has now."""
    return dataclasses.replace(plan, study=canonical(study), varied=_varied(study, settings),
                               command={**plan.command, "settings": list(settings)})


def command_of(place: Place, file: Path, settings: Sequence[str]) -> dict:
    """The command, as a plan notes it."""
    return {"file": os.path.relpath(file), "settings": list(settings), "threads": place.threads, "backend": backend.name(),
            "predictor": str(place.predictor) if place.predictor else None,
            "weights": str(place.weights) if place.weights else None}


def plan_for(point: Point, sets: Sets, jobs: list[Job], settings: Sequence[str], command: dict, store: Path) -> Plan:
    """What a point's runs are, and under which margin they were first asked for."""
    study = point.study
    # Every run is entered; whatever any of them was first judged by was decided before this.
    margins, metrics = zip(*(records.decided(store, job.run, study.margin, study.metric) for job in jobs))
    cells = [{"arm": job.cell.arm.name, "fold": job.cell.fold, "replicate": job.cell.replicate, "run": job.run} for job in jobs]
    return Plan(name=point.name, study=canonical(study), faces={arm: faces.folder.name for arm, faces in sets.items()},
                cells=cells, command=command, varied=_varied(study, settings), first_margin=_other(margins, study.margin),
                first_metric=_other(metrics, study.metric))


def _other(values: Sequence, present: Any) -> Any:
    """The first value that is not the present one, if any."""
    return next((value for value in values if value != present), present)


def _varied(study: Study, settings: Sequence[str]) -> dict:
    return {name: canonical(study.current(name)) for name in (setting.partition("=")[0] for setting in settings)}


def _short(names: Sequence[str]) -> list[str]:
    """The last part of each axis's name; the whole name where two end alike."""
    last = [name.split(".")[-1] for name in names]
    return [name if last.count(end) > 1 else end for name, end in zip(names, last)]


def _words(values: Sequence) -> list[str]:
    """One word for each value of an axis; where words coincide, or would as files of some systems, with a digest."""
    words = [_word(value) for value in values]
    folded = [word.casefold() for word in words]
    return [f"{word}-{digest(value)[:8]}" if folded.count(word.casefold()) > 1 else word for word, value in zip(words, values)]


def _word(value: Any) -> str:
    """
    >>> _word((64, 32)), _word(None), _word("whole image")
    ('64-32', 'none', 'whole-image')
    """
    if isinstance(value, (tuple, list)):
        return "-".join(map(_word, value)) or "empty"
    if value is None:
        return "none"
    plain = str(value) if isinstance(value, (bool, int, float, str)) else getattr(value, "__name__", type(value).__name__)
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in plain)[:LONGEST]

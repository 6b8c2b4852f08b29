"""Study -> prepared faces -> missing cells -> engine -> plan. What is finished is never done again."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixedfer import disk, processes, records
from mixedfer.engines import Job, local
from mixedfer.faces import preparation, splits
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical
from mixedfer.learning import backend
from mixedfer.records import Plan
from mixedfer.study import Study


@dataclass(frozen=True)
class Place:
    """Where things are and how they run; none of it decides a number, except `threads` in its last bits."""

    data: Path | None = None
    store: Path = Path(".mixedfer")
    predictor: Path | None = None
    workers: int | None = None
    threads: int = 1
    quiet: bool = False

    @property
    def processes(self) -> int:
        """Worker processes: as many as asked for, else one per core and thread."""
        return self.workers or max(1, processes.cores() // self.threads)


@dataclass(frozen=True)
class Point:
    """One comparison of a study: the only one, or one point of its grid, with the `values` that its axes have there."""

    name: str
    values: dict[str, Any]
    study: Study

    @property
    def label(self) -> str:
        """The values in one word, such as "width=0.25,missed=exclude"."""
        return ",".join(f"{key.split('.')[-1]}={_word(value)}" for key, value in self.values.items())


def points(study: Study, name: str) -> list[Point]:
    """The comparisons that a study is made of. A point's plan and report lie in a folder of the study's."""
    found = [Point(name, values, point) for values, point in study.points()]
    return [dataclasses.replace(point, name=f"{name}/{point.label}") if point.values else point for point in found]


def run(study: Study, name: str, place: Place, *, file: Path, settings: Sequence[str] = (),
        say: Callable[[str], None] = lambda text: None) -> list[Plan]:
    """Prepare faces, train what is missing, leave a plan per point. The same call goes on after an interruption.

    `file` and `settings` are only noted, for the report. Raises BadInput for input that cannot be used, Fault when cells fail.
    """
    todo: list[tuple[Point, FaceSet, list[Job]]] = []
    seen: set[str] = set()
    for point in points(study, name):
        faces = prepare(point.study, place)
        if faces.folder.name not in seen:
            say(preparation.describe(faces))
        seen.add(faces.folder.name)
        todo.append((point, faces, [Job.of(cell, faces, place.store, place.threads) for cell in point.study.cells()]))
    missing = {job.run: job for _, _, jobs in todo for job in jobs
               if not disk.is_done(records.run_folder(job.store, job.run))}
    count = sum(len(jobs) for _, _, jobs in todo)
    say(f"{count} cells, {count - len(missing)} finished" if missing else f"{count} cells, all finished")
    if missing:
        for point, faces, _ in todo:
            check(point.study, faces)
    command = {"file": os.path.relpath(file), "settings": list(settings), "threads": place.threads, "backend": backend.name(),
               "predictor": str(place.predictor) if place.predictor else None}
    plans = [_plan(point, faces, jobs, settings, command, place.store) for point, faces, jobs in todo]
    if missing:
        local.run(list(missing.values()), place.processes, place.threads, place.quiet)
    for point, plan in zip([point for point, _, _ in todo], plans):
        records.write_plan(records.plan_file(place.store, point.name, point.study.making()), plan)
    return plans


def prepare(study: Study, place: Place) -> FaceSet:
    """The study's face set."""
    return preparation.prepare(study, place.data, place.store, predictor=place.predictor,
                               workers=place.workers or processes.cores(), quiet=place.quiet)


def check(study: Study, faces: FaceSet) -> None:
    """See that every fold can be made. Raises BadInput when a class is missing from a partition."""
    for fold in range(max(1, study.folds)):
        splits.split(faces, study, fold)


def read_plans(study: Study, name: str, settings: Sequence[str], store: Path) -> list[Plan]:
    """The plans of the last run of this study, under its present words: question, metric and margin decide no run."""
    found = []
    for point in points(study, name):
        plan = records.read_plan(records.plan_file(store, point.name, point.study.making()))
        found.append(dataclasses.replace(plan, study=canonical(point.study), varied=_varied(point.study, settings),
                                         command={**plan.command, "settings": list(settings)}))
    return found


def _plan(point: Point, faces: FaceSet, jobs: list[Job], settings: Sequence[str], command: dict, store: Path) -> Plan:
    study = point.study
    now = (study.margin, study.metric)
    # Whatever any of these runs was first judged by was decided before this.
    first = next((then for job in jobs if (then := records.decided(store, job.run, *now)) != now), now)
    cells = [{"arm": job.cell.arm.name, "fold": job.cell.fold, "replicate": job.cell.replicate, "run": job.run} for job in jobs]
    return Plan(name=point.name, study=canonical(study), faces=faces.folder.name, cells=cells, command=command,
                varied=_varied(study, settings), first_margin=first[0], first_metric=first[1])


def _varied(study: Study, settings: Sequence[str]) -> dict:
    return {name: canonical(study.current(name)) for name in (setting.partition("=")[0] for setting in settings)}


def _word(value: Any) -> str:
    plain = str(value) if isinstance(value, (bool, int, float, str)) else getattr(value, "__name__", type(value).__name__)
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in plain)

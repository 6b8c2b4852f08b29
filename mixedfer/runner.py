"""Study -> prepared faces -> missing cells -> engine -> plan. What is finished is never done again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixedfer import disk, processes, records
from mixedfer.engines import Job, job, local
from mixedfer.faces import preparation, splits
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical, digest
from mixedfer.records import Plan
from mixedfer.study import Study


@dataclass(frozen=True)
class Place:
    """Where things are and how they run; none of it decides a number, except `threads` in its last bits."""

    data: Path | None = None
    store: Path = Path(".mixedfer")
    predictor: Path | None = None
    workers: int = 0
    threads: int = 1
    quiet: bool = False

    @property
    def processes(self) -> int:
        """Worker processes: as many as asked for, else one per core and thread."""
        return self.workers or max(1, processes.cores() // self.threads)


def prepare(study: Study, place: Place) -> FaceSet:
    """The study's face set."""
    return preparation.prepare(study, place.data, place.store, predictor=place.predictor,
                               workers=place.workers or processes.cores(), quiet=place.quiet)


def check(study: Study, faces: FaceSet) -> None:
    """See that every fold can be made. Raises BadInput when a class is missing from a partition."""
    for fold in range(max(1, study.folds)):
        splits.split(faces, study, fold)


def jobs(study: Study, faces: FaceSet, place: Place) -> list[Job]:
    """One job per cell of the study."""
    return [job(cell, faces, place.store, place.threads) for cell in study.cells()]


def missing(todo: list[Job]) -> list[Job]:
    """The jobs that have no record yet; equal ones once."""
    open_jobs = {job.run: job for job in todo if not disk.is_done(records.run_folder(job.store, job.run))}
    return list(open_jobs.values())


def train(todo: list[Job], place: Place) -> None:
    """Run the missing jobs here. Raises Fault when some fail, after the others are through."""
    if todo:
        local.run(todo, place.processes, place.threads, place.quiet)


def plan(study: Study, name: str, faces: FaceSet, todo: list[Job], settings: list[str], store: Path) -> Plan:
    """What the report needs to know about the study and its runs. A margin once trained under is remembered."""
    path = plan_file(study, name, store)
    first = records.read_plan(path).first_margin if path.exists() else study.margin
    cells = [{"arm": job.cell.arm.name, "fold": job.cell.fold, "replicate": job.cell.replicate, "run": job.run}
             for job in todo]
    return Plan(name=name, question=study.question, metric=study.metric, margin=study.margin, study=canonical(study),
                faces=faces.folder.name, control=study.control.name, treatments=[arm.name for arm in study.treatments],
                cells=cells, varied=_varied(study, settings), settings=settings, first_margin=first)


def _varied(study: Study, settings: list[str]) -> dict:
    return {name: canonical(study.current(name)) for name in (setting.partition("=")[0] for setting in settings)}


def plan_file(study: Study, name: str, store: Path) -> Path:
    """Where the plan of a study lies; its question, metric and margin may change, its runs stay."""
    return records.plan_file(store, digest({"name": name, "making": study.making()}))


def read_plan(study: Study, name: str, settings: list[str], store: Path) -> Plan:
    """The plan of the last run of this study, under its present words: question, metric and margin decide no run."""
    found = records.read_plan(plan_file(study, name, store))
    words = {"question": study.question, "metric": study.metric, "margin": study.margin, "study": canonical(study),
             "settings": settings, "varied": _varied(study, settings)}
    return Plan(**{**vars(found), **words})

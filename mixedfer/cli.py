"""The command line. Heavy packages are imported inside the commands that need them."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
from pathlib import Path
from typing import Annotated

import typer

from mixedfer import cli_use
from mixedfer.errors import BadInput, MixedferError
from mixedfer.options import (
    AUTO,
    LOCAL,
    REPORTS,
    STORE,
    Address,
    AsJson,
    CellGpus,
    CellMemory,
    Data,
    Engine,
    Finders,
    Log,
    Pictures,
    Predictor,
    Prepared,
    Quiet,
    Reports,
    Settings,
    Store,
    StudyFile,
    Threads,
    Weights,
    Workers,
    interruptible,
    silent,
)

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
                  help="Do facial landmarks help a facial-expression classifier? Paired comparisons, by construction.",
                  epilog="Example: mixedfer run experiments/quickstart.py")


@app.command(epilog="Examples: mixedfer run experiments/fer2013.py --data fer2013.csv --set epochs=3 --set replicates=2; on a "
                    "cluster: mixedfer run experiments/quickstart.py --engine ray --address 10.0.0.5:6379 --cell-memory 4")
@interruptible()
def run(file: StudyFile, data: Data = None, store: Store = STORE, reports: Reports = REPORTS, settings: Settings = None,
        predictor: Predictor = None, weights: Weights = None, engine: Engine = LOCAL, address: Address = None,
        workers: Workers = AUTO, threads: Threads = 1, cell_gpus: CellGpus = None, cell_memory: CellMemory = None,
        log: Log = None, prepared: Prepared = False, pictures: Pictures = True, quiet: Quiet = False) -> None:
    """Prepare faces, train what is missing, write the report. The same command goes on after an interruption."""
    from mixedfer import engines, logs, runner

    heard = logs.of(log) if log else None
    chosen = engines.of(engine, workers, address, cell_gpus, cell_memory)
    place = runner.Place(data, store, predictor, weights, chosen, threads, quiet, prepared)
    study = _study(file, settings)
    say = silent if quiet else typer.echo
    say(f"{file.stem}: {study.question}")
    plans = runner.run(study, file.stem, place, file=file, settings=settings or [], say=say, log=heard)
    _report(plans, study, file.stem, store, reports, pictures)


@app.command(epilog="Example: mixedfer report experiments/quickstart.py")
def report(file: StudyFile, store: Store = STORE, reports: Reports = REPORTS, settings: Settings = None,
           pictures: Pictures = True) -> None:
    """Write the report of a study that was run; trains nothing and needs neither Keras nor the data."""
    from mixedfer import runner

    study = _study(file, settings)
    plans = runner.read_plans(study, file.stem, settings or [], store)
    _report(plans, study, file.stem, store, reports, pictures)
    if study.search:
        from mixedfer import tuning

        if tuned := tuning.read_plan(study, file.stem, settings or [], store):
            _report_tuned(tuned, plans[0], store, reports, pictures)


@app.command(epilog="Example: mixedfer tune experiments/tuned.py --set search.trials=40")
@interruptible()
def tune(file: StudyFile, data: Data = None, store: Store = STORE, reports: Reports = REPORTS, settings: Settings = None,
         predictor: Predictor = None, weights: Weights = None, engine: Engine = LOCAL, address: Address = None,
         workers: Workers = AUTO, threads: Threads = 1, cell_gpus: CellGpus = None, cell_memory: CellMemory = None,
         log: Log = None, prepared: Prepared = False, pictures: Pictures = True, quiet: Quiet = False) -> None:
    """Compare the arms twice: under one recipe, and each under the best that a search of its own finds, with the same budget
    for every arm and on validation alone. The same command goes on after an interruption.
    """
    from mixedfer import engines, logs, runner, tuning

    heard = logs.of(log) if log else None
    chosen = engines.of(engine, workers, address, cell_gpus, cell_memory)
    place = runner.Place(data, store, predictor, weights, chosen, threads, quiet, prepared)
    study = _study(file, settings)
    say = silent if quiet else typer.echo
    say(f"{file.stem}: {study.question}")
    plain, tuned = tuning.run(study, file.stem, place, file=file, settings=settings or [], say=say, log=heard)
    _report([plain], study, file.stem, store, reports, pictures)
    _report_tuned(tuned, plain, store, reports, pictures)


@app.command(epilog="Example: mixedfer prepare experiments/fer2013.py --data fer2013.csv --json")
@interruptible()
def prepare(file: StudyFile, data: Data = None, store: Store = STORE, settings: Settings = None, predictor: Predictor = None,
            engine: Engine = LOCAL, address: Address = None, workers: Finders = AUTO, quiet: Quiet = False,
            json: AsJson = False) -> None:
    """Find faces and landmarks, and print how many were found per class. With a grid, of every point."""
    from mixedfer import engines, runner
    from mixedfer.disk import to_json
    from mixedfer.faces import accounts

    chosen = engines.of(engine, workers, address)
    study, place = _study(file, settings), runner.Place(data, store, predictor, engine=chosen, quiet=quiet)
    found = runner.prepare_all(study, file.stem, place, silent if json else typer.echo)
    for point, sets in found:
        runner.check(point.study, sets)
    if json:
        told = [{"point": point.label, "arms": arms,
                 "faces": {**faces.counts(), **accounts.account(faces, point.study.preparation.missed)},
                 "content": faces.content, "folder": str(faces.folder), "note": faces.meta["note"],
                 "unreadable": faces.meta["unreadable"]} for point, sets in found for faces, arms in runner.distinct(sets)]
        typer.echo(to_json(told if study.grid or len(told) > 1 else told[0]), nl=False)


@app.command(epilog="Example: mixedfer audit experiments/fer2013.py --data fer2013.csv --distance 4")
@interruptible()
def audit(file: StudyFile, data: Data = None, store: Store = STORE, reports: Reports = REPORTS, settings: Settings = None,
          distance: Annotated[int, typer.Option(min=0, max=16, metavar="BITS", help="Bits of 64 in which the hashes of nearly "
                                                "equal pictures may differ.")] = 8,
          predictor: Predictor = None, workers: Finders = AUTO, quiet: Quiet = False, json: AsJson = False) -> None:
    """Look for copies, also across partitions, contradicting labels, misses and shared subjects, with a figure and a list of
    the pictures concerned. Prepares the faces first where they are not there. With a grid, each face set once.
    """
    from mixedfer import runner
    from mixedfer.disk import to_json
    from mixedfer.engines.local import Local
    from mixedfer.evidence import audit as auditor
    from mixedfer.evidence import audit_tables

    study, place = _study(file, settings), runner.Place(data, store, predictor, engine=Local(workers), quiet=quiet)
    told = []
    for point, faces in runner.face_sets(study, file.stem, place, silent):
        made, files = auditor.write(faces, runner.parts(point.study, faces), distance, reports / point.name)
        told.append({"point": point.label, "content": faces.content, **made})
        if not json:
            typer.echo(f"{point.name}: {len(faces):,} pictures\n\n{audit_tables.describe(made)}\n")
        typer.echo("\n".join(files), err=json)
    if json:
        typer.echo(to_json(told if study.grid or len(told) > 1 else told[0]), nl=False)


@app.command(epilog="Example: mixedfer inspect experiments/fer2013.py --data fer2013.csv --per-class 100")
@interruptible()
def inspect(file: StudyFile, data: Data = None, store: Store = STORE, reports: Reports = REPORTS, settings: Settings = None,
            out: Annotated[Path | None, typer.Option(help="Where sheets and page are written, unless in the study's reports.",
                                                     metavar="DIR")] = None,
            per_class: Annotated[int, typer.Option(min=1, metavar="N", help="Found faces of each class, and as many missed "
                                                   "ones.")] = 32,
            predictor: Predictor = None, workers: Finders = AUTO, quiet: Quiet = False) -> None:
    """Write contact sheets of found and missed faces with their landmarks, and a page to look through them. Prepares the
    faces first where they are not there. With a grid, of each face set.
    """
    from mixedfer import runner
    from mixedfer.engines.local import Local
    from mixedfer.evidence import inspecting

    study, place = _study(file, settings), runner.Place(data, store, predictor, engine=Local(workers), quiet=quiet)
    for point, faces in runner.face_sets(study, file.stem, place, silent if quiet else typer.echo):
        folder = (out / point.label if out else reports / point.name / "faces")
        typer.echo(f"Faces: {inspecting.write(faces, point.name, folder, per_class)}")


@app.command(epilog="Example: mixedfer plan experiments/fer2013.py --images 3589 --accuracy 0.7")
def plan(file: StudyFile, pilot: Annotated[bool, typer.Option("--pilot", help="Take the spread from this study's finished "
                                                              "runs, not from assumptions.")] = False,
         images: Annotated[list[int] | None, typer.Option(min=2, help="Test images (or subjects). Repeatable.")] = None,
         accuracy: Annotated[float, typer.Option(min=0.01, max=0.99, help="Assumed accuracy, without --pilot.")] = 0.7,
         store: Store = STORE, reports: Reports = REPORTS, settings: Settings = None, json: AsJson = False) -> None:
    """Say how many replicates and test images it takes to resolve the study's margin, with a figure. Of a grid, the first
    point is planned for.
    """
    from mixedfer import runner
    from mixedfer.disk import to_json
    from mixedfer.evidence import planning, results

    study = _study(file, settings)
    first, *others = runner.points(study, file.stem)
    if pilot:
        found = results.load(runner.read_plans(study, file.stem, settings or [], store)[0], store)
        parts, here = planning.measured(found, found.plan.treatments[0]), planning.case_count(found)
    else:
        parts, here = planning.assumed(accuracy, metric=first.study.metric), planning.IMAGES
    parts = planning.at_point(parts, first.label, 1 + len(others)) if others else parts
    made = planning.plan(parts, first.study.margin, images or [here // 2, here, 3 * here])
    typer.echo(to_json(made) if json else planning.describe(made), nl=not json)
    typer.echo(f"Figure: {planning.save(made, reports / file.stem)}", err=json)


@app.command("list")
def list_studies(folder: Annotated[Path, typer.Argument(help="A folder of study files.")] = Path("experiments")) -> None:
    """List the studies in a folder, with their questions."""
    from mixedfer import study_files

    found = study_files.describe(folder)
    if not found:
        raise BadInput("no study file in this folder", file=folder, remedy="Name a folder of files that define STUDY.")
    for path, line in found.items():
        typer.echo(f"{path}\n    {line}")


@app.command()
def doctor(predictor: Predictor = None) -> None:
    """Say what this machine has: versions, cores, accelerator, landmark model, determinism."""
    from mixedfer import diagnosis

    for name, value in diagnosis.examine(predictor):
        typer.echo(f"{name:<16} {value}")


app.add_typer(cli_use.app)


def main() -> None:
    """The command `mixedfer`: errors as one paragraph, exit code 2 for input, 1 for faults, 130 when interrupted."""
    try:
        app()
    except (MixedferError, OSError) as error:
        typer.echo(_paragraph(error), err=True)
        code = getattr(error, "exit_code", 1)
        # A killed worker may hold a lock that Python's own exit would wait for.
        last_resort = threading.Timer(5, os._exit, (code,))
        last_resort.daemon = True
        last_resort.start()
        sys.exit(code)


def _paragraph(error: Exception) -> str:
    """What an error says; what it repeats of files and services moves no terminal's cursor."""
    said = "".join(letter if letter.isprintable() or letter.isspace() else "?" for letter in f"mixedfer: {error}")
    return textwrap.fill(said, 100, break_long_words=False, break_on_hyphens=False)


def _study(file: Path, settings: list[str] | None):
    from mixedfer import study_files

    return study_files.load(file, settings or [])


def _report(plans, study, name: str, store: Path, reports: Path, pictures: bool) -> None:
    from mixedfer.evidence import report as writer

    made = [writer.write(plan, store, reports, pictures) for plan in plans]
    if not study.grid:
        typer.echo(made[0])
        return
    from mixedfer import runner
    from mixedfer.evidence import grid

    points = [(point.values, point.label, report.summary) for point, report in zip(runner.points(study, name), made)]
    for line in grid.write(name, study.question, points, reports / name):
        typer.echo(line)


def _report_tuned(plan, plain, store: Path, reports: Path, pictures: bool) -> None:
    from mixedfer.evidence import tuned

    for line in tuned.write(plan, plain, store, reports, pictures):
        typer.echo(line)

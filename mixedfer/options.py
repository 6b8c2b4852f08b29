"""Options that several commands share."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from mixedfer.errors import Interrupted


def count_or_auto(text: str) -> int | None:
    """A number of workers; None stands for `auto`.

    >>> count_or_auto("3"), count_or_auto("auto")
    (3, None)
    """
    if text == AUTO:
        return None
    if not (text.isdecimal() and int(text)):
        raise typer.BadParameter(f"{text!r} is neither a number from 1 nor {AUTO!r}.")
    return int(text)


StudyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A study file, such as experiments/quickstart.py.")]
Data = Annotated[Path | None, typer.Option(help="The data set's file or folder; both, as TRAINING" + os.pathsep + "TEST, where "
                                                 "a study tests on another data set than it trains on.", metavar="PATH")]
Store = Annotated[Path, typer.Option(help="Where prepared faces and runs are kept.", metavar="DIR")]
Reports = Annotated[Path, typer.Option(help="Where reports are written.", metavar="DIR")]
Pictures = Annotated[bool, typer.Option("--pictures/--no-pictures", help="Show faces in the report, or sketches of their "
                                        "landmarks, for data that may not be passed on.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE",
                                                    help="Vary a field for every arm, e.g. epochs=3. Repeatable.")]
Predictor = Annotated[Path | None, typer.Option(help="Another landmark model file for dlib.", metavar="PATH")]
Weights = Annotated[Path | None, typer.Option(help="The file of the weights that the backbone starts from.", metavar="PATH")]
Workers = Annotated[int | None, typer.Option(parser=count_or_auto, metavar="N|auto", help="Worker processes, each training "
                                             "one cell at a time; on a cluster, cells at once. `auto`: as many as the cores "
                                             "and the memory bear; one per NVIDIA GPU where the backend uses them. More than "
                                             "there are GPUs share them, in turn.")]
Finders = Annotated[int | None, typer.Option("--workers", parser=count_or_auto, metavar="N|auto",
                                             help="Processes that look for faces. `auto`: as many as the cores and the memory "
                                             "bear.")]
Engine = Annotated[str, typer.Option(help="Where faces are found and cells are trained: `local`, by processes on this machine, "
                                     "or `ray`, on a Ray cluster. Face sets and records are the same.", metavar="local|ray")]
Address = Annotated[str | None, typer.Option(help="With --engine ray: the cluster, as HOST:PORT, or `auto` on one of its "
                                             "nodes. Without it, Ray is started on this machine for this command.",
                                             metavar="HOST:PORT|auto")]
CellGpus = Annotated[float | None, typer.Option(min=0, help="With --engine ray: GPUs that a cell takes, such as 0.25; several "
                                                "cells then share one. Unless given: 1 where the nodes' backend uses GPUs.",
                                                metavar="GPUS")]
CellMemory = Annotated[float | None, typer.Option(min=0, help="With --engine ray: gigabytes that a cell reserves of its node's "
                                                  "memory. Unless given: 2 with --address, or what the largest node has; 0 "
                                                  "without it, where cells at once are as many as memory bears.",
                                                  metavar="GB")]
Threads = Annotated[int, typer.Option(min=1, help="Processor threads per worker; part of the exact result.", metavar="N")]
Prepared = Annotated[bool, typer.Option("--prepared", help="Take the store's finished face sets as they are, such as were "
                                        "prepared on another machine; needs neither the data nor dlib.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]
Log = Annotated[str | None, typer.Option("--log", help="Also write learning curves while training, such as tensorboard:DIR.",
                                         metavar="KIND:PLACE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

STORE, REPORTS, AUTO, LOCAL = Path(".mixedfer"), Path("reports"), "auto", "local"


@contextlib.contextmanager
def interruptible(kept: str = "Finished runs and epochs are kept; the same command goes on from there."):
    """Ctrl-C ends a command with a word about what is `kept`."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("stopped", remedy=kept) from None


def silent(text: str) -> None:
    """In place of printing, where --quiet is given."""

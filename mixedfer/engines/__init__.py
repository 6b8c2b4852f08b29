"""Where faces are prepared and cells run: one engine per file, an `Engine` each. Which one decides no number.

A cell that fails, or that another process is training, does not stop the others; when all are through, it is said in one
error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mixedfer.faces.pools import Pool
from mixedfer.faceset import FaceSet
from mixedfer.identity import digest
from mixedfer.learning import backend
from mixedfer.study import Cell

#: What an engine calls after every epoch, with a run's name and the entries of its epochs so far.
Hear = Callable[[str, list[dict]], None]


def unheard(run: str, history: list[dict]) -> None:
    """In place of hearing."""


@dataclass(frozen=True)
class Job:
    """One cell to be trained: the folder of its face set, the store, and the name of its run."""

    cell: Cell
    faces: Path
    store: Path
    run: str

    @classmethod
    def of(cls, cell: Cell, faces: FaceSet, store: Path, threads: int) -> Job:
        """The job of a cell. Its run is named by what decides its numbers, so equal cells of two studies are one run."""
        return cls(cell, faces.folder, store, run_name(cell, faces, threads))


def run_name(cell: Cell, faces: FaceSet, threads: int) -> str:
    """The name of a cell's run under the source and versions that this process has."""
    return digest({"spec": cell.spec(faces.content), "making": backend.making(), "threads": threads})


class Engine(Protocol):
    """What makes face sets out of pictures, and records out of jobs."""

    def pool(self, threads: int) -> Pool:
        """Who prepares faces for a command whose cells take so many processor `threads`."""

    def run(self, jobs: Sequence[Job], threads: int, quiet: bool, hear: Hear = unheard) -> None:
        """Train every job's cell on so many processor `threads`; returns when each has a record in its store.

        Raises, once the others are through, Fault for cells that failed (Diverged if all did for that reason alone), Busy for
        cells of others.
        """

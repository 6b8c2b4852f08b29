"""What is the same of a cell in every engine: its job, how a process trains it, what is shown of it while it is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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

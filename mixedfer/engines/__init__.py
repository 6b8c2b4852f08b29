"""Where cells run. An engine has one entry point: `run(jobs, workers, threads, quiet)`; it returns when every job has a record.

A cell that fails does not stop the others; when all are through, the failures are raised together as one Fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixedfer.study import Cell


@dataclass(frozen=True)
class Job:
    """One cell to be trained: the folder of its face set, the store, and the name of its run."""

    cell: Cell
    faces: Path
    store: Path
    run: str

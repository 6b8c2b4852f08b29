"""Learning curves: what a log hears of runs while they are trained, and of those that are finished."""

from __future__ import annotations

from collections.abc import Mapping

from mixedfer import disk, records
from mixedfer.cells import Job
from mixedfer.logs import Log


class Curves:
    """Hands the histories of runs to a `log` (see `mixedfer.logs`), if there is one, by the first name that each is given."""

    def __init__(self, log: Log | None = None):
        self._log, self._named = log, {}

    def add(self, named: Mapping[str, Job]) -> None:
        """Name some runs."""
        for name, job in named.items():
            self._named.setdefault(job.run, (name, job))

    def hear(self, run: str, history: list[dict]) -> None:
        """The history of a run so far, as engines tell it."""
        if self._log:
            name, job = self._named[run]
            self._log(name, history, job.cell.study.recipe.epochs)

    def finish(self) -> None:
        """Hear of runs that were finished before, and what of the others was not told."""
        for run, (_, job) in self._named.items() if self._log else ():
            folder = records.run_folder(job.store, run)
            if disk.is_done(folder):
                self.hear(run, disk.read_json(folder / "history.json"))

"""What any engine shows of its cells while they are trained, and says of those that failed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mixedfer import disk, records
from mixedfer.cells import Hear, Job
from mixedfer.errors import Busy, Diverged, Fault, MixedferError

NAMED = 10  # cells that an error names before it counts


class Progress:
    """One line on the terminal for all cells, counted in epochs; `hear` gets every run's history as it grows."""

    def __init__(self, jobs: Sequence[Job], quiet: bool, hear: Hear):
        from tqdm import tqdm

        self.count, self.hear, self.seen = len(jobs), hear, {}
        total = sum(job.cell.study.recipe.epochs for job in jobs)
        self.bar = tqdm(total=total, desc=f"cells 0/{self.count}", unit="epoch", disable=quiet or None, dynamic_ncols=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *problem) -> None:
        self.bar.close()

    def show(self, run: str, history: list[dict]) -> None:
        """A run's history so far. The first of a resumed run counts the epochs that its checkpoint held."""
        self.bar.update(len(history) - self.seen.get(run, 0))
        self.seen[run], last = len(history), history[-1]
        self.hear(run, history)
        self.bar.set_postfix(loss=f"{last['loss']:.3f}", validation=f"{100 * last['validation_accuracy']:.1f}%")

    def say(self, sentence: str) -> None:
        """Say something above the line, also where no line is shown."""
        self.bar.write(sentence, file=sys.stderr)

    def through(self, count: int) -> None:
        """So many cells are through, in whatever way."""
        self.bar.set_description(f"cells {count}/{self.count}")


def tell(failures: Sequence[tuple[Job, MixedferError]], total: int) -> None:
    """Raise what became of the cells that failed, if any: Fault, Diverged if all did for that reason alone, Busy where others
    are being trained by another process.
    """
    # What another process held may be finished by now: two commands for one study share its work.
    busy = [str(job.cell) for job, error in failures
            if isinstance(error, Busy) and not disk.is_done(records.run_folder(job.store, job.run))]
    causes: dict[str, list[str]] = {}
    for job, error in failures:
        if not isinstance(error, Busy):
            causes.setdefault(str(error).removeprefix(f"{job.cell}: "), []).append(str(job.cell))
    held = f"Another process is training {len(busy)} of {total} cells ({_list(busy)})"
    if causes:
        told = [f"{_list(cells)}: {cause}" for cause, cells in causes.items()] + [f"{held}."] * bool(busy)
        # A cell that another process held and has finished by now is no failure.
        lost = not busy and all(isinstance(error, (Diverged, Busy)) for _, error in failures)
        kind = Diverged if lost else Fault
        raise kind(f"{sum(map(len, causes.values()))} of {total} cells failed. {' '.join(told)}")
    if busy:
        raise Busy(held, remedy="Wait for it to end and give the same command again, or use another --store.")


def _list(cells: list[str]) -> str:
    more = f" and {len(cells) - NAMED} more" if len(cells) > NAMED else ""
    return "; ".join(cells[:NAMED]) + more

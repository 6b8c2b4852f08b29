"""Worker processes on this machine; Keras is imported once per worker, not once per cell."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from mixedfer import disk, faceset, gpus, processes, records, sizing
from mixedfer.engines import Hear, Job, run_name
from mixedfer.errors import Busy, Diverged, Fault, MixedferError
from mixedfer.learning import backend

NAMED = 10  # cells that an error names before it counts
_channel = None


def run(jobs: Sequence[Job], workers: int | None, threads: int, quiet: bool, hear: Hear = lambda run, history: None) -> None:
    """Train every job's cell. Raises, once the others are through, Fault for cells that failed (Diverged if all did for
    that reason alone), Busy for cells of others.
    """
    from tqdm import tqdm

    channel, places = processes.context.SimpleQueue(), processes.context.SimpleQueue()
    found = gpus.visible()
    workers = min(workers or sizing.training(threads, found if found and _uses_gpu(threads) else ()), len(jobs))
    for place in gpus.environments(workers, found):
        places.put(place)
    total = sum(job.cell.study.recipe.epochs for job in jobs)
    bar = tqdm(total=total, desc=f"cells 0/{len(jobs)}", unit="epoch", disable=quiet or None, dynamic_ncols=True)
    with bar, processes.pool(workers, _start, channel, places) as pool:
        futures = {pool.submit(_train, job, threads): job for job in jobs}
        failures = _watch(futures, channel, bar, hear)
    _tell(failures, len(jobs))


def _watch(futures: dict[Future, Job], channel, bar, hear: Hear) -> list[tuple[Job, MixedferError]]:
    """Show progress until all are done; returns those that failed, and why."""
    pending, seen, failures = set(futures), {}, []
    while pending:
        done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
        _show(channel, seen, bar, hear)
        for future in done:
            try:
                future.result()
            except MixedferError as error:
                failures.append((futures[future], error))
        bar.set_description(f"cells {len(futures) - len(pending)}/{len(futures)}")
    return failures


def _tell(failures: Sequence[tuple[Job, MixedferError]], total: int) -> None:
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


def _show(channel, seen: dict[str, int], bar, hear: Hear) -> None:
    """Show what workers sent: a run with its history so far, or a sentence, which is said even where no bar is shown."""
    while not channel.empty():
        told = channel.get()
        if isinstance(told, str):
            bar.write(told, file=sys.stderr)
            continue
        run, history = told
        # The first message of a resumed run counts the epochs that its checkpoint held.
        bar.update(len(history) - seen.get(run, 0))
        seen[run], last = len(history), history[-1]
        hear(run, history)
        bar.set_postfix(loss=f"{last['loss']:.3f}", validation=f"{100 * last['validation_accuracy']:.1f}%")


def _start(channel, places) -> None:
    """A worker's own: where it tells of its progress, and what its environment gets before a backend is imported."""
    global _channel
    _channel = channel
    os.environ.update(places.get())


def _uses_gpu(threads: int) -> bool:
    """Whether the backend computes on a GPU; asked in a process of its own, which leaves this one and the GPU free of it."""
    with processes.pool(1, int) as pool:
        return pool.submit(_device, threads).result() != "cpu"


def _device(threads: int) -> str:
    _set_up(threads)
    return backend.device()


@functools.cache
def _set_up(threads: int) -> None:
    """Import the backend, once per worker; not in `_start`, where a failure could not say what it was."""
    backend.quiet()
    backend.making()
    backend.setup(threads)


def _train(job: Job, threads: int) -> None:
    try:
        _set_up(threads)
        _train_one(job, threads)
    except (MixedferError, BrokenPipeError):
        raise
    except Exception as error:  # whatever goes wrong in one cell, the others go on
        raise Fault(f"{type(error).__name__}: {str(error)[:500]}") from None


def _train_one(job: Job, threads: int) -> None:
    from mixedfer.learning import training

    faces = faceset.load(job.faces)
    if run_name(job.cell, faces, threads) != job.run:
        raise Fault("mixedfer's source or a library changed after this command began", remedy="Give the same command again.")
    training.train(job.cell, faces, job.store, job.run, threads,
                   lambda history: _channel.put((job.run, history)), _channel.put)

"""Worker processes on this machine; Keras is imported once per worker, not once per cell."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from mixedfer import faceset, processes
from mixedfer.engines import Job, run_name
from mixedfer.errors import Busy, Fault, MixedferError
from mixedfer.learning import backend

_channel = None


def run(jobs: Sequence[Job], workers: int, threads: int, quiet: bool) -> None:
    """Train every job's cell. Raises Fault with all failures once the other cells are through."""
    from tqdm import tqdm

    channel = processes.context.SimpleQueue()
    total = sum(job.cell.study.recipe.epochs for job in jobs)
    # Workers inherit the environment; the backend reads it while it is being imported.
    backend.quiet()
    bar = tqdm(total=total, desc=f"cells 0/{len(jobs)}", unit="epoch", disable=quiet or None, dynamic_ncols=True)
    with bar, processes.pool(min(workers, len(jobs)), _start, channel) as pool:
        futures = {pool.submit(_train, job, threads): job for job in jobs}
        failures = _watch(futures, channel, bar)
    if failures:
        raise Fault(f"{len(failures)} of {len(jobs)} cells failed. " + " ".join(failures))


def _watch(futures: dict[Future, Job], channel, bar) -> list[str]:
    """Show progress until all are done; the words of those that failed. Raises Busy at once: others are at this study."""
    pending, seen, failures = set(futures), {}, []
    while pending:
        done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
        _show(channel, seen, bar)
        for future in done:
            try:
                future.result()
            except Busy:
                raise
            except MixedferError as error:
                failures.append(str(error))
        bar.set_description(f"cells {len(futures) - len(pending)}/{len(futures)}")
    return failures


def _show(channel, seen: dict[str, int], bar) -> None:
    while not channel.empty():
        run, epochs, last = channel.get()
        # The first message of a resumed run counts the epochs that its checkpoint held.
        bar.update(epochs - seen.get(run, 0))
        seen[run] = epochs
        bar.set_postfix(loss=f"{last['loss']:.3f}", validation=f"{100 * last['validation_accuracy']:.1f}%")


def _start(channel) -> None:
    global _channel
    _channel = channel


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
        raise Fault(f"{job.cell}: {type(error).__name__}: {str(error)[:500]}") from None


def _train_one(job: Job, threads: int) -> None:
    from mixedfer.learning import training

    faces = faceset.load(job.faces)
    if run_name(job.cell, faces, threads) != job.run:
        raise Fault("mixedfer's source or a library changed after this command began", remedy="Give the same command again.")
    training.train(job.cell, faces, job.store, job.run, threads,
                   lambda epochs, last: _channel.put((job.run, epochs, last)))

"""Worker processes on this machine; Keras is imported once per worker, not once per cell."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from mixedfer import faceset, processes
from mixedfer.engines import Job, run_name
from mixedfer.errors import Fault, MixedferError
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
    with bar, processes.pool(min(workers, len(jobs)), _start, threads, channel) as pool:
        futures = {pool.submit(_train, job, threads): job for job in jobs}
        failures = _watch(futures, channel, bar)
    if failures:
        raise Fault(f"{len(failures)} of {len(jobs)} cells failed. " + " ".join(failures))


def _watch(futures: dict[Future, Job], channel, bar) -> list[str]:
    """Show progress until all are done; the words of those that failed."""
    pending, seen, failures = set(futures), {}, []
    while pending:
        done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
        _show(channel, seen, bar)
        failures += [str(error) for error in (future.exception() for future in done) if _is_ours(error)]
        bar.set_description(f"cells {len(futures) - len(pending)}/{len(futures)}")
    return failures


def _is_ours(error: BaseException | None) -> bool:
    if error is not None and not isinstance(error, MixedferError):
        raise error
    return error is not None


def _show(channel, seen: dict[str, int], bar) -> None:
    while not channel.empty():
        run_name, epochs, last = channel.get()
        # The first message of a resumed run counts the epochs that its checkpoint held.
        bar.update(epochs - seen.get(run_name, 0))
        seen[run_name] = epochs
        bar.set_postfix(loss=f"{last['loss']:.3f}", validation=f"{100 * last['validation_accuracy']:.1f}%")


def _start(threads: int, channel) -> None:
    global _channel
    _channel = channel
    backend.quiet()
    backend.setup(threads)
    backend.making()


def _train(job: Job, threads: int) -> None:
    from mixedfer.learning import training

    faces = faceset.load(job.faces)
    if run_name(job.cell, faces) != job.run:
        raise Fault("mixedfer's source or a library changed after this command began", remedy="Give the same command again.")
    training.train(job.cell, faces, job.store, job.run, threads,
                   lambda epochs, last: _channel.put((job.run, epochs, last)))

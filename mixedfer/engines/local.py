"""Worker processes on this machine; Keras is imported once per worker, not once per cell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from mixedfer import faceset, gpus, processes, sizing
from mixedfer.cells import Hear, Job, unheard, worker
from mixedfer.cells.progress import Progress, tell
from mixedfer.errors import MixedferError
from mixedfer.faces.pools import Pool, Processes

_channel = None


@dataclass(frozen=True)
class Local:
    """So many `workers`; where it is None, as many as suits this machine."""

    workers: int | None = None

    def pool(self, threads: int) -> Pool:
        """See `Engine.pool`."""
        return Processes(self.workers or sizing.preparing())

    def run(self, jobs: Sequence[Job], threads: int, quiet: bool, hear: Hear = unheard) -> None:
        """See `Engine.run`."""
        channel, places = processes.context.SimpleQueue(), processes.context.SimpleQueue()
        found = gpus.visible()
        workers = min(self.workers or sizing.training(threads, found if found and _uses_gpu(threads) else ()), len(jobs))
        for place in gpus.environments(workers, found):
            places.put(place)
        with Progress(jobs, quiet, hear) as progress, processes.pool(workers, _start, channel, places) as pool:
            futures = {pool.submit(_train, job, threads): job for job in jobs}
            failures = _watch(futures, channel, progress)
        tell(failures, len(jobs))


def _watch(futures: dict[Future, Job], channel, progress: Progress) -> list[tuple[Job, MixedferError]]:
    """Show progress until all are done; returns those that failed, and why."""
    pending, failures = set(futures), []
    while pending:
        done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
        _show(channel, progress)
        for future in done:
            try:
                future.result()
            except MixedferError as error:
                failures.append((futures[future], error))
        progress.through(len(futures) - len(pending))
    return failures


def _show(channel, progress: Progress) -> None:
    """Show what workers sent: a run with its history so far, or a sentence."""
    while not channel.empty():
        told = channel.get()
        if isinstance(told, str):
            progress.say(told)
        else:
            progress.show(*told)


def _start(channel, places) -> None:
    """A worker's own: where it tells of its progress, and what its environment gets before a backend is imported."""
    global _channel
    _channel = channel
    os.environ.update(places.get())


def _uses_gpu(threads: int) -> bool:
    """Whether the backend computes on a GPU; asked in a process of its own, which leaves this one and the GPU free of it."""
    with processes.pool(1, int) as pool:
        return pool.submit(worker.device, threads).result() != "cpu"


def _train(job: Job, threads: int) -> None:
    worker.train(job, lambda: faceset.load(job.faces), job.store, threads,
                 lambda history: _channel.put((job.run, history)), _channel.put)

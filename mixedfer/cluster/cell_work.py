"""What a node does with one cell: train it in this node's temporary store, and send what comes of it as it comes."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

import numpy as np

from mixedfer import disk, records
from mixedfer.cells import Job, worker
from mixedfer.cluster import nodes, opening
from mixedfer.cluster.parcels import Parcel
from mixedfer.faceset import FaceSet

#: Seconds of training that a lost node may cost, besides the epoch that it was in.
BETWEEN = 1.0
END = object()


class Begun(NamedTuple):
    """The id of the node that a cell is trained on."""

    node: str


class Epoch(NamedTuple):
    """A run's history so far, and its checkpoint, unless the last one was sent only just now."""

    history: list[dict]
    checkpoint: np.ndarray | None


class Finished(NamedTuple):
    """The files of a finished record, by name."""

    files: dict[str, np.ndarray]


Sent = str | Begun | Epoch | Finished


def train(parcel: Parcel, run: str, faces: FaceSet, threads: int) -> Iterator[Sent]:
    """Train one cell; sends where, sentences, epochs, and at last the record. Raises as `worker.train` does, and
    Lost where something is wrong with this node.
    """
    yield Begun(nodes.here())
    with opening.excused(parcel):
        cell, store = opening.unpack(parcel)
        job = Job(cell, faces.folder, store, run)
        yield Finished((yield from _made(job, parcel, faces, threads)))


def _made(job: Job, parcel: Parcel, faces: FaceSet, threads: int) -> Generator[Sent, None, dict[str, np.ndarray]]:
    """Sends what comes of a cell as it is trained; returns the files of its record, and keeps nothing here."""
    work, folder = job.store / "work" / job.run, records.run_folder(job.store, job.run)
    try:
        opening.put(parcel.files, work)
        yield from _sent_by(lambda send: _train(job, faces, threads, send))
        return {path.name: np.fromfile(path, np.uint8) for path in sorted(folder.iterdir()) if path.name != disk.DONE}
    finally:
        for left in (work, folder):
            shutil.rmtree(left, ignore_errors=True)


def device(parcel: Parcel, threads: int) -> Iterator[str]:
    """Sends what a worker of this node would train on."""
    opening.unpack(parcel)
    yield worker.device(threads)


def _train(job: Job, faces: FaceSet, threads: int, send: Callable) -> None:
    checkpoint, last = job.store / "work" / job.run / "checkpoint.npz", [-BETWEEN]

    def watch(history: list[dict]) -> None:
        due = time.monotonic() - last[0] >= BETWEEN
        send(Epoch(list(history), np.fromfile(checkpoint, np.uint8) if due else None))
        last[0] = time.monotonic() if due else last[0]
    worker.train(job, lambda: faces, job.store, threads, watch, send)


def _sent_by(work: Callable[[Callable], None]) -> Iterator:
    """What `work(send)` sends, while it is at work in a thread: it waits only where nobody takes what it sent. Where nobody
    will any more, such as when a node has no room for it, it ends at what it sends next: it would keep its locks.
    """
    channel: queue.Queue = queue.Queue(maxsize=1)
    problem: list[BaseException] = []
    left = threading.Event()

    def send(item: Any) -> None:
        channel.put(item)
        if left.is_set():
            raise GeneratorExit

    def run() -> None:
        try:
            work(send)
        except BaseException as error:  # handed on to whoever takes
            problem.append(error)
        finally:
            channel.put(END)
    threading.Thread(target=run, daemon=True).start()
    try:
        while (item := channel.get()) is not END:
            yield item
    except GeneratorExit:
        left.set()
        while channel.get() is not END:
            pass
        raise
    if problem:
        raise problem[0]

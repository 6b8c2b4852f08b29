"""Cells on a Ray cluster: its nodes train them, this process hands them out and writes what they send into the store."""

from __future__ import annotations

import contextlib
import shutil
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixedfer import disk, records
from mixedfer.cells import Job
from mixedfer.cells.progress import Progress
from mixedfer.cluster import cell_work, nodes, parcels, tasks
from mixedfer.cluster.nodes import Need
from mixedfer.errors import Fault, MixedferError
from mixedfer.learning import checkpoints

#: Cells that are handed out at once, running or waiting for a place; each has a lock file open.
MOST = 512
#: How often in a row a cell may be lost without a new epoch.
LOSSES = 3


@dataclass
class Running:
    """A cell that is handed out, and what it holds: the node that it is on, or "" while it waits for one that is none of those
    to `avoid`; how many epochs were heard of, how often it was lost since, and on which nodes it ever was.
    """

    job: Job
    held: contextlib.ExitStack
    node: str = ""
    avoid: set[str] = field(default_factory=set)
    epochs: int = 0
    losses: int = 0
    lost_on: set[str] = field(default_factory=set)


@dataclass
class Handout:
    """Hands out cells, and takes what they send until all are through."""

    waiting: deque[Job]
    need: Need
    threads: int
    progress: Progress
    most: int
    running: dict[Any, Running] = field(default_factory=dict)
    failures: list[tuple[Job, MixedferError]] = field(default_factory=list)

    def run(self) -> list[tuple[Job, MixedferError]]:
        """Those that failed, and why."""
        with contextlib.ExitStack() as held:
            held.callback(self._stop)
            while self.waiting or self.running:
                self._hand_out()
                for task in tasks.ready(self.running, self.need):
                    self._take(task)
                self._begin_stuck()
                self.progress.through(self.progress.count - len(self.waiting) - len(self.running))
        return self.failures

    def _hand_out(self) -> None:
        while self.waiting and len(self.running) < self.most:
            job, held = self.waiting.popleft(), contextlib.ExitStack()
            try:
                # Waited for once: many cells may be another's.
                lock = disk.lock(job.store / "locks" / job.run, f"{job.cell} (run {job.run})", 0 if self.failures else 3)
                held.enter_context(lock)
            except MixedferError as error:
                self.failures.append((job, error))
                continue
            if disk.is_done(records.run_folder(job.store, job.run)):  # by another process, meanwhile
                held.close()
            else:
                self._begin(Running(job, held))

    def _begin(self, cell: Running) -> None:
        job, sender = cell.job, parcels.sender()
        checkpoints = sorted((job.store / "work" / job.run).glob("*.npz"))
        parcel = sender.parcel(job.cell, self.need.gpus, _weights(job), checkpoints)
        cell.node, cell.avoid = "", self._avoid(cell)
        task = tasks.begin(cell_work.train, self.need, parcel, job.run, sender.faces(job.faces), self.threads, avoid=cell.avoid)
        self.running[task] = cell

    def _avoid(self, cell: Running) -> set[str]:
        """The nodes on which a cell was lost, if it fits on another."""
        return cell.lost_on if cell.lost_on and nodes.places(self.need, cell.lost_on) else set()

    def _begin_stuck(self) -> None:
        """Begin those again that wait for another node than those on which they were lost, where there is none any more."""
        waiting = [(task, cell) for task, cell in self.running.items() if cell.avoid and not cell.node]
        places = {node.id for node in nodes.places(self.need)} if waiting else set()  # asked once: there may be many cells
        for task, cell in waiting:
            if places <= cell.avoid:
                tasks.cancel([task])
                del self.running[task]
                self._begin(cell)

    def _take(self, task: Any) -> None:
        cell = self.running[task]
        try:
            sent = tasks.take(task) if cell.node else tasks.take_first(task, self.need, cell.avoid)
            self._keep_or_cancel(task, cell, sent)
            if not isinstance(sent, cell_work.Finished):  # what may befall its node after that does not matter
                self.running[task] = self.running.pop(task)  # behind the others
                return
        except tasks.Lost as lost:
            if self._goes_on(cell, lost):
                del self.running[task]
                self._begin(cell)
                return
        except MixedferError as error:
            self.failures.append((cell.job, error))
        del self.running[task]
        cell.held.close()

    def _keep_or_cancel(self, task: Any, cell: Running, sent: cell_work.Sent) -> None:
        try:
            self._keep(cell, sent)
        except MixedferError:  # such as a full disk
            tasks.cancel([task])
            raise

    def _keep(self, cell: Running, sent: cell_work.Sent) -> None:
        """Show or write what a cell sent. Raises Fault when the disk is full."""
        job = cell.job
        if isinstance(sent, str):
            self.progress.say(sent)
        elif isinstance(sent, cell_work.Begun):
            cell.node = sent.node
        elif isinstance(sent, cell_work.Epoch):
            if sent.checkpoint is not None:
                _write_checkpoint(job, sent.checkpoint.data)
            cell.losses = 0 if len(sent.history) > cell.epochs else cell.losses
            cell.epochs = max(cell.epochs, len(sent.history))
            self.progress.show(job.run, sent.history)
        else:
            _write_record(job, sent.files)

    def _goes_on(self, cell: Running, why: tasks.Lost) -> bool:
        """Whether a lost cell is to be begun again; notes a failure where that did not help before."""
        cell.losses += 1
        cell.lost_on |= {cell.node, *why.nodes} - {""}
        if cell.losses < LOSSES:
            self.progress.say(f"{cell.job.cell}: {why}; it goes on elsewhere from its last checkpoint, to the same result")
            return True
        self.failures.append((cell.job, Fault(
            f"it was lost {LOSSES} times without finishing an epoch; the last time, {why}", remedy="Have it reserve its memory "
            "with --cell-memory, or see to the nodes, and give the same command again: everything finished is kept.")))
        return False

    def _stop(self) -> None:
        """End what is still running, such as after Ctrl-C, and let go of all cells."""
        tasks.cancel(self.running)
        for cell in self.running.values():
            cell.held.close()


def _weights(job: Job) -> list[Path]:
    """The file of the weights that a cell's backbone starts from, if it does, see `learning.pretrained`."""
    weights = getattr(job.cell.study.recipe.backbone, "weights", None) if job.cell.arm.image else None
    return [job.store / "weights" / f"{weights.sha256}{weights.SUFFIX}"] if weights else []


def _write_checkpoint(job: Job, data: memoryview) -> None:
    """In place of the newest; what killed processes left beside the two goes."""
    path = job.store / "work" / job.run / "checkpoint.npz"
    checkpoints.put(path, data)
    for left in set(path.parent.iterdir()) - {path, checkpoints.previous(path)}:
        left.unlink()


def _write_record(job: Job, sent: dict) -> None:
    with disk.new_folder(records.run_folder(job.store, job.run)) as part:
        for name, data in sent.items():
            (part / name).write_bytes(data.data)
    shutil.rmtree(job.store / "work" / job.run, ignore_errors=True)

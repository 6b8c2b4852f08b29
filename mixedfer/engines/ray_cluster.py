"""A Ray cluster: its nodes prepare faces and train cells, this process writes what they send."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from mixedfer import sizing
from mixedfer.cells import Hear, Job, unheard
from mixedfer.cells.progress import Progress, tell
from mixedfer.cluster import cell_work, connecting, nodes, parcels, tasks
from mixedfer.cluster.cells import MOST, Handout
from mixedfer.cluster.nodes import Need
from mixedfer.cluster.shards import Shards
from mixedfer.errors import Fault
from mixedfer.faces.pools import Pool


@dataclass(frozen=True)
class Cluster:
    """The cluster at `address`, or one that is started on this machine for this process; at most `workers` cells at once. Each
    takes one core per thread, `gpus` (None: one where the nodes' backend uses them) and `memory` gigabytes (None: what it is
    reckoned to take, or all that the largest node has).
    """

    address: str | None = None
    workers: int | None = None
    gpus: float | None = None
    memory: float | None = None

    def pool(self, threads: int) -> Pool:
        """See `Engine.pool`."""
        return Shards(self.address, self.workers, self._cores(threads))

    def run(self, jobs: Sequence[Job], threads: int, quiet: bool, hear: Hear = unheard) -> None:
        """See `Engine.run`. Raises Fault, before any work, where no node has what a cell takes, or nodes are not like this
        machine; a cell whose worker or node is lost goes on elsewhere from its last checkpoint.
        """
        connecting.connect(self.address, self._cores(threads))
        need = self._need(threads)
        nodes.fit(need)
        with Progress(jobs, quiet, hear) as progress:
            failures = Handout(deque(jobs), need, threads, progress, self.workers or MOST).run()
        tell(failures, len(jobs))

    def _cores(self, threads: int) -> int:
        """What a cluster that is started for this process has: as much as as many cells take at once."""
        return (self.workers or sizing.training(threads)) * threads

    def _need(self, threads: int) -> Need:
        """What a cell takes of its node."""
        need = Need(threads, self._gpus(threads))
        if self.memory is not None or not self.address:  # a cluster that is started for this process has cores as memory bears
            return dataclasses.replace(need, memory=self.memory or 0)
        largest = max(node.memory for node in nodes.fitting(need))
        return dataclasses.replace(need, memory=min(sizing.TRAINING / sizing.GB, largest))

    def _gpus(self, threads: int) -> float:
        """How many GPUs a cell takes."""
        if self.gpus is not None or not any(node.gpus for node in nodes.alive()):
            return self.gpus or 0
        need = Need(threads, 1)
        nodes.fit(need)
        try:
            device = tasks.take(tasks.begin(cell_work.device, need, parcels.sender().parcel(None, gpus=1), threads))
        except tasks.Lost as lost:
            raise Fault(f"what cells would be trained on is not known: {lost}", remedy="Give the same command again, or say "
                        "it with --cell-gpus.") from lost
        return 0 if device == "cpu" else 1

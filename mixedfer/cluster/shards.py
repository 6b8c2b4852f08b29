"""Preparation on a Ray cluster: its nodes make the chunks of a face set, this process writes them."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mixedfer import processes, sizing
from mixedfer.cluster import connecting, nodes, shard_work, tasks
from mixedfer.cluster.nodes import Need, Node
from mixedfer.cluster.shard_work import Order
from mixedfer.errors import BadInput, Fault
from mixedfer.faces import work
from mixedfer.faces.pools import Make
from mixedfer.faces.work import Chunk, Done, Job

NEED = Need(cores=1, memory=sizing.PREPARING / sizing.GB)
#: Shards per place on a node that are handed out at once; more would fill memory.
AHEAD = 2
#: Chunks of the largest shard. The first have one each, so that a small set is spread over all nodes; they grow with what has
#: been handed out, because a task costs this process more than a chunk does.
LARGEST = 16
#: How often a shard may be lost with its worker or node without a chunk in between.
LOSSES = 3
#: Pictures by which a node's copy of the data is known.
SOME = 8
#: Prepared in processes of their own: a cell's would find what a detector has brought in, such as TensorFlow set up in another
#: way. As on one machine they ask for large pages.
APART = {processes.TUNABLES: processes.HUGE}
ELSEWHERE = ("Let all nodes see the pictures under the same path and have the landmark model; or prepare on this machine, with "
             "`mixedfer prepare` without --engine, and then run on the cluster.")


@dataclass(frozen=True)
class Shards:
    """The nodes of the cluster at `address` (see `connecting.connect`, also for `cores`); at most `workers` places."""

    address: str | None = None
    workers: int | None = None
    cores: int | None = None

    @contextlib.contextmanager
    def __call__(self, job: Job) -> Iterator[Make]:
        """See `pools.Pool`. Raises Fault for nodes that are not like this machine, BadInput for those that do not see the
        pictures or the landmark model.
        """
        connecting.connect(self.address, self.cores or self.workers)
        found = nodes.fit(NEED)
        places = sum(node.slots(NEED) for node in found)
        with _asked(job) as known:
            yield lambda chunks: _make(job, known, found, min(self.workers or places, places) * AHEAD, chunks)


@contextlib.contextmanager
def _asked(job: Job) -> Iterator[Any]:
    """The register, to be asked by nodes as long as this lasts."""
    ray = connecting.library()
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(nodes.here(), soft=False)
    actor = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(shard_work.Asked)
    asked = actor.options(scheduling_strategy=here).remote(job.known)
    try:
        yield asked
    finally:
        ray.kill(asked)


def _make(job: Job, known: Any, found: Sequence[Node], most: int, chunks: Iterator[Chunk]) -> Iterator[Done]:
    first = next(chunks, None)
    if first is None:
        return
    order = connecting.library().put(Order.of(job, known, first.keys[:SOME]))
    _check(order, job, found)
    yield from Handout(order, job, most).run(itertools.chain([first], chunks))


def _check(order: Any, job: Job, found: Sequence[Node]) -> None:
    """See that every node reads the first pictures as this machine does, and has the landmark model."""
    told = [f"{node.name}: {why}" for node, why in nodes.ask(found, shard_work.examine, order, apart=APART) if why]
    if told:
        raise BadInput(f"{len(told)} of {len(found)} nodes of the cluster cannot prepare these pictures. {'; '.join(told)}",
                       file=job.data, remedy=ELSEWHERE)


@dataclass(frozen=True)
class Shard:
    """Chunks that a task has still to send, how often they were lost, the nodes that it avoids, and whether it has sent one."""

    chunks: list[Chunk]
    losses: int = 0
    avoid: frozenset[str] = frozenset()
    begun: bool = False


@dataclass
class Handout:
    """Hands out shards, so many at once at `most`, and writes the chunks that they send. None goes to nodes to `avoid`, which
    joined later and are not like this machine.
    """

    order: Any
    job: Job
    most: int
    running: dict[Any, Shard] = field(default_factory=dict)
    avoid: set[str] = field(default_factory=set)

    def run(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        """Yields each chunk once it is written."""
        waiting = _shards(chunks, self.most)
        try:
            while True:
                for shard in itertools.islice(waiting, self.most - len(self.running)):
                    self._begin(shard)
                if not self.running:
                    return
                for task in tasks.ready(self.running, NEED, self.avoid):
                    yield from self._take(task)
        finally:
            tasks.cancel(self.running)

    def _begin(self, chunks: list[Chunk], losses: int = 0) -> None:
        task = tasks.begin(shard_work.make, NEED, self.order, chunks, avoid=self.avoid, apart=APART)
        self.running[task] = Shard(chunks, losses, frozenset(self.avoid))

    def _take(self, task: Any) -> Iterator[Done]:
        """Write the chunk that a task sent; begin it again with the others where it was lost."""
        shard = self.running.pop(task)
        chunk, *others = shard.chunks
        try:
            made, found = tasks.take(task) if shard.begun else tasks.take_first(task, NEED, shard.avoid)
        except tasks.Unfit as unfit:
            self.avoid |= unfit.nodes
            self._begin_again(shard.chunks, shard.losses, unfit)
        except tasks.Lost as lost:
            self._begin_again(shard.chunks, shard.losses + 1, lost)
        else:
            if others:
                self.running[task] = Shard(others, begun=True)
            yield work.write(self.job, chunk.first, made, found)

    def _begin_again(self, chunks: list[Chunk], losses: int, why: tasks.Lost) -> None:
        """Raises Fault where that did not help before."""
        from tqdm import tqdm

        told = f"pictures {chunks[0].first + 1} to {chunks[0].first + len(chunks[0].keys)}: {why}"
        if losses == LOSSES:
            raise Fault(f"{told}, {LOSSES} times", remedy="See to the nodes, and give the same command again: everything "
                        "finished is kept.") from why
        tqdm.write(f"{told}; they are prepared elsewhere, to the same result", file=sys.stderr)
        self._begin(chunks, losses)


def _shards(chunks: Iterator[Chunk], together: int) -> Iterator[list[Chunk]]:
    """What a task is given: more chunks the more there were.

    >>> [len(shard) for shard in _shards(iter(range(20)), 2)]
    [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 1]
    """
    handed = 0
    while shard := list(itertools.islice(chunks, min(LARGEST, 1 + handed // (4 * together)))):
        handed += len(shard)
        yield shard

"""Preparation on a Ray cluster: its nodes make the chunks of a face set, this process writes them."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mixedfer import sizing
from mixedfer.cluster import connecting, nodes, parcels, shard_work, tasks
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
        with _order(job) as order:
            yield lambda chunks: _make(order, job, found, min(self.workers or places, places) * AHEAD, chunks)


@contextlib.contextmanager
def _order(job: Job) -> Iterator[Order]:
    """What nodes need, with the register to be asked as long as this lasts."""
    ray, sender = connecting.library(), parcels.sender()
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(shard_work.Asked)
    asked = actor.options(scheduling_strategy=here).remote(job.known)
    parcel = sender.parcel((job.dataset, job.preparation), gpus=0)
    try:
        yield Order(secrets.token_hex(8), parcel, job.data, os.getcwd(), job.predictor.absolute(), asked)
    finally:
        ray.kill(asked)


def _make(order: Order, job: Job, found: Sequence[Node], most: int, chunks: Iterator[Chunk]) -> Iterator[Done]:
    ray = connecting.library()
    first = next(chunks, None)
    if first is None:
        return
    reference = ray.put(order)
    _check(reference, job, found, first)
    waiting, running = _shards(itertools.chain([first], chunks), most), {}
    try:
        while True:
            for shard in itertools.islice(waiting, most - len(running)):
                running[tasks.begin(shard_work.make, NEED, reference, shard)] = (shard, 0)
            if not running:
                return
            for task in tasks.ready(running, NEED):
                yield from _take(task, running, reference, job)
    finally:
        tasks.cancel(running)


def _shards(chunks: Iterator[Chunk], together: int) -> Iterator[list[Chunk]]:
    """What a task is given: more chunks the more there were.

    >>> [len(shard) for shard in _shards(iter(range(20)), 2)]
    [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 1]
    """
    handed = 0
    while shard := list(itertools.islice(chunks, min(LARGEST, 1 + handed // (4 * together)))):
        handed += len(shard)
        yield shard


def _take(task: Any, running: dict, order: Any, job: Job) -> Iterator[Done]:
    """Write the chunk that a task sent; begin it again with the others where it was lost. Raises Fault where that did not help
    before.
    """
    from tqdm import tqdm

    (chunk, *others), losses = running.pop(task)
    try:
        made, found = tasks.take(task)
    except tasks.Lost as lost:
        told = f"pictures {chunk.first + 1} to {chunk.first + len(chunk.keys)}: {lost}"
        if losses + 1 == LOSSES:
            raise Fault(f"{told}, {LOSSES} times", remedy="See to the nodes, and give the same command again: everything "
                        "finished is kept.") from lost
        tqdm.write(f"{told}; they are prepared elsewhere, to the same result", file=sys.stderr)
        running[tasks.begin(shard_work.make, NEED, order, [chunk, *others])] = ([chunk, *others], losses + 1)
    else:
        if others:
            running[task] = (others, 0)
        yield work.write(job, chunk.first, made, found)


def _check(order: Any, job: Job, found: Sequence[Node], first: Chunk) -> None:
    """See that every node reads the first pictures as this machine does, and has the landmark model."""
    keys = first.keys[:SOME]
    here = shard_work.names(job, keys)
    told = [f"{node.name}: {there if isinstance(there, str) else 'other pictures lie there than here'}"
            for node, there in nodes.ask(found, shard_work.examine, order, keys) if there != here]
    if told:
        raise BadInput(f"{len(told)} of {len(found)} nodes of the cluster cannot prepare these pictures. {'; '.join(told)}",
                       file=job.data, remedy=ELSEWHERE)

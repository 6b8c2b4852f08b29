"""Cells per hour on workers of the local engine and on nodes of a Ray cluster, all simulated on this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mixedfer import faceset, processes
from mixedfer.cells import Job
from mixedfer.engines import Engine
from mixedfer.engines.local import Local
from mixedfer.engines.ray_cluster import Cluster
from mixedfer.study import Cell
from tests.benchmarks import noise

WORKERS, NODES, EPOCHS = (1, 2), (1, 2, 4), 2


def measure(images: int, replicates: int, turns: int) -> dict:
    """The same cells on each, means of `turns` where both engines run; `overhead` is by how much Ray takes longer than the
    local engine with as many workers.

    The start of worker processes counts, that of a cluster does not: a lab's is there before. A node has one core, which one
    cell takes. Nodes beyond the machine's cores share them.
    """
    with tempfile.TemporaryDirectory() as folder:
        faces = noise.faces(Path(folder) / "faces", images)
        cells = noise.study(epochs=EPOCHS, replicates=replicates).cells()
        taken = {(engine, count): [] for engine, counts in (("local", WORKERS), ("ray", NODES)) for count in counts}
        for count in NODES:
            for turn in range(turns if count in WORKERS else 1):  # what is compared follows one upon the other
                store = Path(folder) / f"{count}-{turn}"
                if count in WORKERS:
                    taken["local", count].append(_run("local", count, Local(count), cells, faces, store / "local"))
                with _cluster(count) as address:
                    taken["ray", count].append(_run("ray", count, Cluster(address), cells, faces, store / "ray"))
    seconds = {which: statistics.fmean(each) for which, each in taken.items()}
    runs = [{"engine": engine, "workers": count, "seconds": typical, "cells_per_hour": 3600 * len(cells) / typical}
            for (engine, count), typical in seconds.items()]
    overhead = {str(count): seconds["ray", count] / seconds["local", count] - 1 for count in WORKERS}
    print("  overhead of Ray: " + ", ".join(f"{100 * share:.1f}% on {count}" for count, share in overhead.items())
          + " (goal: 5% or less)", flush=True)
    return {"cores": processes.cores(), "cells": len(cells), "images": images, "runs": runs, "overhead": overhead}


def _run(name: str, workers: int, engine: Engine, cells: Sequence[Cell], faces: faceset.FaceSet, store: Path) -> float:
    jobs = [Job.of(cell, faces, store, 1) for cell in cells]
    with processes.pool(1, int) as pool:  # as a command of its own
        seconds = pool.submit(_seconds, engine, jobs).result()
    print(f"  {name}, {workers}: {len(cells)} cells in {seconds:.0f} s, {3600 * len(cells) / seconds:.0f} per hour", flush=True)
    return seconds


def _seconds(engine: Engine, jobs: Sequence[Job]) -> float:
    began = time.perf_counter()
    engine.run(jobs, 1, quiet=True)
    return time.perf_counter() - began


@contextlib.contextmanager
def _cluster(count: int) -> Iterator[str]:
    """The address of a cluster of `count` nodes with one core each, beside a head without any."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster as Simulated

    logging.getLogger("ray").setLevel(logging.ERROR)  # it would tell of every cluster that another was there before
    simulated = Simulated(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(count):
            simulated.add_node(num_cpus=1, wait=False)
        simulated.wait_for_nodes()
        yield simulated.address
    finally:
        simulated.shutdown()

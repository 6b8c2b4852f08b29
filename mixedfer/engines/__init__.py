"""Where faces are prepared and cells run: one engine per file, an `Engine` each. Which one decides no number.

A cell that fails, or that another process is training, does not stop the others; when all are through, it is said in one
error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mixedfer.cells import Hear, Job, unheard
from mixedfer.errors import BadInput, nearest
from mixedfer.faces.pools import Pool

ENGINES = ("local", "ray")


class Engine(Protocol):
    """What makes face sets out of pictures, and records out of jobs."""

    def pool(self, threads: int) -> Pool:
        """Who prepares faces for a command whose cells take so many processor `threads`."""

    def run(self, jobs: Sequence[Job], threads: int, quiet: bool, hear: Hear = unheard) -> None:
        """Train every job's cell on so many processor `threads`; returns when each has a record in its store.

        Raises, once the others are through, Fault for cells that failed (Diverged if all did for that reason alone), Busy for
        cells of others.
        """


def of(name: str, workers: int | None, address: str | None, gpus: float | None = None, memory: float | None = None) -> Engine:
    """The engine of that name. Raises BadInput for another name, and for what the engine does not have."""
    from mixedfer.engines.local import Local
    from mixedfer.engines.ray_cluster import Cluster

    if name not in ENGINES:
        raise BadInput(f"there is no engine {name!r}", remedy=nearest(name, ENGINES))
    if name == "ray":
        if gpus and gpus > 1 and gpus % 1:
            raise BadInput(f"--cell-gpus {gpus:g}: Ray shares one GPU, but lends several only whole",
                           remedy="Write 0.5 or 2, say.")
        return Cluster(address, workers, gpus, memory)
    for option, value in (("--address", address), ("--cell-gpus", gpus), ("--cell-memory", memory)):
        if value is not None:
            raise BadInput(f"{option} is for cells on a cluster", remedy="Add --engine ray.")
    return Local(workers)

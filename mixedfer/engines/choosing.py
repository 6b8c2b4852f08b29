"""The engine that a command asks for."""

from __future__ import annotations

from mixedfer.engines import Engine
from mixedfer.engines.local import Local
from mixedfer.engines.ray_cluster import Cluster
from mixedfer.errors import BadInput, nearest

ENGINES = ("local", "ray")


def engine(name: str, workers: int | None, address: str | None, gpus: float | None = None,
           memory: float | None = None) -> Engine:
    """Raises BadInput for another name, and for what the engine of that name does not have."""
    if name not in ENGINES:
        raise BadInput(f"there is no engine {name!r}", remedy=nearest(name, ENGINES))
    if name == "ray":
        return Cluster(address, workers, gpus, memory)
    for option, value in (("--address", address), ("--cell-gpus", gpus), ("--cell-memory", memory)):
        if value is not None:
            raise BadInput(f"{option} is for cells on a cluster", remedy="Add --engine ray.")
    return Local(workers)

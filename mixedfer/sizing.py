"""How many worker processes this machine bears where nobody says, by its cores, its free memory and its GPUs."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from mixedfer import cgroups, processes

GB = 1 << 30
#: Bytes that a worker is reckoned to take at most. Training: TensorFlow with the quickstart's network took 0.9 GB, so that as
#: much is left for larger networks and batches. Preparation: dlib's two models and OpenCV took 0.22 GB; photos are larger.
TRAINING, PREPARING = 2 * GB, GB // 2


def training(threads: int, gpus: Sequence[str] = (), cores: int | None = None, memory: int | None = None) -> int:
    """Processes that train at once: one per GPU that the backend uses, else one per `threads` cores; fewer where `memory`
    bytes, unless given those that are free, do not bear so many. At least one.

    >>> training(2, cores=8, memory=64 * GB), training(2, cores=8, memory=7 * GB), training(2, ["0", "1"], 8, 64 * GB)
    (4, 3, 2)
    """
    cores = cores or processes.cores()
    return _borne(min(len(gpus), cores) if gpus else cores // threads, TRAINING, memory)


def preparing(cores: int | None = None, memory: int | None = None) -> int:
    """Processes that look for faces at once: one per core, as far as memory goes.

    >>> preparing(cores=8, memory=2 * GB)
    4
    """
    return _borne(cores or processes.cores(), PREPARING, memory)


def _borne(wanted: int, each: int, memory: int | None) -> int:
    memory = free() if memory is None else memory
    return max(1, wanted if memory is None else min(wanted, memory // each))


def free(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes of memory that processes may still take on Linux, in a container or not; None where the system does not tell."""
    left = [cgroups.memory()]
    with contextlib.suppress(OSError):
        found = dict(line.split(":") for line in meminfo.read_text().splitlines())
        left.append(int(found["MemAvailable"].split()[0]) * 1024)
    return min((bytes for bytes in left if bytes is not None), default=None)

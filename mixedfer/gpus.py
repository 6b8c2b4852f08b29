"""Which GPUs this machine has, and which one each worker process sees."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

VISIBLE = "CUDA_VISIBLE_DEVICES"
ASK = ("nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader")


def visible(environment: Mapping[str, str] = os.environ, ask: Sequence[str] = ASK) -> list[str]:
    """The NVIDIA GPUs that this process may use, by what CUDA calls them; found without CUDA.

    Those that CUDA_VISIBLE_DEVICES lists, up to one that is no GPU, such as -1; where it is not set, all that the driver has.

    >>> visible({"CUDA_VISIBLE_DEVICES": "2,0,-1,1"}), visible({"CUDA_VISIBLE_DEVICES": ""})
    (['2', '0'], [])
    """
    if VISIBLE in environment:
        named = [name.strip() for name in environment[VISIBLE].split(",")]
        ends = [place for place, name in enumerate(named) if not name or name.startswith("-")]
        return named[:ends[0]] if ends else named
    try:
        told = subprocess.run(ask, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return told.stdout.split() if told.returncode == 0 else []


def environments(workers: int, gpus: Sequence[str]) -> list[dict[str, str]]:
    """What each worker's environment gets, before it imports a backend: one GPU, in turn.

    >>> environments(3, ["0", "1"])
    [{'CUDA_VISIBLE_DEVICES': '0'}, {'CUDA_VISIBLE_DEVICES': '1'}, {'CUDA_VISIBLE_DEVICES': '0'}]
    """
    return [{VISIBLE: gpus[number % len(gpus)]} if gpus else {} for number in range(workers)]

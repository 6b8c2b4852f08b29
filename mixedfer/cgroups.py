"""What Linux's control groups leave to this process: containers and batch systems set limits there which nothing else tells.

Both versions of the files are read, of the group that this process is in and of all above it. Source: the kernel's
Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst; Documentation/scheduler/sched-bwc.rst.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

ROOT, GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def memory(root: Path = ROOT, groups: Path = GROUPS) -> int | None:
    """Bytes that may still be taken; None where no limit is set. What only caches files is given back when it is needed."""
    files = {"": ("memory.max", "memory.current", "inactive_file"),
             "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")}
    left = []
    for controllers, folder in _folders(root, groups):
        if controllers in files:
            limit, used, cached = files[controllers]
            with contextlib.suppress(OSError, ValueError, KeyError):
                stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                left.append(_number(folder / limit) - _number(folder / used) + int(stat[cached]))
    return max(0, min(left)) if left else None


def cores(root: Path = ROOT, groups: Path = GROUPS) -> float | None:
    """Processor cores' worth of time; None where no limit is set."""
    found = []
    for controllers, folder in _folders(root, groups):
        with contextlib.suppress(OSError, ValueError):
            if not controllers:
                quota, period = map(int, (folder / "cpu.max").read_text().split())
                found.append(quota / period)
            elif "cpu" in controllers.split(",") and (quota := _number(folder / "cpu.cfs_quota_us")) > 0:
                found.append(quota / _number(folder / "cpu.cfs_period_us"))
    return min(found, default=None)


def _folders(root: Path, groups: Path) -> Iterator[tuple[str, Path]]:
    """The controllers of each hierarchy ("" in version 2) and the folders of this process's group and those above it.

    In a container only the folder at the top is there, which is then its own.
    """
    with contextlib.suppress(OSError):
        for line in groups.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            top = root / controllers
            here = top / path.lstrip("/")
            yield from ((controllers, folder) for folder in (here, *here.parents) if folder.is_relative_to(top))


def _number(file: Path) -> int:
    """Raises ValueError for "max", which is no limit."""
    return int(file.read_text())

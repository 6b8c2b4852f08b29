"""Worker processes: how many, how they start, and that they never outlive their parent."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from mixedfer import cgroups
from mixedfer.errors import Fault

#: What is read by glibc as a process starts, and what asks it for memory in pages of 2 MB, see `huge_pages`.
TUNABLES, HUGE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
context = multiprocessing.get_context("spawn")


def cores() -> int:
    """Processor cores that this process may use, of a container's share those that are whole; at least one."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(there, cgroups.cores() or there)))


@contextlib.contextmanager
def pool(workers: int, start: Callable[..., None], *args: Any) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes, each prepared by `start(*args)`; what has not begun is dropped on the way out.

    Raises Fault when a worker dies.
    """
    executor = ProcessPoolExecutor(max(1, workers), context, _begin, (start, args))
    try:
        yield executor
    except BrokenProcessPool as error:
        raise Fault("a worker process died (out of memory?)",
                    remedy="Give the same command again: everything finished is kept. Fewer --workers need less memory."
                    ) from error
    except BaseException:
        # Whatever they are at is either on disk or will be done again; nobody should wait for it.
        for child in multiprocessing.active_children():
            child.kill()
        raise
    finally:
        # Waited for even after that: the threads of a pool left to itself close their pipes while Python ends, and complain.
        executor.shutdown(cancel_futures=True)


@contextlib.contextmanager
def huge_pages() -> Iterator[None]:
    """Processes that start within ask Linux for memory in pages of 2 MB, where its C library is glibc.

    For those who read here and there in 100 MB, as dlib's landmark model does: with pages of 4 kB, looking up addresses took
    a third of the time and more.
    """
    before = os.environ.get(TUNABLES)
    if "glibc.malloc.hugetlb" not in (before or ""):
        os.environ[TUNABLES] = ":".join(filter(None, [before, HUGE]))
    try:
        yield
    finally:
        os.environ.pop(TUNABLES)
        if before is not None:
            os.environ[TUNABLES] = before


def _begin(start: Callable[..., None], args: tuple) -> None:
    # Without this a worker would go on, holding its locks, after its parent was killed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends its workers
    threading.Thread(target=_die_with_parent, daemon=True).start()
    start(*args)


def _die_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)

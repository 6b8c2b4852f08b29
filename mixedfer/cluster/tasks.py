"""Tasks of a cluster that send something as they go. One that is lost with its worker or node is for whoever began it to begin
again.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from mixedfer.cluster import connecting, nodes
from mixedfer.cluster.nodes import Need
from mixedfer.errors import Fault, MixedferError

#: What a task may have sent that nobody has taken yet; then it waits.
UNTAKEN = 4
#: Seconds in which nothing comes after which it is looked whether there are nodes at all.
QUIET = 60
FULL = "its node has no room for the face set, in its --object-store-memory or on the disk of its --temp-dir"


class Lost(Exception):
    """A task ended with its worker or its node, not by itself; the words say why. `nodes` are the ids of those that it was on,
    or may have been on, where they are known.
    """

    def __init__(self, why: str, nodes: Iterable[str] = ()):
        super().__init__(why)
        self.nodes = set(nodes)


class Unfit(Lost):
    """Lost because these nodes would not compute what this machine does."""


def begin(function: Callable[..., Iterator], need: Need, *arguments: Any, avoid: Collection[str] = (),
          apart: Mapping[str, str] | None = None):
    """Have a node run a generator that takes so much of it, spread over the nodes; none of those whose ids are to be avoided.
    References among the arguments arrive as what they stand for; for `apart` see `nodes.processes`. Raises Fault where Ray has
    no room here for the arguments.
    """
    # Where a node has several GPUs, a process that has used one might be given a task for another.
    reuse = not need.gpus or all(node.gpus <= 1 for node in nodes.alive())
    where = {"label_selector": {"ray.io/node-id": f"!in({','.join(sorted(avoid))})"}} if avoid else {}
    task = _remote(function, reuse).options(scheduling_strategy="SPREAD", **where, **need.options(), **nodes.processes(apart))
    with connecting.room():  # large ones that are no references pass through its store
        return task.remote(*arguments)


def ready(running: Collection, need: Need, avoid: Collection[str] = ()) -> list:
    """The tasks of those `running` that have sent something or ended; none where none has for long. Raises Fault where no node
    is left that has what they need, but for those that all of them avoid.
    """
    found = connecting.library().wait(list(running), num_returns=1, timeout=QUIET)[0] if running else []
    if running and not found:
        nodes.fitting(need, avoid)
    return found


def take(task) -> Any:
    """What a task sent next. Raises the task's own MixedferError, Fault for what else went wrong in it, and Lost."""
    try:
        return _taken(task)
    except Lost:
        cancel([task])  # what was lost may be what it sent alone
        raise


def take_first(task, need: Need, avoid: Collection[str]) -> Any:
    """What a task sent first. Raises as `take` does; Unfit for whatever went wrong where nodes that it may have been on are not
    like this machine, such as one that joined later and has no mixedfer.
    """
    try:
        return take(task)
    except Unfit:
        raise
    except (MixedferError, Lost) as error:
        unlike = nodes.unlike(nodes.places(need, avoid))
        if not unlike:
            raise
        raise Unfit(f"a node would not compute what this machine does: {'; '.join(unlike.values())}", unlike) from error


def _taken(task) -> Any:
    ray = connecting.library()
    try:
        return ray.get(next(task))
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, ray.exceptions.RayError):  # it could not begin
            raise Lost(_why(ray.exceptions, cause), _nodes(error)) from error
        own = isinstance(cause, (MixedferError, Lost))
        raise (cause if own else Fault(f"{type(cause).__name__}: {str(cause)[:500]}")) from None
    except ray.exceptions.RayError as error:
        raise Lost(_why(ray.exceptions, error), _nodes(error)) from error


def cancel(running: Iterable) -> None:
    """End tasks, and the processes that they run in."""
    ray = connecting.library()
    for task in running:
        ray.cancel(task, force=True)


def _why(kinds, error: Exception) -> str:
    known = {kinds.OutOfMemoryError: "its node had no memory left", kinds.WorkerCrashedError: "its worker died",
             kinds.NodeDiedError: "its node was lost", kinds.LocalRayletDiedError: "its node was lost",
             kinds.OutOfDiskError: FULL, kinds.ObjectStoreFullError: FULL}
    words = [told for kind, told in known.items() if isinstance(error, kind)]
    return words[0] if words else f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"


def _nodes(error: Exception) -> set[str]:
    """The id of the node that an error of Ray's names, by itself or by its address; none where it cannot be told."""
    named, address = (re.search(pattern, str(error)) for pattern in (r"\bID: ([0-9a-f]{56})\b", r"\bip=([\w.:]+)"))
    return {named[1] if named else nodes.at(address[1]) if address else ""} - {""}


@functools.cache
def _remote(function: Callable[..., Iterator], reuse: bool):
    ray = connecting.library()
    # Begun again by us, not by Ray: only we know where it can go on from. Ray would end a GPU's process with every task.
    return ray.remote(num_returns="streaming", max_retries=0, max_calls=0 if reuse else 1,
                      _generator_backpressure_num_objects=UNTAKEN)(function)

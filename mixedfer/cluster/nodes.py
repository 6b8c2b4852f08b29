"""The nodes of a cluster: what each has, and whether what is computed there would be what is computed here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixedfer.cluster import connecting, probe
from mixedfer.errors import Fault

GB = 1 << 30
#: Seconds after which a node that says nothing is no longer waited for: a disk of its may hang.
ANSWER = 300
#: The ids of nodes that were seen to -> in what they differ from this machine; a cluster's nodes never have those of another's.
_differing: dict[str, str] = {}


@dataclass(frozen=True)
class Need:
    """What a task takes of a node while it runs: processor cores, GPUs (or a fraction of one), gigabytes of memory."""

    cores: float = 1
    gpus: float = 0
    memory: float = 0

    def options(self) -> dict:
        """As Ray's options of a task."""
        return {"num_cpus": self.cores, "num_gpus": self.gpus, **({"memory": int(self.memory * GB)} if self.memory else {})}

    def __str__(self) -> str:
        gpus = [f"{self.gpus:g} GPUs"] * bool(self.gpus)
        return ", ".join([f"{self.cores:g} cores", *gpus, *([f"{self.memory:g} GB"] * bool(self.memory))])


@dataclass(frozen=True)
class Node:
    """A living node: Ray's id, its name for people, and what tasks may take of it in all."""

    id: str
    name: str
    cores: float
    gpus: float
    memory: float

    def slots(self, need: Need) -> int:
        """How many tasks with such a need fit on it at once.

        >>> Node("", "a", cores=8, gpus=1, memory=20).slots(Need(cores=1, gpus=0.25, memory=8))
        2
        """
        pairs = ((self.cores, need.cores), (self.gpus, need.gpus), (self.memory, need.memory))
        return min((int(has / takes + 1e-9) for has, takes in pairs if takes), default=1)


def here() -> str:
    """The id of the node that this process is on."""
    return connecting.library().get_runtime_context().get_node_id()


def alive() -> list[Node]:
    """The nodes of the cluster that this process is connected to."""
    found = [(one, one["Resources"]) for one in connecting.library().nodes() if one["Alive"]]
    return [Node(one["NodeID"], f"{one['NodeManagerHostname']} ({one['NodeManagerAddress']})", has.get("CPU", 0.0),
                 has.get("GPU", 0.0), has.get("memory", 0.0) / GB) for one, has in found]


def at(address: str) -> str:
    """The id of the node with this address; "" where several have it, as simulated ones have."""
    found = [node.id for node in alive() if node.name.endswith(f"({address})")]
    return found[0] if len(found) == 1 else ""


def fit(need: Need) -> list[Node]:
    """The nodes where a task with such a need fits, once each was seen to be like this machine.

    Raises Fault where there are none, or naming the nodes that differ and in what.
    """
    found = fitting(need)
    check(found)
    return found


def fitting(need: Need, avoid: Collection[str] = ()) -> list[Node]:
    """The nodes where a task with such a need fits, whatever they are like, but for those whose ids are to be avoided. Raises
    Fault where there are none.
    """
    if found := places(need, avoid):
        return found
    has = [f"{node.name} has {Need(node.cores, node.gpus, round(node.memory, 1))}" + ", and cannot be used" * (node.id in avoid)
           for node in alive()]
    raise Fault(f"no node of the cluster has {need} ({'; '.join(has)})", remedy="Ask for less with --threads, --cell-gpus or "
                "--cell-memory, or start more nodes.")


def places(need: Need, avoid: Collection[str] = ()) -> list[Node]:
    """As `fitting`, were there none."""
    return [node for node in alive() if node.slots(need) and node.id not in avoid]


def check(nodes: Sequence[Node]) -> None:
    """See that nodes have this machine's Python, mixedfer and libraries. Raises Fault naming those that have not, and why.

    A node that is lost or full meanwhile is passed over: what goes there all the same is looked at again, see `opening.unpack`.
    """
    if found := unlike(nodes):
        told = [f"{node.name}: {found[node.id]}" for node in nodes if node.id in found]
        raise Fault(f"{len(told)} of {len(nodes)} nodes of the cluster would not compute what this machine does. "
                    f"{'; '.join(told)}", remedy="Install the same versions on all.")


def unlike(nodes: Sequence[Node]) -> dict[str, str]:
    """The ids of those nodes that are not like this machine -> in what they differ."""
    connecting.library().cloudpickle.register_pickle_by_value(probe)  # nodes may have another mixedfer, or none
    for node, there in ask([node for node in nodes if node.id not in _differing], probe.examine):
        _differing[node.id] = differences(own(), there)
    return {node.id: differing for node in nodes if (differing := _differing.get(node.id))}


@functools.cache
def own() -> dict[str, str]:
    """What this machine has, as this process found it first."""
    return probe.examine()


def differences(here: Mapping[str, str | None], there: Mapping[str, str | None]) -> str:
    """What two machines do not have in common, in words; None stands for what is not there.

    >>> differences({"numpy": "2.2", "keras": "3.15"}, {"numpy": "2.1", "keras": "3.15"})
    'numpy 2.1, here 2.2'
    """
    return ", ".join(f"{what} {there.get(what) or 'none'}, here {which or 'none'}" for what, which in here.items()
                     if there.get(what) != which)


def ask(nodes: Sequence[Node], what: Callable, *arguments: Any, apart: Mapping[str, str] | None = None
        ) -> Iterator[tuple[Node, Any]]:
    """What a function returns on each node, where it takes no core. Nodes that are lost or full meanwhile are passed over. For
    `apart` see `processes`.

    Raises Fault naming those that do not answer.
    """
    ray = connecting.library()
    begun = dict(zip(begin_everywhere(nodes, what, *arguments, apart=apart), nodes))
    silent = ray.wait(list(begun), num_returns=len(begun), timeout=ANSWER)[1] if begun else []
    if silent:
        raise Fault(f"{len(silent)} of {len(nodes)} nodes of the cluster did not answer within {ANSWER} seconds: "
                    f"{', '.join(begun[one].name for one in silent)}", remedy="See to them, or take them out of the cluster.")
    for reference, node in begun.items():
        try:
            answer = ray.get(reference)
        except ray.exceptions.RayError:
            continue
        yield node, answer


def begin_everywhere(nodes: Sequence[Node], what: Callable, *arguments: Any, apart: Mapping[str, str] | None = None) -> list:
    """Have a function called on each node, where it takes no core: references to what comes of it, as Ray has them."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    task = connecting.library().remote(num_cpus=0, max_retries=0, **processes(apart))(what)
    return [task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)).remote(*arguments)
            for node in nodes]


def processes(apart: Mapping[str, str] | None) -> dict:
    """As Ray's options of a task: whether nodes run it in the processes of all tasks, or `apart`, in those of tasks with this
    environment, which they have from their start.
    """
    return {"runtime_env": {"env_vars": dict(apart)}} if apart else {}

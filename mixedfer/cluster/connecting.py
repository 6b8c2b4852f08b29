"""Joining a Ray cluster, or starting one on this machine for this process alone."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from mixedfer import processes
from mixedfer.errors import BadInput, Fault

SECONDS = 5  # until an address that does not answer is given up; Ray itself tries for minutes
#: Read by Ray when it is imported or starts something: it neither reports its use nor prints what nodes say of lost workers.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": "."}
#: The same, where it is started here: nobody else can reach it. (The name is of where Ray itself wants that.)
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
#: What is done before this process leaves its cluster.
_last: list[Callable[[], None]] = []
START = "Start one with `ray start --head`, join this machine with `ray start --address HEAD:6379`, or leave --address out."
TOKEN = "Set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN as where the cluster was started."


def connect(address: str | None = None, cores: int | None = None) -> None:
    """Join the cluster at `address` ("auto" or "host:port"); without one, start Ray on this machine with so many `cores`.

    Lasts until this process ends, or `disconnect`; what is connected already stays so, whatever the address. Raises BadInput
    where Ray is not installed or no cluster answers, Fault where Ray does not start.
    """
    for name, value in {**QUIET, **({} if address else {**LOOPBACK, **_token()})}.items():
        os.environ.setdefault(name, value)
    if is_connected():
        return
    if address:
        _look_for(address)
    ray, sizes = library(), {} if address else {"num_cpus": cores or processes.cores(), "include_dashboard": False}
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **sizes)
    except ConnectionError as error:
        if "RAY_AUTH_TOKEN" in str(error.__cause__):
            raise BadInput(f"the Ray cluster at {address} asks for a token", remedy=TOKEN) from error
        raise BadInput(f"no Ray cluster at {address} ({_first(error)})", remedy=START) from error
    except (RuntimeError, ValueError) as error:  # such as other versions of Ray or Python than the cluster's
        where = f"the Ray cluster at {address} cannot be joined" if address else "Ray does not start on this machine"
        raise Fault(f"{where} ({_first(error)})") from error
    atexit.register(disconnect)


def before_leaving(what: Callable[[], None]) -> None:
    """Have something done while this process is still connected, however its command ends."""
    _last.append(what)


def disconnect() -> None:
    """Leave the cluster, where there is one; one that was started here ends."""
    ray = library()
    while _last:
        what = _last.pop()
        if ray.is_initialized():
            with contextlib.suppress(ray.exceptions.RayError):
                what()
    ray.shutdown()


@contextlib.contextmanager
def connected(address: str | None = None, cores: int | None = None) -> Iterator[None]:
    """Connected to a cluster, see `connect`; what was connected before stays so afterwards."""
    before = is_connected()
    connect(address, cores)
    try:
        yield
    finally:
        if not before:
            disconnect()


def is_connected() -> bool:
    """Found without importing Ray, which reads its environment then."""
    return "ray" in sys.modules and library().is_initialized()


def library():
    """Ray itself. Raises BadInput where it is not installed."""
    try:
        import ray
    except ImportError as error:
        raise BadInput("Ray is not installed", remedy="Install it with `pip install 'mixedfer[ray]'`.") from error
    return ray


@contextlib.contextmanager
def room(origin: Path | None = None) -> Iterator[None]:
    """Raises Fault where Ray has no room on this machine for what it is given, such as what comes from a file or folder."""
    kinds = library().exceptions
    try:
        yield
    except (kinds.ObjectStoreFullError, kinds.OutOfDiskError) as error:
        raise Fault("this machine has no room for what is sent, in Ray's object store or on the disk of its --temp-dir",
                    file=origin, remedy="Start Ray here with a larger --object-store-memory, or with --temp-dir on a disk with "
                    "room, and give the same command again.") from error


def _token() -> dict[str, str]:
    """Has a Ray that is started here ask for a token: others on this machine could have it run their code as this user.
    Nothing where Ray was imported before, when it has settled that already.
    """
    return {} if "ray" in sys.modules else {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _look_for(address: str) -> None:
    """See that something answers there."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if "/" in address or not (host and port.isdigit()):
        raise BadInput(f"--address {address} is not the address of a Ray cluster", remedy="Write HOST:PORT, such as "
                       "10.0.0.5:6379, or auto; a machine outside the cluster joins it first, with `ray start`.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS).close()
    except (OSError, OverflowError) as error:
        raise BadInput(f"no Ray cluster at {address} ({error})", remedy=START) from error


def _first(error: Exception) -> str:
    """The first line of what Ray says, which is often a page."""
    return str(error).strip().partition("\n")[0].rstrip(".")

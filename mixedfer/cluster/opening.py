"""On a node: what a parcel brings is put where training looks for it, in a temporary store of this node and command."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixedfer import disk
from mixedfer.cluster import connecting, nodes
from mixedfer.cluster.tasks import Lost, Unfit
from mixedfer.errors import Fault

if TYPE_CHECKING:
    from mixedfer.cluster.parcels import Parcel

#: What a backend, and oneDNN in it, reads of its environment, besides its name.
READ = ("TF_", "XLA_", "JAX_", "TORCH_", "NVIDIA_TF32_", "ONEDNN_", "DNNL_")
#: What begins like that and is Terraform's, such as passwords and tokens.
SECRET = ("TF_VAR_", "TF_TOKEN_", "TF_CLI_")
SECONDS = 3  # that nodes have to remove their stores
LEFT = 24 * 3600  # seconds after which a store in which nothing was written is taken for one that a killed node left


def unpack(parcel: Parcel) -> tuple[Any, Path]:
    """The thing that a parcel is for, and the store.

    Raises Unfit where this node, such as one that joined after the others were seen to, is not like the sender: another is.
    """
    ray = connecting.library()
    if differing := nodes.differences(parcel.home, nodes.own()):
        raise Unfit(f"{socket.gethostname()} would not compute what the machine of this command does: {differing}",
                    [nodes.here()])
    surround(parcel.environment)
    store = place(parcel.store)
    for name, data in parcel.code.items():
        _write(store / "code" / name, data)
    importlib.invalidate_caches()
    for folder in parcel.folders:
        if (entry := str(store / "code" / folder)) not in sys.path:
            sys.path.insert(0, entry)
    for name, reference in parcel.weights.items():
        if not (store / "weights" / name).exists():
            disk.write_bytes(store / "weights" / name, ray.get(reference).data)
    return _load(parcel.thing), store


def read_by_backends() -> dict[str, str]:
    """What a backend may read of this process's environment."""
    return {name: value for name, value in os.environ.items() if name.startswith(READ) and not name.startswith(SECRET)}


def surround(environment: dict[str, str]) -> None:
    """Have what a backend reads as the sending machine has it, and nothing of this node's own: TF_ENABLE_ONEDNN_OPTS changes
    last bits.
    """
    for name in read_by_backends().keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


def _load(thing: bytes) -> Any:
    """Raises Fault where a user's own code reads a file while it is imported that is not here: no node has it."""
    try:
        return connecting.library().cloudpickle.loads(thing)
    except OSError as error:
        raise Fault(f"the study's own code cannot be imported on {socket.gethostname()}: {error}",
                    remedy="Read no file there, or have it under the same path on all nodes.") from error


def put(files: dict[str, np.ndarray], folder: Path) -> None:
    """Have these files in a folder, and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        disk.write_bytes(folder / name, data.data)


@contextlib.contextmanager
def excused(parcel: Parcel) -> Iterator[None]:
    """Raises Lost for what is wrong with this node's store, such as a full disk: another node's may be well."""
    try:
        yield
    except Fault as error:
        if not (error.file and Path(error.file).is_relative_to(_place(parcel.store))):
            raise
        raise Lost(f"{socket.gethostname()}: {error.file}: {error.what}", [nodes.here()]) from error
    except OSError as error:
        raise Lost(f"{socket.gethostname()}: {error}", [nodes.here()]) from error


def place(name: str) -> Path:
    """The folder of this node's store, which only this user can read."""
    folder = _place(name)
    if not folder.exists():
        _remove_left(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _place(name: str) -> Path:
    """No two nodes on one machine have the same."""
    return Path(tempfile.gettempdir()) / f"{name}-{nodes.here()[:12]}"


def _remove_left(folder: Path) -> None:
    """Remove the stores that killed nodes left here, in which nothing was written for long."""
    for left in folder.glob(f"mixedfer-{16 * '[0-9a-f]'}-{12 * '[0-9a-f]'}"):
        with contextlib.suppress(OSError):  # another node removes it, or it is another user's
            if time.time() - max(path.stat().st_mtime for path in (left, *left.rglob("*"))) > LEFT:
                shutil.rmtree(left, ignore_errors=True)


def remove_everywhere(name: str) -> None:
    """Remove the stores of this name from all nodes that still answer."""
    ray = connecting.library()
    begun = nodes.begin_everywhere(nodes.alive(), _remove, name)
    ray.wait(begun, num_returns=len(begun), timeout=SECONDS)


def _remove(name: str) -> None:
    shutil.rmtree(_place(name), ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        disk.write_bytes(path, data)

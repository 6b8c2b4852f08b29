"""What travels to a node with a cell: once per node what all share, by reference; with each cell what is its own."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import faceset
from mixedfer.cluster import connecting, nodes, opening
from mixedfer.faceset import ARRAYS
from mixedfer.identity import own_code
from mixedfer.learning import backend


@dataclass(frozen=True)
class Parcel:
    """What a node needs for one thing of a study, besides a face set.

    `thing` is in Ray's own wire format, read once the user's own `code` (place -> file, see `_code`) is there; `weights` are
    file name -> reference, `files` name -> bytes of an unfinished run. `store` is the name of the temporary store that a node
    keeps for one command, `environment` what a process gets before it imports a backend, `home` what the sending machine has.
    """

    thing: bytes
    code: dict[str, bytes]
    folders: Sequence[str]
    weights: dict[str, Any]
    files: dict[str, np.ndarray]
    store: str
    environment: dict[str, str]
    home: dict[str, str]


@dataclass
class Sender:
    """Sends what cells have in common once: face sets and starting weights, by the folders and files that they come from.

    `name` is that of the nodes' temporary stores, which end with the connection.
    """

    name: str = field(default_factory=lambda: f"mixedfer-{secrets.token_hex(8)}")
    sent: dict[Path, Any] = field(default_factory=dict)

    def faces(self, folder: Path) -> Any:
        """A reference to a face set; nodes see its arrays in memory that their processes share."""
        if folder not in self.sent:
            faces = faceset.load(folder)
            arrays = {name: np.asarray(getattr(faces, name)) for name in ARRAYS}
            self.sent[folder] = _put(dataclasses.replace(faces, **arrays), folder)
        return self.sent[folder]

    def parcel(self, thing: Any, gpus: float, weights: Sequence[Path] = (), files: Sequence[Path] = ()) -> Parcel:
        """What a node needs for `thing`: `weights` that other things start from too, and `files` of its own."""
        code, folders = _code(own_code(thing))
        return Parcel(thing=connecting.library().cloudpickle.dumps(thing), code=code, folders=folders,
                      weights={path.name: self._file(path) for path in weights},
                      files={path.name: np.fromfile(path, np.uint8) for path in files},
                      store=self.name, environment=environment(gpus), home=nodes.own())

    def _file(self, path: Path) -> Any:
        if path not in self.sent:
            self.sent[path] = _put(np.fromfile(path, np.uint8), path)
        return self.sent[path]


def _put(value: Any, origin: Path) -> Any:
    """A reference to something that comes from a file or folder."""
    with connecting.room(origin):
        return connecting.library().put(value)


def sender() -> Sender:
    """The one of this process's connection."""
    # Jobs are counted from one in every cluster; its nodes have names that no other's have.
    return _of(nodes.here(), connecting.library().get_runtime_context().get_job_id())


@functools.cache
def _of(node: str, job: str) -> Sender:
    made = Sender()
    connecting.before_leaving(lambda: opening.remove_everywhere(made.name))
    return made


def environment(gpus: float) -> dict[str, str]:
    """What a node's process gets of this one's environment; a GPU that was not asked for is not to be seen."""
    return {**opening.read_by_backends(), "KERAS_BACKEND": backend.name(), **({} if gpus else {"CUDA_VISIBLE_DEVICES": "-1"})}


def _code(modules: dict[str, Path]) -> tuple[dict[str, bytes], list[str]]:
    """The files of modules by their places below one folder, and the folders there from which Python imports them.

    Each folder keeps its own name: `identity` names code by its file and the folder that the file is in. It has the same place
    whatever else is sent: a process that has imported a package goes on to look for its modules there.
    """
    tops = {name: path.parents[name.count(".") + (path.name == "__init__.py")] for name, path in modules.items()}
    folders = {top: f"{hashlib.sha256(os.fsencode(top)).hexdigest()[:12]}/{top.name}" for top in sorted(set(tops.values()))}
    files = {f"{folders[tops[name]]}/{path.relative_to(tops[name]).as_posix()}": _read(path) for name, path in modules.items()}
    return files, list(folders.values())


@functools.cache
def _read(path: Path) -> bytes:
    """A file of code, read once: cells that are begun hours later are trained by the code that the first were."""
    return path.read_bytes()

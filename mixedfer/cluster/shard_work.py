"""What a node does in preparation: make the chunks of a face set. The machine that began it writes them, so that no disk need
be shared for them; pictures are read where they lie, under the same path on every node.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import socket
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer.cluster import connecting, nodes, opening, parcels
from mixedfer.cluster.parcels import Parcel
from mixedfer.cluster.tasks import Unfit
from mixedfer.errors import BadInput, MixedferError, Unreadable
from mixedfer.faces import landmarks, sightings, work
from mixedfer.faces.chunks import Made
from mixedfer.faces.work import Chunk, Job, Known


@dataclass(frozen=True)
class Order:
    """What all chunks of one preparation have in common. The `parcel` holds data set and preparation; relative paths in `data`
    count from `folder`; `known` is an `Asked` on the machine that began it.

    A node that prepares as that machine does has its `versions` of what finds faces, and reads the pictures of `keys` as it did
    (`names`).
    """

    name: str
    parcel: Parcel
    data: Path | None
    folder: str
    predictor: Path
    known: Any
    versions: dict[str, str | None]
    keys: Sequence[Any]
    names: list[bytes]

    @classmethod
    def of(cls, job: Job, known: Any, keys: Sequence[Any]) -> Order:
        """The order for what is to be prepared, as this machine would do it."""
        parcel = parcels.sender().parcel((job.dataset, job.preparation), gpus=0)
        return cls(secrets.token_hex(8), parcel, job.data, os.getcwd(), job.predictor.absolute(), known,
                   sightings.making(job.preparation)["versions"], keys, names(job, keys))


class Asked:
    """What is known of pictures, for nodes that do not see the register: an actor on the machine where its file lies."""

    def __init__(self, known: Known):
        self.known = known

    def look_up(self, pictures: Collection[bytes]) -> dict[bytes, np.ndarray]:
        return self.known(pictures)


#: The job of the latest order that this process worked for.
_job: dict[str, Job] = {}


def make(order: Order, chunks: Sequence[Chunk]) -> Iterator[tuple[Made, dict[bytes, np.ndarray]]]:
    """Sends what `work.make` gives for each chunk, in their order. Raises Unfit where this node does not prepare as it should,
    such as one that joined after the others were seen to.
    """
    if why := examine(order):
        raise Unfit(f"{socket.gethostname()} cannot prepare these pictures: {why}", [nodes.here()])
    yield from (work.make(_job[order.name], chunk) for chunk in chunks)


def examine(order: Order) -> str:
    """Why this node does not prepare as the machine that began it does; "" where it does."""
    try:
        _open(order)
        return ""
    except (MixedferError, Unfit) as error:
        return str(error)
    except Exception as error:  # such as a library that lacks one of the system's
        return f"{type(error).__name__}: {error}"


def names(job: Job, keys: Sequence[Any]) -> list[bytes]:
    """Some pictures by their pixels; those that cannot be decoded are b""."""
    found = []
    for key in keys:
        try:
            found.append(sightings.name(job.dataset.read(job.data, key), None))
        except Unreadable:
            found.append(b"")
    return found


def _open(order: Order) -> None:
    """Make the order this process's job. Raises BadInput where this node has not the landmark model, or has other libraries or
    pictures, Unfit as `opening.unpack` does.
    """
    if order.name in _job:
        return
    _job.clear()
    (dataset, preparation), _ = opening.unpack(order.parcel)
    if differing := nodes.differences(order.versions, sightings.making(preparation)["versions"]):
        raise BadInput(f"it has {differing}")
    with contextlib.suppress(OSError):  # then only paths that count from there will not be found
        os.chdir(order.folder)
    predictor = _predictor(order.predictor, preparation.predictor)
    work.start()
    job = Job(dataset, preparation, order.data, predictor, functools.partial(_ask, order.known), part=Path())
    if names(job, order.keys) != order.names:
        raise BadInput("other pictures lie there than here", file=order.data)
    _job[order.name] = job


def _predictor(given: Path, expected: str) -> Path:
    """The landmark model under the path that it has where the command was given, or the one that is installed here."""
    try:
        return landmarks.find_predictor(given if given.is_file() else None, expected)
    except BadInput as error:
        raise BadInput(f"it has no landmark model like the command's ({error.what})", file=error.file) from error


def _ask(known: Any, pictures: Collection[bytes]) -> dict[bytes, np.ndarray]:
    ray = connecting.library()
    try:
        return ray.get(known.look_up.remote(list(pictures)))
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None

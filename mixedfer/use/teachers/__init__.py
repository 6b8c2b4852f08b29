"""Who labels faces. One kind per file, named by it, with one entry point: a frozen dataclass `Teacher(place)`.

    name                  what its answers are kept under; holds no secret
    start() -> ask        checks what it needs, and raises BadInput before any face is looked for
    ask(paths) -> Told    what it says of the picture in each of these files

`ask` is called with one path, or with up to `together` where a teacher has that attribute. It raises Unreadable where an answer
came and nothing in it is of use, Fault where none came: both are recorded and the next pictures are asked about, unless it
goes on like that. Any other error stops. `rate`, where a teacher has it, is how many pictures it is asked about per second at
most. Fields are set with --set NAME=VALUE.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from mixedfer.errors import BadInput, nearest
from mixedfer.faces.detectors import Box


class Answer(NamedTuple):
    """What is said of one face: its place in pixels of the picture, or None, and a score from 0 for each class."""

    box: Box | None
    scores: Mapping[str, float]


class Told(NamedTuple):
    """What is said of one picture; `wrong` are the parts of the answer that cannot be used, and why."""

    faces: list[Answer]
    wrong: list[str]


Ask = Callable[[Sequence[Path]], list[Told]]


@runtime_checkable
class Teacher(Protocol):
    """See above."""

    @property
    def name(self) -> str: ...

    def start(self) -> Ask: ...


def of(text: str) -> Teacher:
    """The teacher that KIND:PLACE names, such as "command:python ask.py". Raises BadInput where there is no such kind."""
    kind, _, place = text.partition(":")
    kinds = [found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if not found.name.startswith("_")]
    if kind not in kinds or not place.strip():
        raise BadInput(f"--teacher {kind}: expected KIND:PLACE", remedy=nearest(kind, kinds))
    return importlib.import_module(f"mixedfer.use.teachers.{kind}").Teacher(place.strip())

"""From a teacher's JSON to faces with scores."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mixedfer.checked import Checked, require
from mixedfer.errors import Unreadable
from mixedfer.faces.detectors import Box
from mixedfer.use.teachers import Answer, Told


@dataclass(frozen=True, kw_only=True)
class Reading(Checked):
    """Where the JSON has what: keys and places with dots between, such as "result.faces" or "0.regions".

    `faces` leads to the list of faces, or to the only one; `box` from a face to its rectangle, an object with the four `sides`
    or a list of them, in pixels; `scores` from a face to its scores ("" where it is nothing else), an object with a number per
    class, or a list of objects whose class and number are called `label` and `score`. The defaults are those of Microsoft's
    emotion API, which is retired.

    >>> read('[{"faceRectangle": {"left": 1, "top": 2, "width": 3, "height": 4}, "scores": {"sad": 0.5}}]', Reading())
    Told(faces=[Answer(box=Box(left=1.0, top=2.0, width=3.0, height=4.0), scores={'sad': 0.5})], wrong=[])
    """

    faces: str = ""
    box: str = "faceRectangle"
    sides: tuple[str, ...] = ("left", "top", "width", "height")
    scores: str = "scores"
    label: str = "label"
    score: str = "score"

    def __post_init__(self):
        super().__post_init__()
        require(len(self.sides) == 4, f"Reading(sides={self.sides}): expected the names of left, top, width and height")

    def __str__(self) -> str:
        """What differs from the defaults."""
        plain = {field.name: field.default for field in dataclasses.fields(self)}
        return " ".join(f"{name}={getattr(self, name)}" for name, default in plain.items() if getattr(self, name) != default)


def read(text: str, reading: Reading) -> Told:
    """The faces in an answer. Raises Unreadable where it is no JSON, or has no faces where `reading` looks for them."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the answer is not JSON: {_short(text)}") from error
    found = _follow(value, reading.faces)
    if isinstance(found, dict) or _is_one(found, reading):
        found = [found]
    if not isinstance(found, list):
        raise Unreadable(f"expected a list of faces at {reading.faces!r}, found {_short(found)}")
    told = Told([], [])
    for one in found:
        try:
            told.faces.append(Answer(_box(one, reading), _scores(_follow(one, reading.scores), reading)))
        except Unreadable as error:
            told.wrong.append(error.what)
    if found and not told.faces:
        raise Unreadable(told.wrong[0])
    return told


def _is_one(found: Any, reading: Reading) -> bool:
    """Whether a list is not one of faces but the scores of the only one."""
    return not reading.scores and isinstance(found, list) and bool(found) and \
        all(isinstance(one, dict) and reading.label in one for one in found)


def _follow(value: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            raise Unreadable(f"nothing at {path!r}: no {step!r} in {_short(value)}")
    return value


def _box(face: Any, reading: Reading) -> Box | None:
    """The rectangle; None where there is none."""
    if not reading.box or not isinstance(face, dict) or face.get(reading.box.split(".")[0]) is None:
        return None
    found = _follow(face, reading.box)
    sides = found if isinstance(found, list) else [_follow(found, side) for side in reading.sides]
    if len(sides) != 4 or not all(map(_is_number, sides)) or min(sides[2:]) <= 0:
        raise Unreadable(f"not a rectangle: {_short(found)}")
    return Box(*map(float, sides))


def _scores(found: Any, reading: Reading) -> dict[str, float]:
    if isinstance(found, list):
        pairs: Iterable = [(_follow(one, reading.label), _follow(one, reading.score)) for one in found]
    elif isinstance(found, dict):
        pairs = found.items()
    else:
        raise Unreadable(f"expected scores at {reading.scores!r}, found {_short(found)}")
    scores = {}
    for name, value in pairs:
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or name.strip() in scores:
            raise Unreadable(f"not the name of a class, or there twice: {_short(name)}")
        if not _is_number(value) or value < 0:
            raise Unreadable(f"not a score of {name!r}: {_short(value)}")
        scores[name.strip()] = float(value)
    return _with_a_sum(scores)


def _with_a_sum(scores: Mapping[str, float]) -> dict[str, float]:
    if not 0 < sum(scores.values()) < math.inf:
        raise Unreadable(f"the scores have no sum: {_short(scores)}")
    return dict(scores)


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and isinstance(value, (int, float)) and math.isfinite(value)
    except OverflowError:  # a whole number of 400 digits
        return False


def _short(value: Any) -> str:
    text = " ".join((value if isinstance(value, str) else repr(value)).split())
    return text if len(text) <= 100 else f"{text[:100]} ..."

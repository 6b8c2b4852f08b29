"""What a study is made of: frozen dataclasses whose fields are checked when they are made, and what its parts can do."""

from __future__ import annotations

import dataclasses
import sys
import typing
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from mixedfer.errors import StudyError


@runtime_checkable
class Dataset(Protocol):
    """A source of labelled pictures; see `mixedfer.faces.datasets`."""

    def fingerprint(self, data): ...

    def list(self, data): ...

    def read(self, data, key): ...


@runtime_checkable
class Detector(Protocol):
    """A face finder; see `mixedfer.faces.detectors`."""

    def find(self, picture): ...


@runtime_checkable
class Alignment(Protocol):
    """Says where in the image a face comes to lie; see `mixedfer.faces.alignments`."""

    def matrix(self, points, box, size): ...


@runtime_checkable
class Augmentation(Protocol):
    """Draws one affine per sample; see `mixedfer.learning.augmentations`."""

    def draw(self, rng, count): ...

    def matrices(self, draws, size): ...


@runtime_checkable
class Retouch(Protocol):
    """Draws changes of pixels that move nothing; see `mixedfer.learning.retouch`."""

    def draw(self, rng, count): ...


@runtime_checkable
class Weights(Protocol):
    """Where a backbone's starting weights come from; see `mixedfer.learning.weights`."""

    SUFFIX: str
    sha256: str
    preprocessing: str

    def find(self): ...

    def read(self, path): ...


class Checked:
    """Base of frozen dataclasses that studies are made of: plain fields must fit their annotations, numbers their `RANGES`.

    A whole number given for a `float` becomes one, for 1 and 1.0 are one value and must not name two runs. Whole numbers in a
    tuple are counts, such as the units of layers, so each must be above 0.
    """

    RANGES: ClassVar[dict[str, tuple[float, float]]] = {}

    def __post_init__(self):
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not _fits(value, hints[field.name]):
                raise StudyError(f"{type(self).__name__}({field.name}={value!r}): expected {_wanted(hints[field.name])}")
            object.__setattr__(self, field.name, _as_floats(value, hints[field.name]))
        for name, (low, high) in self.RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise StudyError(f"{type(self).__name__}({name}={getattr(self, name)}): expected {low} to {high}")


def _fits(value: Any, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if origin is Literal:
        return value in typing.get_args(hint)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        return isinstance(value, tuple) and all(_fits(item, inner) and (inner is not int or item > 0) for item in value)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    if hint in (int, str):
        return isinstance(value, hint) and not isinstance(value, bool)
    return not isinstance(value, type) and isinstance(value, hint)


def _as_floats(value: Any, hint: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        return tuple(_as_floats(item, typing.get_args(hint)[0]) for item in value)
    return float(value) if hint is float else value


def _wanted(hint: Any) -> str:
    """
    >>> _wanted(tuple[int, ...]), _wanted(float), _wanted(Literal["a", "b"])
    ('tuple of int above 0', 'float that is finite', "'a' or 'b'")
    """
    if typing.get_origin(hint) is Literal:
        return " or ".join(map(repr, typing.get_args(hint)))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return f"tuple of {_wanted(inner)}" + (" above 0" if inner is int else "")
    if hint is float:
        return "float that is finite"
    return getattr(hint, "__name__", str(hint))


def require(condition: bool, message: str) -> None:
    if not condition:
        raise StudyError(message)

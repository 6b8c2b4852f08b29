"""Fields of nested frozen dataclasses by their names: what they hold, and copies in which they hold something else."""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Iterator
from typing import Any, ClassVar, Self

from mixedfer.checked import Checked, require
from mixedfer.errors import StudyError, nearest


class Varying(Checked):
    """Base of a frozen dataclass whose fields, and theirs, can be varied by name; those in `FIXED` and below cannot."""

    FIXED: ClassVar[tuple[str, ...]] = ()

    def varying(self, **changes: Any) -> Self:
        """The same with other values: `study.varying(epochs=30, width=0.5)`.

        A name reaches any field, however deep; `recipe.backbone.width` written as a key of `**{...}` is the long form. Whole
        parts are replaced first, so that names reach the new one's fields. Raises StudyError with the nearest name.
        """
        whole = {name: value for name, value in changes.items() if dataclasses.is_dataclass(value) or self.is_part(name)}
        return self._with(whole)._with({name: value for name, value in changes.items() if name not in whole})

    def current(self, name: str) -> Any:
        """The value of the field that `varying(name=...)` would change."""
        return functools.reduce(getattr, self.path(name), self)

    def annotation(self, name: str) -> Any:
        """The type of the field that `varying(name=...)` would change."""
        *above, last = self.path(name)
        return typing.get_type_hints(type(functools.reduce(getattr, above, self)))[last]

    def is_part(self, name: str) -> bool:
        """Whether a name reaches, without doubt, something that has fields of its own."""
        return len(self._named(name)) == 1 and dataclasses.is_dataclass(self.current(name))

    def _named(self, name: str) -> list[str]:
        """The paths that a name may stand for; a whole path stands for itself alone."""
        paths = list(_paths(self))
        return [name] if name in paths else [path for path in paths if path.endswith("." + name)]

    def path(self, name: str) -> list[str]:
        """The fields on the way to the one that a name reaches. Raises StudyError with the nearest name."""
        match = self._named(name)
        if not match:
            raise StudyError(f"the {type(self).__name__.lower()} has no field {name!r}",
                             remedy=nearest(name.split(".")[-1], (path.split(".")[-1] for path in _paths(self))))
        require(len(match) == 1, f"{name!r} could be {' or '.join(match)}: write the longer name")
        return match[0].split(".")

    def _with(self, changes: dict[str, Any]) -> Self:
        paths = [self.path(name) for name in changes]
        for name, path in zip(changes, paths):
            require(paths.count(path) == 1, f"two values are given for {'.'.join(path)}")
            self.refuse(name, path)
        return self.placed(list(zip(paths, changes.values())))

    def placed(self, changes: list[tuple[list[str], Any]]) -> Self:
        """The same with other values at these paths, all at once."""
        return replaced(self, changes)

    def refuse(self, name: str, path: list[str]) -> None:
        """Raise StudyError if the field at `path`, for which the user wrote `name`, must not be varied."""


def _paths(node: Any, prefix: str = "") -> Iterator[str]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if field.name in getattr(node, "FIXED", ()):
            continue
        yield prefix + field.name
        if dataclasses.is_dataclass(value):
            yield from _paths(value, f"{prefix}{field.name}.")


def replaced(node: Any, changes: list[tuple[list[str], Any]]) -> Any:
    """All changes at once, so that two values that only fit together can be set together."""
    fields: dict[str, Any] = {path[0]: value for path, value in changes if len(path) == 1}
    deeper: dict[str, list] = {}
    for path, value in changes:
        if len(path) > 1:
            deeper.setdefault(path[0], []).append((path[1:], value))
    for name, inner in deeper.items():
        fields[name] = replaced(fields.get(name, getattr(node, name)), inner)
    try:
        return dataclasses.replace(node, **fields)
    except (TypeError, ValueError) as error:
        raise StudyError(f"{type(node).__name__} cannot have {', '.join(fields)} set so: {error}") from error

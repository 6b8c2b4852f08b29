"""Canonical JSON -> the parts of mixedfer that it names: the way back from `identity.canonical`.

A bundle names its detector, alignment, view and augmentation as `module:name@source`. Only modules of `FOLDERS` are ever
imported for it, and only under the source that the bundle was made with: other code would show the network something else than
it was trained on.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path
from typing import Any

from mixedfer.errors import BadInput, StudyError
from mixedfer.identity import canonical, source
from mixedfer.learning.retouch import Retouch
from mixedfer.study import Preparation

#: The folders whose components a bundle may name.
FOLDERS = ("mixedfer.faces.alignments", "mixedfer.faces.detectors", "mixedfer.learning.augmentations",
           "mixedfer.learning.views")
_REFERENCE = re.compile(r"([a-z_.]+)\.([a-z_][a-z0-9_]*):([A-Za-z_]\w*)@([0-9a-f]{10})")
#: Parts that are no components of their own; their source is named by mixedfer's version alone.
_PARTS = {"mixedfer.study:Preparation": Preparation, "mixedfer.learning.retouch:Retouch": Retouch}


def rebuild(value: Any, file: Path) -> Any:
    """What a canonical value stands for: lists become tuples, `module:name@source` functions, objects with a "kind" instances.

    `file` is where the value was read, for errors. Raises BadInput for a component that is not there any more, whose source is
    another now, or that lies outside `FOLDERS`.
    """
    try:
        made = _made(value, file)
        same = canonical(made) == value
    except RecursionError:
        raise BadInput("it is nested deeper than anything that mixedfer writes", file=file, remedy=_again()) from None
    if not same:
        raise BadInput("it describes something else than what this version of mixedfer makes of it", file=file, remedy=_again())
    return made


def foreign(value: Any) -> list[str]:
    """The components in a canonical value that `rebuild` would refuse because they lie outside mixedfer.

    >>> foreign({"kind": "my_study:MyView@0123456789", "view": "mixedfer.learning.views.pixels:pixels@0123456789"})
    ['my_study:MyView']
    """
    if isinstance(value, dict):
        return [name for item in value.values() for name in foreign(item)]
    if isinstance(value, list):
        return [name for item in value for name in foreign(item)]
    named = isinstance(value, str) and re.fullmatch(r"[\w.]+:[\w.]+@[0-9a-f]{10}", value)
    return [value.partition("@")[0]] if named and not _allowed(value) else []


def _allowed(text: str) -> re.Match | None:
    match = _REFERENCE.fullmatch(text)
    return match if match and match[1] in FOLDERS else None


def _made(value: Any, file: Path) -> Any:
    if isinstance(value, list):
        return tuple(_made(item, file) for item in value)
    if isinstance(value, str):
        return _find(value, file) if _allowed(value) else value
    if not isinstance(value, dict):
        return value
    fields = {name: _made(item, file) for name, item in value.items() if name != "kind"}
    named = str(value.get("kind"))
    kind = _PARTS.get(named) or _find(named, file)
    if not isinstance(kind, type):
        raise BadInput(f"{named} is no kind of object", file=file, remedy=_again())
    try:
        return kind(**fields)
    except (TypeError, StudyError) as error:
        raise BadInput(f"{value['kind']} cannot be made as it says ({error})", file=file, remedy=_again()) from error


def _find(reference: str, file: Path) -> Any:
    """The function or class of a reference."""
    match = _allowed(reference)
    if match is None:
        raise BadInput(f"it names {reference!r}, which is none of mixedfer's detectors, alignments, augmentations or views",
                       file=file, remedy="Bundles are written by `mixedfer export`.")
    folder, part, name, expected = match.groups()
    module = f"{folder}.{part}"
    if importlib.util.find_spec(module) is None:
        raise BadInput(f"its component {module} no longer exists", file=file, remedy=_again())
    if source(module) != expected:
        raise BadInput(f"its component {module} has other code now than when the bundle was made", file=file, remedy=_again())
    thing = getattr(importlib.import_module(module), name, None)
    if getattr(thing, "__module__", None) != module:
        raise BadInput(f"{module} has no {name}", file=file, remedy=_again())
    return thing


def _again() -> str:
    return "Use the version of mixedfer that the bundle names, or export it again from the study."

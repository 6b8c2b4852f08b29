"""What things are called on disk: names that follow from what decided the numbers, never from where or when.

A component (a data set, detector, view, network, ...) is named by its module and the hash of that module's source, with the
source of whatever it imports that is not a library. So a change to one view makes the runs with that view obsolete, and
no others.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import importlib.util
import sys
import sysconfig
import types
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from mixedfer.disk import to_json
from mixedfer.errors import StudyError

#: Packages with one component per file; the rest of mixedfer is named as a whole by those who use it.
COMPONENTS = ("mixedfer.faces.alignments.", "mixedfer.faces.datasets.", "mixedfer.faces.detectors.",
              "mixedfer.learning.augmentations.", "mixedfer.learning.backbones.", "mixedfer.learning.fusions.",
              "mixedfer.learning.landmark_branches.", "mixedfer.learning.schedules.", "mixedfer.learning.views.",
              "mixedfer.learning.weights.")


def canonical(value: Any) -> Any:
    """A study or any part of it as plain JSON values; functions and classes by `module:name@source`, dataclasses by field."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: canonical(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"kind": _reference(type(value)), **fields}
    if isinstance(value, (type, types.FunctionType)) and "<" not in value.__qualname__:
        return _reference(value)
    raise StudyError(f"{value!r} cannot be part of a study", remedy="Use a number, a text, a named function, or a dataclass.")


def digest(value: Any) -> str:
    """A short name for a canonical value: 20 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(to_json(canonical(value)).encode()).hexdigest()[:20]


def version(*packages: str) -> str | None:
    """The version of the first of these packages that is installed."""
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(package)
    return None


def _reference(thing) -> str:
    """What a function or class is called. Raises StudyError when that name stands for something else, such as what it wraps."""
    module, steps = thing.__module__, thing.__qualname__.split(".")
    name = f"{module}:{thing.__qualname__}"
    if functools.reduce(lambda node, step: getattr(node, step, None), steps, sys.modules.get(module)) is not thing:
        raise StudyError(f"{thing!r} is not what {name} stands for, so its runs would go by the name of something else",
                         remedy="Make it a frozen dataclass at the top of its own file, with what varies as its fields.")
    return f"{name}@{source(module)}" if _counts(module) else name


@functools.cache
def source(module: str) -> str:
    """The hash of a module's source and of everything of its kind that it imports; a study file's STUDY left out."""
    found: dict[str, Path] = {}
    _collect(module, found)
    return hash_source(*found.values(), without="STUDY")[:10]


def own_code(value: Any) -> dict[str, Path]:
    """Module -> its file, of all code of the user's own that a study, or any part of it, comes from or imports; packages that
    such modules lie in, and what these import, included.
    """
    return _with_packages(frozenset(thing.__module__ for thing in _things(value)))


@functools.cache
def _with_packages(modules: frozenset[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    seen: set[str] = set()
    todo = set(modules)
    while todo:
        for module in sorted(todo):
            if _counts(module):
                _collect(module, found)
        seen |= todo
        parents = {module.rsplit(".", count)[0] for module in found for count in range(1, module.count(".") + 1)}
        todo = parents - seen
    return {module: path for module, path in found.items() if module.split(".")[0] != "mixedfer"}


def _things(value: Any) -> Iterator[Any]:
    """The functions and classes that a study's parts are or come from."""
    if isinstance(value, (type, types.FunctionType)):
        yield value
    elif isinstance(value, dict):
        yield from _things(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _things(item)
    elif dataclasses.is_dataclass(value):
        yield type(value)
        for field in dataclasses.fields(value):
            yield from _things(getattr(value, field.name))


def hash_source(*places: Path, without: str = "") -> str:
    """A digest of Python files that ignores comments, docstrings and layout, and in which folder the whole lies.

    What it names is what the code does: mending a docstring does not make finished runs obsolete. An assignment to the
    name `without` is left out as well.
    """
    return hashlib.sha256("".join(sorted(_code(file, without) for file in places)).encode()).hexdigest()[:20]


def _code(file: Path, without: str) -> str:
    """What a file does, after its name and that of its folder."""
    tree = ast.parse(file.read_bytes())
    tree.body = [node for node in tree.body if without not in assigned(node)]
    for node in ast.walk(tree):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.Pass()
    return f"{file.parent.name}/{file.name}\n{ast.unparse(tree)}\n"


def assigned(node: ast.stmt) -> set[str]:
    """The names that a statement such as `STUDY = ...` or `STUDY: Study = ...` gives a value."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _collect(module: str, found: dict[str, Path]) -> None:
    path = _file(module)
    if path is None or module in found:
        return
    found[module] = path
    for name in _imports(module, path):
        if _counts(name):
            _collect(name, found)


def _counts(module: str) -> bool:
    """Whether a module is hashed by itself: components, and code that is neither mixedfer's nor a library's."""
    if module.split(".")[0] == "mixedfer":
        return module.startswith(COMPONENTS)
    for name in accumulate(module.split("."), "{}.{}".format):  # looking into a library, such as TensorFlow, would import it
        path = _file(name)
        if path is not None and _library(path):
            return False
    return path is not None


def _library(path: Path) -> bool:
    return ("site-packages" in path.parts or "dist-packages" in path.parts
            or any(path.is_relative_to(folder) for folder in _standard()))


@functools.cache
def _standard() -> frozenset[str]:
    """The folders of Python's own library."""
    return frozenset(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))


def _file(module: str) -> Path | None:
    """Where a module's source lies; None for what is built in or no module."""
    loaded = sys.modules.get(module)
    try:
        spec = loaded.__spec__ if loaded is not None else importlib.util.find_spec(module)
    except (ImportError, AttributeError, ValueError):
        spec = None
    name = getattr(loaded, "__file__", None) or getattr(spec, "origin", None)
    return Path(name) if name and name.endswith(".py") else None


def _imports(module: str, path: Path) -> Iterator[str]:
    """The modules that a file may import: for `from a import b` both `a` and `a.b`."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            with contextlib.suppress(ImportError):  # of what leads out of all packages; such code has another way to import it
                base = importlib.util.resolve_name(name, package)
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)

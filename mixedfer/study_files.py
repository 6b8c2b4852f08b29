"""Study files: small Python files with a docstring and a `STUDY`; and values set for them on the command line."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import os
import pkgutil
import sys
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from mixedfer.errors import BadInput, StudyError, nearest
from mixedfer.identity import COMPONENTS, assigned
from mixedfer.study import Study
from mixedfer.varying import Varying

Varied = TypeVar("Varied", bound=Varying)
TRUTHS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def load(path: Path, settings: Sequence[str] = ()) -> Study:
    """The `STUDY` of a file, varied by settings such as "epochs=3".

    The file is imported by its own name from its own folder, so that worker processes can import what it defines.
    """
    path = find(path)
    name, here = path.stem, str(path.resolve())
    loaded = sys.modules.get(name)
    if loaded is None and name.isidentifier():
        sys.path.insert(0, str(path.parent.resolve()))
        loaded = importlib.util.find_spec(name)
    origin = getattr(loaded, "__file__", None) or getattr(loaded, "origin", None)
    if origin is None or os.path.realpath(origin) != here:
        raise StudyError(f"a study file cannot be called {path.name!r}: Python knows another module by that name, or none can "
                         "have it", file=path, remedy="Rename the file.")
    try:
        module = importlib.import_module(name)
    except BadInput:
        raise
    except Exception as error:  # whatever a study file does wrong is told as its fault
        raise StudyError(f"does not load ({type(error).__name__}: {error})", file=path,
                         row=_line(error, path)) from error
    study = getattr(module, "STUDY", None)
    if not isinstance(study, Study):
        raise StudyError("defines no STUDY = Study(...)", file=path)
    return varied(study, settings)


def find(path: Path) -> Path:
    """The study file itself. Raises StudyError with the nearest name in its folder when there is none."""
    if path.is_file():
        return path
    others = [other.name for other in path.parent.glob("*.py")] if path.parent.is_dir() else []
    raise StudyError("no such study file", file=path, remedy=nearest(path.name, others) if others else "")


def describe(folder: Path) -> dict[str, str]:
    """Study file -> first line of its docstring, for every file in `folder` that defines a STUDY; nothing is run."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError as error:
            raise StudyError(f"does not load ({error.msg})", file=path, row=error.lineno) from error
        if any("STUDY" in assigned(node) for node in tree.body):
            found[str(path)] = (ast.get_docstring(tree) or "(no docstring)").splitlines()[0]
    return found


def varied(thing: Varied, settings: Sequence[str]) -> Varied:
    """A study, say, with all settings; whole parts first, for the others may name fields that only a new part has."""
    texts = dict(_named(setting) for setting in settings)
    whole = {name: text for name, text in texts.items() if thing.is_part(name) or ":" in text}
    for chosen in (whole, {name: text for name, text in texts.items() if name not in whole}):
        thing = thing.varying(**{name: _value(text, thing, name) for name, text in chosen.items()})
    return thing


def _named(setting: str) -> tuple[str, str]:
    name, equals, text = setting.partition("=")
    if not equals:
        raise StudyError(f"--set {setting!r} has no value", remedy="Write --set NAME=VALUE, for example --set epochs=3.")
    return name, text


def _value(text: str, thing: Varying, name: str) -> Any:
    """Text as a value of the kind that the field has now, or, for the items of a tuple, may have."""
    current = thing.current(name)
    if isinstance(current, bool):
        if text.lower() not in TRUTHS:
            raise StudyError(f"--set {name}={text}: expected true or false")
        return TRUTHS[text.lower()]
    if isinstance(current, tuple):
        items = [item.strip(" '\"") for item in text.strip("()[] ").split(",") if item.strip()]
        return tuple(item if str in typing.get_args(thing.annotation(name)) else _literal(item) for item in items)
    if dataclasses.is_dataclass(current) or callable(current) or (current is None and ":" in text):
        return None if text == "None" else _thing(text, current, name)
    return text if isinstance(current, str) else _literal(text)


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError):
        return text


def _thing(text: str, current: Any, name: str) -> Any:
    """A class or function by `module:Name`, or by a name from the folder of the current one; classes with their defaults."""
    module_name, _, thing_name = text.rpartition(":")
    if not module_name:
        module_name = type(current).__module__ if dataclasses.is_dataclass(current) else current.__module__
        module_name = module_name.rpartition(".")[0] if module_name.startswith(COMPONENTS) else module_name
    try:
        known = _things(module_name)
    except (ImportError, TypeError, ValueError) as error:
        raise StudyError(f"--set {name}={text}: no module {module_name!r}", remedy="Write package.module:Name.") from error
    if thing_name not in known:
        raise StudyError(f"--set {name}={text}: {module_name} has no {thing_name!r}", remedy=nearest(thing_name, known))
    thing = known[thing_name]
    try:
        return thing() if isinstance(thing, type) else thing
    except TypeError as error:
        raise StudyError(f"--set {name}={text}: {error}", remedy="Only what needs no arguments can be set by name.") from error


def _things(module_name: str) -> dict[str, Any]:
    """What a module defines, or the modules of a folder of components."""
    module = importlib.import_module(module_name)
    within = [module]
    if f"{module_name}." in COMPONENTS:
        names = [found.name for found in pkgutil.iter_modules(module.__path__) if not found.name.startswith("_")]
        within = [importlib.import_module(f"{module_name}.{name}") for name in names]
    return {key: value for one in within for key, value in vars(one).items()
            if getattr(value, "__module__", "") == one.__name__ and not key.startswith("_")}


def _line(error: Exception, path: Path) -> int | None:
    """The line of the study file where loading failed."""
    if isinstance(error, SyntaxError):
        return error.lineno
    trace, line = error.__traceback__, None
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path.resolve()):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line

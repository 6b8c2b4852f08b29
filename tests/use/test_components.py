"""Every component that a bundle may name comes back from its canonical JSON as it was."""

import importlib
import json
import pkgutil
from pathlib import Path

import pytest

from mixedfer.disk import to_json
from mixedfer.identity import canonical
from mixedfer.learning.retouch import Retouch
from mixedfer.learning.views.distances import distances
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.region import Region
from mixedfer.study import Preparation
from mixedfer.use import components
from tests.tiny import STUDY

FILE = Path("bundle.json")


def things():
    """A class or function of every file in the folders."""
    for folder in components.FOLDERS:
        package = importlib.import_module(folder)
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{folder}.{found.name}")
            yield from (value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
                        and callable(value) and not name.startswith("_"))


def made(thing):
    """An instance of a class with its defaults, of views around another one; a function itself."""
    if not isinstance(thing, type):
        return thing
    options = {"keep": ("mouth",)} if thing is Region else {}
    return thing(normalised, **options) if "view" in getattr(thing, "__dataclass_fields__", {}) else thing(**options)


@pytest.mark.parametrize("thing", list(things()), ids=lambda thing: thing.__name__)
def test_each_component_comes_back(thing):
    value = made(thing)
    assert components.rebuild(json.loads(to_json(canonical(value))), FILE) == value


def test_a_preparation_comes_back_whole():
    value = Preparation(detector=STUDY.preparation.detector, face="all", size=64, colour=True, border=0)
    assert components.rebuild(json.loads(to_json(canonical(value))), FILE) == value


def test_changes_of_pixels_come_back():
    value = Retouch(brightness=0.1, erase=0.5, area=(0.1, 0.2))
    assert components.rebuild(json.loads(to_json(canonical(value))), FILE) == value


def test_parts_of_a_study_file_are_named():
    def mine(points, found, size):
        return points
    mine.__qualname__, mine.__module__ = "mine", "tests.tiny"
    assert components.foreign(canonical({"a": [distances, Region(normalised, keep=("mouth",))], "b": "whole-image"})) == []
    assert components.foreign({"x": [{"view": "tests.tiny:mine@0123456789"}]}) == ["tests.tiny:mine"]

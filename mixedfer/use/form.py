"""The form of bundle.json: what it must say, so that one made by hand is refused with the reason and not by a traceback."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixedfer.errors import StudyError
from mixedfer.study import Preparation, Recipe

NUMBER = (int, float)
#: Of every name: a type, a list of one form, or the names below it.
FORM = {"schema": int, "made_by": {"mixedfer": str, "keras": str, "backend": str, "backend_version": str}, "study": str,
        "question": str, "arm": {"name": str, "image": bool}, "preparation": dict, "classes": [str], "image": [int],
        "recipe": {"backbone": (str, dict), "fusion": (str, dict), "frame": int, "test_views": str, "labels": str,
                   "label_smoothing": NUMBER, "class_weights": str},
        "members": [{"file": str, "replicate": int, "fold": int, "run": str}],
        "measured": {"images": int, "metrics": {"accuracy": NUMBER}, "accuracy_ci95": [NUMBER]}, "files": dict, "digest": str}
#: What stands in for the parts of a recipe that are code: networks are loaded without them.
CODE = {**dict.fromkeys(("backbone", "landmark_branch", "fusion", "schedule"), print), "augmentation": None, "retouch": None}


def lacking(value: Any, form: Any = FORM, name: str = "") -> Iterator[str]:
    """The names of what is not there, or of another form.

    >>> list(lacking({"a": 1, "b": {"c": ["x", 2]}}, {"a": int, "b": {"c": [str], "d": int}}))
    ['b.c', 'b.d']
    """
    if isinstance(form, dict):
        below = value if isinstance(value, dict) else {}
        for part, wanted in form.items():
            yield from lacking(below.get(part), wanted, f"{name}.{part}".lstrip("."))
    elif isinstance(form, list):
        if not isinstance(value, list) or not value or any(any(lacking(item, form[0], "item")) for item in value):
            yield name
    elif not isinstance(value, form) or (isinstance(value, bool) and form is not bool):
        yield name


def contradiction(said: dict, preparation: Preparation) -> str:
    """What in a bundle of the right form cannot be; "" where nothing is."""
    if len(set(said["classes"])) != len(said["classes"]) or len(said["classes"]) < 2:
        return "its classes are fewer than two, or two have one name"
    if said["image"] != [preparation.size, preparation.size, 3 if preparation.colour else 1]:
        return "its network sees other images than it prepares"
    if any(Path(member["run"]).name != member["run"] for member in said["members"]):
        return "it names a run that is none"
    if len(said["measured"]["accuracy_ci95"]) != 2:
        return "an interval has two ends, its accuracy's has not"
    known = {field.name for field in dataclasses.fields(Recipe)} - {"pretrained_rate"}
    try:
        recipe = Recipe(**{name: value for name, value in said["recipe"].items() if name in known} | CODE)
    except (TypeError, StudyError) as error:
        return f"its recipe is none ({error})"
    return "" if recipe.frame <= preparation.size else "its network sees more of an image than there is"

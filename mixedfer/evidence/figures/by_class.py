"""Accuracy on each class, so that a gain on one that hides a loss on another is seen."""

from __future__ import annotations

from matplotlib.figure import Figure

from mixedfer.evidence import wording
from mixedfer.evidence.figures import grouped

SECTION, ORDER = "where", 40
TITLE = "Accuracy by class"
NUMBERS = "classes"


def caption(results, summary) -> str:
    """What the dots are."""
    return ("Share of each class's test images answered correctly. Large markers: mean over replicates; small ones and "
            "the line: every replicate. n: test images of the class.")


def alt(results, summary) -> str:
    """The means in words."""
    return ". ".join(_told(group) for group in _groups(results)) + "."


def draw(results, summary) -> Figure:
    """One group per class; a class without test images says so."""
    return grouped.draw(results.plan, _groups(results), "accuracy on the class, %")


def _groups(results) -> list[grouped.Group]:
    return [grouped.accuracy(results, name, results.truth == index) for index, name in enumerate(results.faces.classes)]


def _told(group: grouped.Group) -> str:
    if not group.images:
        return f"{group.name}: no test images"
    return f"{group.name}: " + ", ".join(f"{arm} {wording.percent(values.mean())}" for arm, values in group.values.items())

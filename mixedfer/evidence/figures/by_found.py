"""Accuracy where the detector found a face and where it did not: landmarks can only help where they are right."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from mixedfer.evidence import preparations, wording
from mixedfer.evidence.figures import grouped

SECTION, ORDER = "where", 70
TITLE = "Accuracy on found and missed faces"
NUMBERS = "found"


def applies(results, summary) -> bool:
    """Whether a detector looked for faces, found some and missed some."""
    return bool(results.faces.searched and results.found.any() and not results.found.all())


def caption(results, summary) -> str:
    """What became of missed faces."""
    missed = {"exclude": "Pictures without a found face were left out of every arm, before arms existed.",
              "whole-image": f"Where no face was found, {preparations.those_with(results)} saw the whole picture, and the "
                             "landmarks were placed in it."}
    told = f"{missed[results.plan.study['preparation']['missed']]} {preparations.by_whom(results)}".strip()
    return ("Test images by whether the detector found a face. Large markers: mean over replicates; small ones and the "
            f"line: every replicate. {told}")


def alt(results, summary) -> str:
    """The means in words."""
    told = [f"{group.name} ({group.images} images): " + (", ".join(f"{arm} {wording.percent(values.mean())}" for arm, values
                                                                   in group.values.items()) or "none")
            for group in _groups(results)]
    return "; ".join(told) + "."


def draw(results, summary) -> Figure:
    """All test images, those with a found face, and those without."""
    return grouped.draw(results.plan, _groups(results), "accuracy, %")


def _groups(results) -> list[grouped.Group]:
    everything = np.ones(len(results.truth), bool)
    parts = {"all test images": everything, "face found": results.found, "face missed": ~results.found}
    return [grouped.accuracy(results, name, chosen) for name, chosen in parts.items()]

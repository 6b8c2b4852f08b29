"""What the arms saw: a face of every class, raw and with its 68 landmarks, and a face that the detector missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer.evidence import preparations
from mixedfer.evidence.figures import style
from mixedfer.geometry import OUTLINES

SECTION, ORDER = "gallery", 88
TITLE = "Faces and their landmarks"
#: Pairs of pictures side by side on the width of a page.
ACROSS = 4
FOUND, MISSED = "#F0E442", "#D55E00"


@dataclass(frozen=True)
class Example:
    """One face of the figure: the row in the face set, or None where there is none, and why."""

    title: str
    row: int | None
    note: str = ""


def applies(results, summary) -> bool:
    """Whether pictures are shown and all arms see the same; where they do not, `picture_grid` shows those of each."""
    return not preparations.several(results) and not results.withheld


def caption(results, summary) -> str:
    """How the faces were chosen."""
    return ("Each picture as the network saw it, and with the 68 landmarks and their outlines. Shown is the first "
            f"test image of every class{_which(results)}, in the order of the data set; nobody chose "
            f"them.{_fate(results)}")


def alt(results, summary) -> str:
    """Which faces are there."""
    return "Faces beside the same faces with landmarks: " + ", ".join(
        f"{item.title}{' (' + item.note + ')' if item.note else ''}" for item in examples(results)) + "."


def examples(results) -> list[Example]:
    """The first found test face of each class, and the first missed test image if there is one."""
    made = []
    for index, name in enumerate(results.faces.classes):
        rows = results.rows[results.truth == index]
        found = rows[np.asarray(results.faces.found)[rows]]
        note = "" if len(found) else "no face found" if len(rows) else "no test images"
        made.append(Example(name, int(found[0]) if len(found) else int(rows[0]) if len(rows) else None, note))
    missed = results.rows[~results.found]
    if len(missed) and missed[0] not in [item.row for item in made]:
        name = results.faces.classes[results.faces.labels[missed[0]]]
        made.append(Example(f"missed ({name})", int(missed[0]), "no face found"))
    return made


def draw(results, summary) -> Figure:
    """Pairs of pictures, up to four beside each other; placed by hand, since all have one size."""
    shown = examples(results)
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)
    side = min(1.6, (style.WIDTH - 0.2 * across) / (2 * across))
    with style.look():
        figure = Figure(figsize=(style.WIDTH, down * (side + 0.42)))
        for at, item in enumerate(shown):
            left = 0.08 + (at % across) * (2 * side + 0.2)
            bottom = (down - 1 - at // across) * (side + 0.42) + 0.16
            _pair(figure, results, item, left, bottom, side)
        return figure


def _pair(figure: Figure, results, item: Example, left: float, bottom: float, side: float) -> None:
    width, height = figure.get_size_inches()
    places = [(left / width, bottom / height), ((left + side + 0.03) / width, bottom / height)]
    raw, marked = (figure.add_axes((x, y, side / width, side / height)) for x, y in places)
    figure.text(left / width, (bottom + side + 0.05) / height, style.short(item.title, int(side * 24)), va="bottom",
                fontweight="bold")
    if item.note:
        figure.text(left / width, (bottom - 0.04) / height, item.note, fontsize=6.5, va="top", color=MISSED)
    for axes in (raw, marked):
        if item.row is None:
            style.statement(axes, "–")
        else:
            style.picture(axes, results.faces, item.row)
    if item.row is not None:
        mark(marked, np.asarray(results.faces.landmarks[item.row]), bool(results.faces.found[item.row]))


def mark(axes: Axes, points: np.ndarray, found: bool) -> None:
    """The 68 points (68, 2) and their outlines; dashed orange where no face was found."""
    colour = FOUND if found else MISSED
    for shade, wide in (("black", 1.6), (colour, 0.8)):
        for group, closed in OUTLINES:
            line = points[group]
            line = np.concatenate([line, line[:1]]) if closed else line
            axes.plot(*line.T, color=shade, linewidth=wide, alpha=0.55 if shade == "black" else 1,
                      linestyle="-" if found else (0, (2, 1)))
    axes.plot(*points.T, ".", color=colour, markersize=2.2, markeredgewidth=0)


def _which(results) -> str:
    return " in which a face was found" if results.faces.searched else ""


def _fate(results) -> str:
    if not results.faces.searched:
        return " No detector was used: the landmarks were placed in the whole picture."
    if results.found.all():
        return " A face was found in every test image."
    return (" Dashed orange: no face was found, and the landmarks were placed in the whole picture; they are what the "
            "landmark branch saw.")

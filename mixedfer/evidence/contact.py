"""A contact sheet: faces side by side as every arm sees them, with their landmarks and the detector's box."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mixedfer.evidence.escaping import line
from mixedfer.evidence.figures import style
from mixedfer.geometry import OUTLINES

ACROSS = 8
#: Inches of a cell: its width, of which the picture leaves `GAP` free, and its height with two lines of text.
WIDE, GAP, HIGH, HEAD = style.WIDTH / ACROSS, 0.06, style.WIDTH / ACROSS + 0.24, 0.36
FOUND, MISSED, BOX = "#F0E442", "#FF8A3C", "#56B4E9"
LETTERS = 18


def draw(faces, rows: Sequence[int], title: str, names: Sequence[str]) -> Figure:
    """The rows of a face set under a title; `names` are their partitions ("" for none)."""
    down = max(1, -(-len(rows) // ACROSS))
    height = HEAD + down * HIGH
    with style.look():
        figure = Figure(figsize=(style.WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, style.WIDTH), ylim=(height, 0))
        axes.set_axis_off()
        axes.text(GAP, HEAD / 2, style.label(title, 110, 1), fontsize=9, fontweight="bold", va="center")
        for at, (row, name) in enumerate(zip(rows, names)):
            _cell(axes, faces, int(row), name, at % ACROSS * WIDE + GAP / 2, at // ACROSS * HIGH + HEAD)
        return figure


def box(faces, row: int) -> tuple[float, float, float, float] | None:
    """Left, top, width and height of the detector's box as fractions of the image's side, where these follow from how it was
    cut: a face that was found, in the middle of an image that is cropped and not aligned.
    """
    preparation = faces.meta.get("preparation", {})
    if not preparation.get("crop") or preparation.get("alignment") or not (faces.searched and faces.found[row]):
        return None
    width, height = faces.boxes[row, 2:] / faces.boxes[row, 2:].max() / (1 + 2 * preparation["border"])
    return float(1 - width) / 2, float(1 - height) / 2, float(width), float(height)


def _cell(axes: Axes, faces, row: int, name: str, left: float, top: float) -> None:
    side, image = WIDE - GAP, np.asarray(faces.images[row])
    found = bool(faces.found[row])
    axes.imshow(image[..., 0] if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=255, aspect="auto", zorder=1,
                extent=(left, left + side, top + side, top))
    points = (np.asarray(faces.landmarks[row], float) + 0.5) / len(image) * side + (left, top)
    lines = [np.concatenate([points[group], points[group][:1]]) if closed else points[group] for group, closed in OUTLINES]
    for colour, wide, opaque in (("black", 1.5, 0.55), (FOUND if found else MISSED, 0.7, 1)):
        drawn = LineCollection(lines, colors=colour, linewidths=wide, alpha=opaque, zorder=2,
                               linestyles="-" if found else (0, (2, 1)))
        axes.add_collection(drawn, autolim=False)
        drawn.set_clip_path(Rectangle((left, top), side, side, transform=axes.transData))
    place = box(faces, row)
    if place:
        x, y, width, height = (value * side for value in place)
        axes.add_patch(Rectangle((left + x, top + y), width, height, fill=False, edgecolor=BOX, linewidth=0.8, zorder=3))
    told = (f"{'✓' if found else '✕'} " if faces.searched else "") + (name and style.short(name, LETTERS))
    axes.text(left, top + side + 0.03, told, fontsize=5.5, va="top", color=style.INK if found else "#B04400")
    axes.text(left, top + side + 0.12, tail(faces.name(row)), fontsize=5.5, va="top", color=style.QUIET)


def tail(name: str, letters: int = LETTERS) -> str:
    """The end of a picture's name, which tells it from others.

    >>> tail("photos/happy/person-07-3.jpg"), tail("a.png")
    ('…y/person-07-3.jpg', 'a.png')
    """
    kept = line(name)
    return kept if len(kept) <= letters else f"…{kept[1 - letters:]}"

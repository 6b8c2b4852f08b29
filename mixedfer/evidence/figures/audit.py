"""The data at a glance: the balance of classes in each partition, faces found of each class, copies across partitions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mixedfer.evidence.audit import ALL
from mixedfer.evidence.figures import style

SECTION, ORDER = "data", 90
TITLE = "The data: balance, misses, copies"
#: Inches for each row, and more partitions than these are drawn alike.
CLASS, PAIR, SEVERAL = 0.27, 0.3, 3
COLOURS = (style.CONTROL, style.TREATMENTS[0], style.TREATMENTS[2])
EQUAL, NEAR = style.TREATMENTS[1], "#F2BE96"


def caption(results, summary) -> str:
    """What the three panels show."""
    audit = summary["audit"]
    found = " Top right: pictures of the class in which a face was found." if audit["searched"] else ""
    across = " Below: pictures of one partition that are also in another, equal to the byte or nearly equal."
    return f"{'Left' if found else 'Top'}: share of each class in each partition.{found}{across if audit['across'] else ''}"


def alt(results, summary) -> str:
    """The numbers in words."""
    audit = summary["audit"]
    every = audit["parts"][0]
    told = [f"{name}: {row['images']:,} pictures" + ("" if row["found"] is None else f", {_rate(row):.0f}% found")
            for name, row in every["by_class"].items()]
    return "; ".join(told + [f"{row['part']} also in {row['other']}: {row['equal']:,} equal, {row['near']:,} nearly"
                             for row in audit["across"]]) + "."


def draw(results, summary) -> Figure:
    """Classes above, side by side with the found rate where a detector looked; copies across partitions below."""
    audit = summary["audit"]
    top, bottom = 0.5 + CLASS * max(3, len(audit["classes"])), PAIR * len(audit["across"]) + 0.35
    with style.look():
        figure = style.new(top + 0.55 + (bottom + 0.35) * bool(audit["across"]))
        rows = figure.subfigures(2, 1, height_ratios=(top, bottom)) if audit["across"] else [figure]
        upper = np.atleast_1d(rows[0].subplots(1, 1 + audit["searched"], sharey=True))
        _balance(upper[0], audit)
        if audit["searched"]:
            _found(upper[1], audit)
        if audit["across"]:
            _across(rows[1].subplots(), audit)
        return figure


def _balance(axes: Axes, audit: Mapping) -> None:
    parts = audit["parts"][1:] or audit["parts"]
    names = audit["classes"]
    for index, part in enumerate(parts):
        share = [100 * part["by_class"][name]["images"] / max(1, part["images"]) for name in names]
        several = len(parts) > SEVERAL
        y = np.arange(len(names)) + (0 if several else 0.22 * (index - (len(parts) - 1) / 2))
        axes.plot(share, y, style.MARKERS[0 if several else index], color=COLOURS[0 if several else index], markersize=4.5,
                  alpha=0.35 if several else 1, markeredgewidth=0)
    axes.set_yticks(range(len(names)), [style.short(name, 18) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=0)
    _lines(axes, "share of the partition, %", "Classes")
    if len(parts) <= SEVERAL:
        handles = [Line2D([], [], linestyle="", marker=style.MARKERS[index], color=COLOURS[index], markersize=4.5,
                          label=f"{style.short(part['name'], 18)} ({part['images']:,})") for index, part in enumerate(parts)]
        axes.figure.legend(handles=handles, ncols=len(parts), loc="outside upper left")


def _found(axes: Axes, audit: Mapping) -> None:
    every = next(part for part in audit["parts"] if part["name"] == ALL)
    rows = list(every["by_class"].values())
    rates = [_rate(row) for row in rows]
    axes.barh(range(len(rows)), rates, height=0.62, color=style.BAND, edgecolor=style.FAINT, linewidth=0.6)
    for y, (row, rate) in enumerate(zip(rows, rates)):
        axes.text(1.5, y, f"{rate:.0f}% of {row['images']:,}" if row["images"] else "no pictures", va="center", fontsize=7)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", length=0)
    _lines(axes, "face found, %", "Faces found")


def _across(axes: Axes, audit: Mapping) -> None:
    rows = audit["across"]
    images = {part["name"]: max(1, part["images"]) for part in audit["parts"]}
    equal, near = (np.array([100 * row[kind] / images[row["part"]] for row in rows]) for kind in ("equal", "near"))
    axes.barh(range(len(rows)), equal, height=0.6, color=EQUAL)
    axes.barh(range(len(rows)), near, left=equal, height=0.6, color=NEAR)
    width = 1.3 * (equal + near).max() or 1
    for y, row in enumerate(rows):
        axes.text(equal[y] + near[y] + 0.01 * width, y, f"{row['equal']:,} + {row['near']:,} of {images[row['part']]:,}",
                  va="center", fontsize=7)
    axes.set_yticks(range(len(rows)), [f"{style.short(row['part'], 16)} in {style.short(row['other'], 12)}" for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, width)
    axes.tick_params(axis="y", length=0)
    _lines(axes, "share of the partition that is also in the other, %", "Copies across partitions")
    axes.legend(handles=[Patch(color=EQUAL, label="equal to the byte"), Patch(color=NEAR, label="nearly equal")],
                loc="lower right", ncols=2, bbox_to_anchor=(1, 1))


def _lines(axes: Axes, label: str, title: str) -> None:
    axes.set_xlabel(label)
    axes.set_title(title, fontweight="bold")
    axes.grid(axis="x", color=style.BAND, linewidth=0.8)
    axes.set_axisbelow(True)


def _rate(row: Mapping) -> float:
    return 100 * row["found"] / max(1, row["images"])

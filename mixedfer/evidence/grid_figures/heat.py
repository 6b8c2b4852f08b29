"""The effect over the two axes of a grid, as a map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mixedfer import metrics
from mixedfer.evidence import grid_words, wording
from mixedfer.evidence.figures import style
from mixedfer.evidence.figures.confusion import SHIFT
from mixedfer.evidence.pictures import Picture, saved

ORDER = 20


def pictures(grid: Mapping) -> list[Picture]:
    """One, of a grid with two axes."""
    if len(grid["axes"]) != 2:
        return []
    caption = (f"Difference in {wording.name(grid['metric'])} to {grid['control']}, {wording.axis_units(grid['metric'])}, on "
               "one scale centred on 0: blue is better than the control, orange is worse. Framed and bold: the 95% interval, "
               "not adjusted, leaves out 0. ✕: not comparable.")
    alt = " ".join(f"{row['treatment']} at {grid_words.title(grid, row)}: {grid_words.number(grid, row['estimate'])}"
                   f"{', interval without 0' if grid_words.settled(row) else ''}." for row in grid["rows"])
    return [Picture("heat", "map", "The effect over both axes", caption, alt, *saved(draw(grid)))]


def draw(grid: Mapping) -> Figure:
    """One panel per treatment: the first axis downwards, the second to the right."""
    down, right = grid["axes"]
    names, right_count = grid["treatments"], len(right["values"])
    reach = max([0.005, *(row["margin"] for row in grid["rows"]), *(abs(row["estimate"]) for row in grid["rows"])])
    columns = min(len(names), 3 if right_count <= 4 else 2 if right_count <= 8 else 1)
    lines = -(-len(names) // columns)
    with style.look():
        figure = style.new(lines * (0.75 + max(0.8, 0.42 * len(down["values"]))) + 0.25)
        panels = figure.subplots(lines, columns, squeeze=False, sharey=True).ravel()
        for axes, name in zip(panels, names):
            drawn = _map(axes, grid, name, reach)
            axes.set_title(style.label(name, 60 / columns))
        for axes in panels[len(names):]:
            axes.set_axis_off()
        for axes in panels[::columns]:
            axes.set_ylabel(style.label(down["name"], 24))
        bar = figure.colorbar(drawn, ax=list(panels), shrink=0.9, aspect=16,
                              label=f"difference, {wording.axis_units(grid['metric'])}")
        bar.outline.set_visible(False)
        return figure


def _map(axes: Axes, grid: Mapping, name: str, reach: float):
    """One treatment's differences; returns what the colour bar needs."""
    down, right = grid["axes"]
    rows = {tuple(grid["points"][row["point"]]["at"]): row for row in grid["rows"] if row["treatment"] == name}
    values = np.full((len(down["values"]), len(right["values"])), np.nan)
    for place, row in rows.items():
        values[place] = row["estimate"]
    colours, factor = SHIFT if grid["higher_is_better"] else SHIFT.reversed(), metrics.of(grid["metric"]).scale
    drawn = axes.imshow(np.ma.masked_invalid(factor * values), cmap=colours, vmin=-factor * reach, vmax=factor * reach,
                        aspect="auto")
    for (y, x), row in rows.items():
        dark = np.dot(drawn.cmap(drawn.norm(factor * row["estimate"]))[:3], (0.299, 0.587, 0.114)) < 0.5
        text = grid_words.number(grid, row["estimate"]) + " ✕" * (row["verdict"] == wording.UNPROVEN)
        axes.text(x, y, text, ha="center", va="center", fontsize=7.5 if len(right["values"]) <= 8 else 6,
                  color="white" if dark else style.INK, fontweight="bold" if grid_words.settled(row) else "normal")
        if grid_words.settled(row):
            axes.add_patch(Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, fill=False, edgecolor=style.INK, linewidth=1.4))
    width = 44 / (len(right["values"]) * min(3, len(grid["treatments"])))
    turned = any(len(text) > max(4, width) for text in right["shown"])
    names = [style.label(text, 18 if turned else max(4, width)) for text in right["shown"]]
    axes.set_xticks(range(len(names)), names, rotation=35 if turned else 0, ha="right" if turned else "center",
                    rotation_mode="anchor" if turned else "default")
    axes.set_yticks(range(len(down["values"])), [style.label(text, 18) for text in down["shown"]])
    axes.set_xlabel(style.label(right["name"], 24))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return drawn

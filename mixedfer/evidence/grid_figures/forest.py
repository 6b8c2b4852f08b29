"""Every effect of a grid with its interval, one under the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mixedfer import metrics
from mixedfer.evidence import grid_words, wording
from mixedfer.evidence.figures import style
from mixedfer.evidence.pictures import Picture, saved

ORDER = 10


def pictures(grid: Mapping) -> list[Picture]:
    """One, of every grid."""
    caption = (f"Difference in {wording.name(grid['metric'])} to {grid['control']} with its 95% confidence interval, not "
               "adjusted. Filled: the verdict is helps, hurts or equivalent; hollow: it is not; ✕: the arms are not comparable"
               "; †: runs collapsed, so there is no verdict. Without an interval nothing was tested. Shaded: the margin.")
    alt = " ".join(f"{grid_words.sentence(grid, row)}." for row in grid["rows"])
    return [Picture("forest", "answer", "The effect at every point", caption, alt, *saved(draw(grid)))]


def draw(grid: Mapping) -> Figure:
    """One line per row, grouped by treatment, or by the first axis where there is one treatment only."""
    groups, factor = _groups(grid), metrics.of(grid["metric"]).scale
    colour = style.colours(grid_words.plan(grid))
    lines = sum(len(rows) + 1 for _, rows in groups)
    with style.look():
        figure = style.new(0.75 + 0.2 * lines)
        axes, words = figure.subplots(1, 2, width_ratios=(2.6, 1.7), sharey=True)
        y, ticks = 0, []
        for title, rows in groups:
            ticks.append((y, style.short(title, 44), True))
            for row, name in rows:
                y += 1
                ticks.append((y, name, False))
                _row(axes, y, row, factor, colour[row["treatment"]])
                words.text(0, y, grid_words.number(grid, row["estimate"])
                           + (f" ({wording.interval(row['ci95'], grid['metric'])})" if row["ci95"] else ""),
                           va="center", fontsize=7, fontweight="bold" if grid_words.settled(row) else "normal")
                words.text(1, y, row["verdict"] + " †" * row["collapsed"], va="center", ha="right", fontsize=7)
            y += 1
        words.set_xlim(0, 1)
        words.set_axis_off()
        _ground(axes, grid, ticks, y)
        return figure


def _row(axes: Axes, y: float, row: Mapping, factor: int, colour: str) -> None:
    margin = factor * row["margin"]
    axes.add_patch(Rectangle((-margin, y - 0.5), 2 * margin, 1, color=style.BAND, linewidth=0, zorder=0))
    if row["ci95"] is not None:
        axes.plot(factor * np.array(row["ci95"]), [y, y], color=colour, linewidth=1.3, marker="|", markersize=5, zorder=3)
    if row["verdict"] == wording.UNPROVEN:
        axes.plot(factor * row["estimate"], y, "x", color=style.INK, markersize=5, zorder=4)
        return
    face = "white" if row["verdict"] == "inconclusive" else colour
    axes.plot(factor * row["estimate"], y, "D", markeredgecolor=colour, markerfacecolor=face, markersize=4.5, zorder=4)


def _ground(axes: Axes, grid: Mapping, ticks: list, bottom: float) -> None:
    factor = metrics.of(grid["metric"]).scale
    values = [factor * value for row in grid["rows"]
              for value in (row["estimate"], row["margin"], -row["margin"], *(row["ci95"] or ()))]
    pad = 0.04 * (max(values) - min(values))
    axes.set_xlim(min(values) - pad, max(values) + pad)
    axes.set_ylim(bottom - 0.4, -0.6)
    axes.axvline(0, color=style.INK, linewidth=0.8, zorder=1)
    axes.set_yticks([y for y, _, _ in ticks], [name for _, name, _ in ticks], fontsize=7)
    for text, (_, _, head) in zip(axes.get_yticklabels(), ticks):
        text.set_fontweight("bold" if head else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    sides = ("worse", "better") if grid["higher_is_better"] else ("better", "worse")
    units = wording.axis_units(grid["metric"])
    axes.set_xlabel(f"difference in {wording.name(grid['metric'])} to {style.short(grid['control'], 26)}, {units}\n"
                    f"← {sides[0]}{style.GAP}{sides[1]} →")


def _groups(grid: Mapping) -> list[tuple[str, list]]:
    """(heading, [(row, name)]) of the forest."""
    axes, points = grid["axes"], grid["points"]
    if len(grid["treatments"]) > 1 or len(axes) < 2:
        names = ", ".join(axis["name"] for axis in axes)
        return [(f"{name}, by {names}", [(row, _values(grid, row)) for row in grid["rows"] if row["treatment"] == name])
                for name in grid["treatments"]]
    return [(f"{axes[0]['name']} = {text}, by {', '.join(axis['name'] for axis in axes[1:])}", [
        (row, _values(grid, row, 1)) for row in grid["rows"] if points[row["point"]]["at"][0] == index])
        for index, text in enumerate(axes[0]["shown"])]


def _values(grid: Mapping, row: Mapping, start: int = 0) -> str:
    """Where a row lies on the axes from `start` on; each value cut by itself, so that none hides another."""
    values = grid_words.at(grid, grid["points"][row["point"]])[start:]
    return ", ".join(style.short(value, 40 / len(values) - 2) for value in values)

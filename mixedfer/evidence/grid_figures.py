"""The figures and tables of a report over a grid: every effect, a map of two axes, and the arms along an axis of numbers."""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mixedfer import metrics
from mixedfer.evidence import escaping, wording
from mixedfer.evidence.figures import style
from mixedfer.evidence.figures.confusion import SHIFT
from mixedfer.evidence.pictures import Picture, saved
from mixedfer.evidence.table import Column, Table, gap, kind

#: From this ratio of the largest to the smallest value on, an axis is drawn on a log scale.
WIDE = 8


class Link(escaping.Raw):
    """A link in a cell: Markdown as text, HTML where a page asks for it. `address` must already be quoted."""

    def __new__(cls, label: str, address: str):
        made = super().__new__(cls, f"[{escaping.markdown(label)}]({address})")
        made.code = f'<a href="{html.escape(address)}">{html.escape(label)}</a>'
        return made

    def __html__(self) -> str:
        return self.code


class Linked(Table):
    """A table whose last column leads to each point's own report: an address in the CSV, a link on the pages."""

    def shown(self, reach: tuple[str, ...] = ("page", "paper")) -> list[list[str]]:
        """Every cell that people see, the last one as a link on the pages."""
        cells = super().shown(reach)
        return [[*line[:-1], Link("report", row[-1])] for line, row in zip(cells, self.rows)] if "page" in reach else cells


def draw_all(grid: Mapping) -> list[Picture]:
    """Every figure that this grid allows: the forest, the map of two axes, one curve per axis of numbers."""
    score, control = wording.name(grid["metric"]), grid["control"]
    made = [Picture("forest", "The effect at every point", (
        f"Difference in {score} to {control} with its 95% confidence interval, not adjusted. Filled: the verdict is helps, "
        "hurts or equivalent; hollow: it is not; ✕: the arms are not comparable; †: runs collapsed, so there is no "
        "verdict. Without an interval nothing was tested. Shaded: the margin."),
        " ".join(f"{_title(grid, row)}: {wording.sentence(row, {**grid, 'margin': row['margin']})}." for row in grid["rows"]),
        *saved(forest(grid)))]
    if len(grid["axes"]) == 2:
        made.append(Picture("heat", "The effect over both axes", (
            f"Difference in {score} to {control}, {_units(grid)}, on one scale centred on 0: blue is better than the control, "
            "orange is worse. Framed and bold: the 95% interval, not adjusted, leaves out 0. ✕: not comparable."),
            " ".join(f"{row['treatment']} at {_title(grid, row)}: {_number(grid, row['estimate'])}"
                     f"{', interval without 0' if settled(row) else ''}." for row in grid["rows"]), *saved(heat(grid))))
    for index, axis in enumerate(grid["axes"]):
        if axis["numeric"]:
            made.append(Picture(f"curve_{index + 1}", f"The arms against {axis['name']}", (
                f"Mean {score} of each arm over its runs and the standard deviation over runs (bars), at each value of "
                f"{axis['name']}{' on a log scale' if _log(axis) else ''}. Arms are set slightly apart to be seen. Hollow: "
                "some of the arm's runs collapsed."), _told(grid), *saved(curve(grid, index))))
    return made


def settled(row: Mapping) -> bool:
    """Whether the interval of a row leaves out 0."""
    return row["ci95"] is not None and (row["ci95"][0] > 0 or row["ci95"][1] < 0)


def forest(grid: Mapping) -> Figure:
    """One line per row, grouped by treatment, or by the first axis where there is one treatment only."""
    groups, factor = _groups(grid), _scale(grid)
    colour = style.colours(_plan(grid))
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
                words.text(0, y, _number(grid, row["estimate"])
                           + (f" ({wording.interval(row['ci95'], grid['metric'])})" if row["ci95"] else ""),
                           va="center", fontsize=7, fontweight="bold" if settled(row) else "normal")
                words.text(1, y, row["verdict"] + " †" * row["collapsed"], va="center", ha="right", fontsize=7)
            y += 1
        words.set_xlim(0, 1)
        words.set_axis_off()
        _ground(axes, grid, ticks, y)
        return figure


def heat(grid: Mapping) -> Figure:
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
        bar = figure.colorbar(drawn, ax=list(panels), shrink=0.9, aspect=16, label=f"difference, {_units(grid)}")
        bar.outline.set_visible(False)
        return figure


def curve(grid: Mapping, index: int) -> Figure:
    """Every arm along one axis, in one panel per combination of the others."""
    axis, others = grid["axes"][index], [other for other in range(len(grid["axes"])) if other != index]
    combined = list(itertools.product(*(range(len(grid["axes"][other]["values"])) for other in others)))
    columns = min(3, len(combined))
    lines = -(-len(combined) // columns)
    with style.look():
        figure = style.new(0.6 + (2.4 if lines == 1 else 1.9) * lines)
        panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, place in zip(panels, combined):
            _lines(axes, grid, index, [point for point in grid["points"]
                                       if [point["at"][other] for other in others] == list(place)])
            axes.set_title(style.label(", ".join(f"{grid['axes'][other]['name']} = {grid['axes'][other]['shown'][at]}"
                                                 for other, at in zip(others, place)), 84 / columns) if others else "")
        for axes in panels[len(combined):]:
            axes.set_axis_off()
        for axes in panels[max(0, len(combined) - columns):len(combined)]:
            axes.tick_params(labelbottom=True)
        figure.supxlabel(style.short(axis["name"], 60), fontsize=8)
        figure.supylabel(wording.heading(grid["metric"]), fontsize=8)
        style.arm_legend(figure, _plan(grid))
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
    factor = _scale(grid)
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
    axes.set_xlabel(f"difference in {wording.name(grid['metric'])} to {style.short(grid['control'], 26)}, {_units(grid)}\n"
                    f"← {sides[0]}{style.GAP}{sides[1]} →")


def _map(axes: Axes, grid: Mapping, name: str, reach: float):
    """One treatment's differences; returns what the colour bar needs."""
    down, right = grid["axes"]
    rows = {tuple(grid["points"][row["point"]]["at"]): row for row in grid["rows"] if row["treatment"] == name}
    values = np.full((len(down["values"]), len(right["values"])), np.nan)
    for place, row in rows.items():
        values[place] = row["estimate"]
    colours, factor = SHIFT if grid["higher_is_better"] else SHIFT.reversed(), _scale(grid)
    drawn = axes.imshow(np.ma.masked_invalid(factor * values), cmap=colours, vmin=-factor * reach, vmax=factor * reach,
                        aspect="auto")
    for (y, x), row in rows.items():
        dark = np.dot(drawn.cmap(drawn.norm(factor * row["estimate"]))[:3], (0.299, 0.587, 0.114)) < 0.5
        text = _number(grid, row["estimate"]) + " ✕" * (row["verdict"] == wording.UNPROVEN)
        axes.text(x, y, text, ha="center", va="center", fontsize=7.5 if len(right["values"]) <= 8 else 6,
                  color="white" if dark else style.INK, fontweight="bold" if settled(row) else "normal")
        if settled(row):
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


def _lines(axes: Axes, grid: Mapping, index: int, points: list[Mapping]) -> None:
    axis, plan, factor = grid["axes"][index], _plan(grid), _scale(grid)
    points = sorted(points, key=lambda point: axis["values"][point["at"][index]])
    at = np.array([axis["values"][point["at"][index]] for point in points], float)
    names, span = [plan.control, *plan.treatments], np.log(max(at) / min(at)) if _log(axis) else max(at) - min(at)
    for place, name in enumerate(names):
        arms = [next(arm for arm in point["arms"] if arm["name"] == name) for point in points]
        apart = 0.012 * (span or 1) * (place - (len(names) - 1) / 2)
        x = at * np.exp(apart) if _log(axis) else at + apart
        y, sd = (factor * np.array([arm[key] or 0 for arm in arms]) for key in ("mean", "sd"))
        colour, marker = style.colours(plan)[name], style.markers(plan)[name]
        axes.errorbar(x, y, sd, color=colour, linewidth=1.4, elinewidth=0.9, capsize=2)
        for one, two, arm in zip(x, y, arms):
            axes.plot(one, two, marker, color=colour, markerfacecolor="white" if arm["collapsed"] else colour, markersize=4.5,
                      zorder=4)
    if _log(axis):
        axes.set_xscale("log")
    axes.set_xticks([], minor=True)
    kept = {text: value for value, text in zip(axis["values"], axis["shown"])}
    axes.set_xticks(list(kept.values()), list(kept), rotation=45 if len(kept) > 5 else 0)


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
    values = at(grid, grid["points"][row["point"]])[start:]
    return ", ".join(style.short(value, 40 / len(values) - 2) for value in values)


def _told(grid: Mapping) -> str:
    told = [(point["title"], [f"{arm['name']} {wording.level(arm['mean'], grid['metric'])}" for arm in point["arms"]])
            for point in grid["points"]]
    return " ".join(f"{title}: {', '.join(arms)}." for title, arms in told)


def effects(grid: Mapping) -> Table:
    """One row per treatment and point."""
    points, trained = grid["points"], any(point["train_images"] is not None for point in grid["points"])
    metric = grid["metric"]
    columns = (
        *(Column(axis["name"]) for axis in grid["axes"]),
        *([Column("train_images", "training images", "count")] if trained else []), Column("treatment"),
        *(Column(f"{side}_score", f"{side} {wording.heading(metric)}", kind("spread", metric))
          for side in ("control", "treatment")),
        *gap(grid, tested=True), Column("p", kind="p"), Column("p_holm", "p (Holm, grid)", "p"), Column("p_bh", "p (BH)", "p"),
        Column("verdict"), Column("collapsed", "collapsed runs", "yes"),
        Column("lean", reach="csv"), Column("test", reach="csv"), Column("report", reach="page"))
    rows = [[*at(grid, points[row["point"]]), *([points[row["point"]]["train_images"]] if trained else []), row["treatment"],
             *((row[f"{side}_mean"], row[f"{side}_sd"]) for side in ("control", "treatment")), row["estimate"], row["ci95"],
             row["p"], row["p_holm"], row["p_bh"], row["verdict"], row["collapsed"], row["lean"], row["test"],
             points[row["point"]]["address"]]
            for row in grid["rows"]]
    return Linked("grid", f"Every treatment against {grid['control']} at every point, mean ± sd over runs", columns, rows)


def at(grid: Mapping, point: Mapping) -> list[str]:
    """A point's value on each axis, for people."""
    return [axis["shown"][index] for axis, index in zip(grid["axes"], point["at"])]


def _title(grid: Mapping, row: Mapping) -> str:
    return grid["points"][row["point"]]["title"]


def _plan(grid: Mapping) -> SimpleNamespace:
    """The arms as `style` wants them."""
    return SimpleNamespace(control=grid["control"], treatments=grid["treatments"])


def _units(grid: Mapping) -> str:
    return wording.axis_units(grid["metric"])


def _scale(grid: Mapping) -> int:
    return metrics.of(grid["metric"]).scale


def _number(grid: Mapping, value: float) -> str:
    return style.signed(_scale(grid) * value, metrics.of(grid["metric"]).digits)


def _log(axis: Mapping) -> bool:
    return min(axis["values"]) > 0 and max(axis["values"]) >= WIDE * min(axis["values"])

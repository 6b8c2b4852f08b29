"""Every arm along each axis of a grid that holds numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer import metrics
from mixedfer.evidence import grid_words, wording
from mixedfer.evidence.figures import style
from mixedfer.evidence.pictures import Picture, saved

ORDER = 30
#: From this ratio of the largest to the smallest value on, an axis is drawn on a log scale.
WIDE = 8


def pictures(grid: Mapping) -> list[Picture]:
    """One for each axis of numbers."""
    return [Picture(f"curve_{index + 1}", "arms", f"The arms against {axis['name']}", _caption(grid, axis), _told(grid),
                    *saved(draw(grid, index))) for index, axis in enumerate(grid["axes"]) if axis["numeric"]]


def _caption(grid: Mapping, axis: Mapping) -> str:
    scale = " on a log scale" if _log(axis) else ""
    return (f"Mean {wording.name(grid['metric'])} of each arm over its runs and the standard deviation over runs (bars), at "
            f"each value of {axis['name']}{scale}. Arms are set slightly apart to be seen. Hollow: some of the arm's runs "
            "collapsed.")


def _told(grid: Mapping) -> str:
    told = [(point["title"], [f"{arm['name']} {wording.level(arm['mean'], grid['metric'])}" for arm in point["arms"]])
            for point in grid["points"]]
    return " ".join(f"{title}: {', '.join(arms)}." for title, arms in told)


def draw(grid: Mapping, index: int) -> Figure:
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
        style.arm_legend(figure, grid_words.plan(grid))
        return figure


def _lines(axes: Axes, grid: Mapping, index: int, points: list[Mapping]) -> None:
    axis, plan, factor = grid["axes"][index], grid_words.plan(grid), metrics.of(grid["metric"]).scale
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


def _log(axis: Mapping) -> bool:
    return min(axis["values"]) > 0 and max(axis["values"]) >= WIDE * min(axis["values"])

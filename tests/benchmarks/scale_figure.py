"""How it grows, in one figure: cells on workers and nodes, preparation and its memory, the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mixedfer.evidence.figures import style

#: Rates and seconds are drawn from zero, with this much room above.
ROOM = 1.18


def draw(measured: Mapping) -> Figure:
    """Four panels; one that was not measured says so."""
    panels = (("cells", "Training", _cells), ("preparation", "Preparation: pictures per second", _rate),
              ("preparation", "Preparation: peak memory of all processes", _memory), ("report", "Report: seconds", _report))
    with style.look():
        figure = style.new(4.4)
        for axes, (part, title, fill) in zip(figure.subplots(2, 2).ravel(), panels, strict=True):
            axes.set_title(title, fontweight="bold")
            if part in measured:
                fill(axes, measured[part])
            else:
                style.statement(axes, "not measured")
        return figure


def _cells(axes: Axes, measured: Mapping) -> None:
    runs = measured["runs"]
    rates = [run["cells_per_hour"] for run in runs]
    colours = {"local": style.CONTROL, "ray": style.TREATMENTS[0]}
    bars = axes.bar(range(len(runs)), rates, width=0.62, color=[colours[run["engine"]] for run in runs])
    axes.bar_label(bars, [f"{rate:.0f}" for rate in rates], padding=2, fontsize=7)
    what = {"local": "worker", "ray": "node"}
    axes.set_xticks(range(len(runs)), [_counted(run["workers"], what[run["engine"]]) for run in runs])
    axes.tick_params(axis="x", length=0)
    axes.set_ylim(0, 1.35 * max(rates))
    axes.legend(handles=[Patch(color=colours["local"], label="local engine"),
                         Patch(color=colours["ray"], label="simulated Ray nodes")], loc="upper left", ncols=2)
    axes.set_title(f"Training: cells per hour, all on {measured['cores']} cores", fontweight="bold")
    _lines(axes)


def _rate(axes: Axes, measured: Mapping) -> None:
    runs = measured["runs"]
    alone = measured["cores"] * measured["bare_per_core"]
    rates = [run["pictures"] / run["seconds"] for run in runs]
    axes.plot([run["pictures"] for run in runs], rates, marker="o", markersize=4.5, color=style.TREATMENTS[0])
    axes.axhline(alone, color=style.QUIET, linewidth=0.9, linestyle="--")
    axes.annotate(f"dlib alone on {measured['cores']} cores", (0, alone), (4, 3), xycoords=("axes fraction", "data"),
                  textcoords="offset points", fontsize=7, color=style.QUIET,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.set_ylim(0, ROOM * max(alone, *rates))
    _counts(axes, "pictures")


def _memory(axes: Axes, measured: Mapping) -> None:
    runs = measured["runs"]
    peaks = [run["megabytes"] / 1000 for run in runs]
    axes.plot([run["pictures"] for run in runs], peaks, marker="o", markersize=4.5, color=style.TREATMENTS[0])
    axes.set_ylim(0, ROOM * max(peaks))
    axes.set_ylabel("GB")
    _counts(axes, "pictures")


def _report(axes: Axes, measured: Mapping) -> None:
    runs = measured["runs"]
    for place, count in enumerate(_each(runs, "cells")):
        line = [run for run in runs if run["cells"] == count]
        axes.plot([run["images"] for run in line], [run["seconds"] for run in line], color=style.TREATMENTS[place],
                  marker=style.MARKERS[place], markersize=4.5, label=f"{count:,} cells")
    axes.set_ylim(0, ROOM * max(run["seconds"] for run in runs))
    axes.legend(loc="upper left")
    _counts(axes, "images tested in every cell")


def _counts(axes: Axes, label: str) -> None:
    """A count over orders of magnitude below."""
    axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    _lines(axes)


def _lines(axes: Axes) -> None:
    if axes.get_ylim()[1] > 1000:
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", color=style.BAND, linewidth=0.8)
    axes.set_axisbelow(True)


def _each(runs: Sequence[Mapping], key: str) -> list:
    return list(dict.fromkeys(run[key] for run in runs))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count > 1)}"

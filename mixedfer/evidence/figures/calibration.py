"""Whether an arm's confidence can be believed: how often it is right when it says that it is sure by so much."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer.evidence import wording
from mixedfer.evidence.figures import style

SECTION, ORDER = "calibration", 75
TITLE = "Calibration"
NUMBERS = "calibration"


def caption(results, summary) -> str:
    """What a point is."""
    return ("Left: answers grouped by the probability that the arm gave to its answer, against how many of them are right. "
            "On the diagonal, confidence can be believed; below it, the arm is too sure of itself. Large marks stand for many "
            "answers; a small one says little. Right: how often each confidence occurs. All replicates together. ECE, the "
            "expected calibration error, is the mean distance to the diagonal, weighted by how often each confidence occurs.")


def alt(results, summary) -> str:
    """The calibration errors in words."""
    told = [f"{arm['name']} {wording.percent(arm['calibration']['ece']['mean'])}" for arm in summary["arms"]]
    return f"Expected calibration error: {', '.join(told)}."


def draw(results, summary) -> Figure:
    """The reliability curve of each arm, and how its confidence is spread."""
    with style.look():
        figure = style.new(3.5)
        curve, spread = figure.subplots(1, 2, sharex=True)
        _axes(curve, spread)
        colour, marker = style.colours(results.plan), style.markers(results.plan)
        for arm in summary["arms"]:
            confidence, right, share = (100 * np.array([part[key] for part in arm["calibration"]["bins"] if part["share"]])
                                        for key in ("confidence", "accuracy", "share"))
            look = {"color": colour[arm["name"]], "marker": marker[arm["name"]]}
            curve.plot(confidence, right, color=look["color"], linewidth=0.9, alpha=0.6)
            curve.scatter(confidence, right, 4 + 0.9 * share, linewidths=0, zorder=3, **look)
            spread.plot(confidence, share, linewidth=1.2, markersize=4, **look)
        style.arm_legend(figure, results.plan)
        return figure


def _axes(curve: Axes, spread: Axes) -> None:
    curve.plot([0, 100], [0, 100], color=style.FAINT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    curve.set(xlim=(0, 101), ylim=(0, 101), xlabel="confidence, %", ylabel="right, %")
    spread.set(ylim=(0, 101), xlabel="confidence, %", ylabel="share of answers, %")
    for axes in (curve, spread):
        axes.grid(color=style.BAND, linewidth=0.8)
        axes.set_axisbelow(True)

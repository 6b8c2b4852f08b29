"""The answer in one figure: each treatment's difference to the control, its intervals, and the margin."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer import metrics
from mixedfer.evidence import wording
from mixedfer.evidence.figures import style

SECTION, ORDER = "answer", 10
TITLE = "The effect"


def caption(results, summary) -> str:
    """How to read the intervals and dots."""
    plan, rows = results.plan, wording.judged(summary)
    if not results.comparable:
        return (f"Mean difference in {wording.name(plan.metric)} to {plan.control} (diamond) and the difference of each "
                f"replicate (dots). {wording.NOT_COMPARABLE}")
    if all(row["ci95"] is None for row in rows):
        return (f"Mean difference in {wording.name(plan.metric)} to {plan.control} (diamond) and of each replicate (dots). "
                "Nothing was tested.")
    when = ", changed after the runs" if wording.moved_margin(summary) else " set before the runs"
    tests = ", ".join(dict.fromkeys(row["test"] for row in rows if row["ci95"] is not None))
    return (f"Difference in {wording.name(plan.metric)} to {plan.control}. Diamond: estimate; thick line: 90% confidence "
            f"interval, thin line: 95% ({tests}); dots: each replicate. The shaded band is the margin of "
            f"±{wording.unit(plan.margin, plan.metric)}{when}: differences inside it would not matter.")


def alt(results, summary) -> str:
    """The comparisons as sentences."""
    return ". ".join(wording.sentence(row, summary) for row in wording.judged(summary)) + "."


def draw(results, summary) -> Figure:
    """One row per treatment; where the proof failed, estimates without intervals."""
    plan, rows = results.plan, [_scaled(row, summary["metric"]) for row in wording.judged(summary)]
    with style.look():
        figure = style.new(0.95 + 0.62 * max(1, len(rows)))
        axes, words = figure.subplots(1, 2, width_ratios=(3.1, 1.5), sharey=True)
        _ground(axes, plan, rows, plan.margin * metrics.of(plan.metric).scale)
        colour = style.colours(plan)
        for y, row in enumerate(rows):
            _one(axes, y, row, colour[row["treatment"]])
            _tell(words, y, row, plan.metric)
        words.set_axis_off()
        return figure


def _scaled(row: dict, metric: str) -> dict:
    """A comparison with what is drawn of it in the unit of the axis."""
    drawn = {f"{key} drawn": None if row[key] is None else metrics.of(metric).scale * np.array(row[key])
             for key in ("estimate", "by_replicate", "ci95", "ci90")}
    return {**row, **drawn}


def _ground(axes: Axes, plan, rows: list[dict], margin: float) -> None:
    values = np.concatenate([[row["estimate drawn"], *row["by_replicate drawn"]] for row in rows]
                            + [row["ci95 drawn"] for row in rows if row["ci95"] is not None])
    low, high = min(values.min(), -margin), max(values.max(), margin)
    pad = 0.06 * (high - low)
    axes.set_xlim(low - pad, high + pad)
    axes.set_ylim(len(rows) - 0.45, -0.62)
    axes.axvspan(-margin, margin, color=style.BAND, linewidth=0, zorder=0)
    axes.axvline(0, color=style.INK, linewidth=0.8, zorder=1)
    axes.set_yticks(range(len(rows)), [style.label(row["treatment"], 22, 3) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    sides = ("worse", "better") if metrics.of(plan.metric).higher_is_better else ("better", "worse")
    axes.set_xlabel(f"difference in {wording.name(plan.metric)} to {style.short(plan.control, 30)}, "
                    f"{wording.axis_units(plan.metric)}\n"
                    f"← {sides[0]} than the control{style.GAP}{sides[1]} than the control →")
    axes.set_title(f"shaded: margin ±{wording.unit(plan.margin, plan.metric)}", color=style.QUIET, fontsize=7.5, loc="right")


def _one(axes: Axes, y: int, row: dict, colour: str) -> None:
    for bounds, width in ((row["ci95 drawn"], 1.2), (row["ci90 drawn"], 3.6)):
        if bounds is not None:
            axes.plot(bounds, [y, y], color=colour, linewidth=width, solid_capstyle="butt", zorder=3)
    if row["ci95"] is not None:
        axes.plot(row["ci95 drawn"], [y, y], color=colour, marker="|", linestyle="", markersize=9, zorder=3)
    axes.plot(row["estimate drawn"], y, "D", color=colour, markeredgecolor="white", markersize=7, zorder=4)
    dots = row["by_replicate drawn"]
    axes.plot(dots, np.full(len(dots), y + 0.27), "o", color=colour, markersize=3.4, markeredgewidth=0, alpha=0.55, zorder=2)


def _tell(words: Axes, y: int, row: dict, metric: str) -> None:
    numbers = style.signed(float(row["estimate drawn"]), metrics.of(metric).digits)
    if row["ci95"] is not None:
        numbers += f"{style.GAP}({wording.interval(row['ci95'], metric)})"
    words.text(0, y - 0.06, numbers, fontsize=8.5, fontweight="bold", va="bottom")
    lean = f": {row['lean']}" if row["lean"] else ""
    words.text(0, y, style.label(row["verdict"] + lean, 36, 3), fontsize=7.5, va="top", linespacing=1.1)

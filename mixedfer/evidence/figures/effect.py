"""The answer in one figure: each treatment's difference to the control, its intervals, and the margin."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer.evidence import wording
from mixedfer.evidence.figures import style

ORDER = 10
TITLE = "The effect"


def caption(results, findings) -> str:
    """How to read the intervals and dots."""
    plan = results.plan
    if not results.comparable:
        return (f"Mean difference in {plan.metric} to {plan.control} (diamond) and the difference of each "
                f"replicate (dots). {wording.NOT_COMPARABLE}")
    if all(item.ci95 is None for item in findings):
        return (f"Mean difference in {plan.metric} to {plan.control} (diamond) and of each replicate (dots). Nothing "
                "was tested.")
    when = " set before the runs" if plan.margin == plan.first_margin else ", changed after the runs"
    tests = ", ".join(dict.fromkeys(item.test for item in findings if item.ci95 is not None))
    return (f"Difference in {plan.metric} to {plan.control}. Diamond: estimate; thick line: 90% confidence interval, "
            f"thin line: 95% ({tests}); dots: each replicate. The shaded band is the margin of "
            f"±{wording.unit(plan.margin)}{when}: differences inside it would not matter.")


def alt(results, findings) -> str:
    """The comparisons as sentences."""
    return ". ".join(wording.sentence(_row(results, item), results.plan.margin) for item in findings) + "."


def draw(results, findings) -> Figure:
    """One row per treatment; where the proof failed, estimates without intervals."""
    rows = [{**_row(results, item), "replicates": replicate_differences(results, item.treatment)} for item in findings]
    with style.look():
        figure = style.new(0.95 + 0.62 * max(1, len(rows)))
        axes, words = figure.subplots(1, 2, width_ratios=(3.1, 1.5), sharey=True)
        _ground(axes, results.plan, rows)
        colour = style.colours(results.plan)
        for y, row in enumerate(rows):
            _one(axes, y, row, colour[row["treatment"]])
            _tell(words, y, row)
        words.set_axis_off()
        return figure


def replicate_differences(results, treatment: str) -> np.ndarray:
    """(J,) accuracy of the treatment minus the control's, replicate by replicate."""
    return results.correct(treatment).mean(-1) - results.correct(results.plan.control).mean(-1)


def _row(results, finding) -> dict:
    names = ("control", "treatment", "estimate", "ci95", "ci90", "verdict", "lean", "test")
    row = {name: getattr(finding, name) for name in names}
    return row if results.comparable else {**row, "ci95": None, "ci90": None, "verdict": None, "lean": ""}


def _ground(axes: Axes, plan, rows: list[dict]) -> None:
    margin = 100 * plan.margin
    values = 100 * np.concatenate([[*row["replicates"], row["estimate"], *(row["ci95"] or ())] for row in rows])
    low, high = min(values.min(), -margin), max(values.max(), margin)
    pad = 0.06 * (high - low)
    axes.set_xlim(low - pad, high + pad)
    axes.set_ylim(len(rows) - 0.45, -0.62)
    axes.axvspan(-margin, margin, color=style.BAND, linewidth=0, zorder=0)
    axes.axvline(0, color=style.INK, linewidth=0.8, zorder=1)
    axes.set_yticks(range(len(rows)), [style.label(row["treatment"], 22, 3) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"difference in {plan.metric} to {style.short(plan.control, 30)}, percentage points\n"
                    f"← worse than the control{style.GAP}better than the control →")
    axes.set_title(f"shaded: margin ±{wording.unit(plan.margin)}", color=style.QUIET, fontsize=7.5, loc="right")


def _one(axes: Axes, y: int, row: dict, colour: str) -> None:
    for bounds, width in ((row["ci95"], 1.2), (row["ci90"], 3.6)):
        if bounds is not None:
            axes.plot(100 * np.array(bounds), [y, y], color=colour, linewidth=width, solid_capstyle="butt", zorder=3)
    if row["ci95"] is not None:
        axes.plot(100 * np.array(row["ci95"]), [y, y], color=colour, marker="|", linestyle="", markersize=9, zorder=3)
    axes.plot(100 * row["estimate"], y, "D", color=colour, markeredgecolor="white", markersize=7, zorder=4)
    axes.plot(100 * row["replicates"], np.full(len(row["replicates"]), y + 0.27), "o", color=colour, markersize=3.4,
              markeredgewidth=0, alpha=0.55, zorder=2)


def _tell(words: Axes, y: int, row: dict) -> None:
    numbers = style.signed(100 * row["estimate"])
    if row["ci95"] is not None:
        numbers += f"{style.GAP}({wording.interval(row['ci95'])})"
    verdict = row["verdict"] or "not comparable"
    words.text(0, y - 0.06, numbers, fontsize=8.5, fontweight="bold", va="bottom")
    lean = f": {row['lean']}" if row["lean"] else ""
    words.text(0, y, style.label(verdict + lean, 36, 3), fontsize=7.5, va="top", linespacing=1.1)

"""The figures of a report of arms at their own best: both claims, and the trials of every arm."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer import metrics
from mixedfer.evidence import wording
from mixedfer.evidence.figures import style
from mixedfer.evidence.grid_figures import forest
from mixedfer.evidence.pictures import Picture, saved
from mixedfer.evidence.tuned_page import CLAIMS, claims
from mixedfer.records import Plan

#: Fields drawn beside the trials; a table has all.
DRAWN = 3


def draw_all(found, numbers: Mapping) -> list[Picture]:
    """Both claims as one forest, and the trials."""
    score = wording.name(numbers["metric"])
    told = " ".join(f"{CLAIMS[claim].capitalize()}: {wording.sentence(row, one)}." for claim, one in claims(numbers).items()
                    for row in wording.judged(one))
    tops = [(arm["arm"], arm["best"], arm["trials"][arm["best"]]["score"]) for arm in numbers["search"]["arms"]]
    best = "; ".join(f"{arm} {wording.level(top, numbers['metric'])} in trial {number + 1}" for arm, number, top in tops)
    return [
        Picture("claims", "answer", "The effect under one recipe and with each arm at its own best", (
            f"Difference in {score} to {numbers['arms'][0]['name']} with its 95% confidence interval, not adjusted. Filled: "
            "the verdict is helps, hurts or equivalent; hollow: it is not; ✕: the arms are not comparable; †: runs collapsed, "
            "so there is no verdict. Shaded: the margin."), told, *saved(forest.draw(_forest(numbers)))),
        Picture("trials", "search", "The trials", (
            f"Validation {score} of every trial, in the order in which they were made (the line is the best so far), and "
            "against what was searched. Large: the trial whose recipe each arm has."), f"The best trial of each arm: {best}.",
            *saved(trials(found.plan, numbers)))]


def trials(plan: Plan, numbers: Mapping) -> Figure:
    """Scores by number of the trial, then by each of the first ranges of the space; one scale of scores."""
    ranges = [entry for entry in numbers["search"]["space"] if "low" in entry][:DRAWN]
    with style.look():
        figure = style.new(2.4)
        first, *others = figure.subplots(1, 1 + len(ranges), sharey=True, squeeze=False)[0]
        for arm in numbers["search"]["arms"]:
            places = range(1, 1 + len(arm["trials"]))
            _dots(first, plan, arm, list(places), numbers["metric"])
            _best_so_far(first, plan, arm, numbers)
            for axes, entry in zip(others, ranges):
                _dots(axes, plan, arm, [trial["values"][entry["name"]] for trial in arm["trials"]], numbers["metric"])
        first.set(xlabel="trial", ylabel=f"validation {wording.heading(numbers['metric'])}")
        first.xaxis.get_major_locator().set_params(integer=True)
        for axes, entry in zip(others, ranges):
            axes.set_xscale("log" if entry["log"] else "linear")
            axes.xaxis.set_major_formatter("{x:g}")
            axes.set_xlim(entry["low"], entry["high"])
            axes.set_xlabel(style.label(entry["name"].removeprefix("recipe."), 24))
        style.arm_legend(figure, plan)
        return figure


def _dots(axes: Axes, plan: Plan, arm: Mapping, at: list[float], metric: str) -> None:
    """Every trial that has a score; the best one larger."""
    colour, marker = style.colours(plan)[arm["arm"]], style.markers(plan)[arm["arm"]]
    for number, (x, trial) in enumerate(zip(at, arm["trials"])):
        if trial["score"] is not None:
            chosen = number == arm["best"]
            axes.plot(x, metrics.of(metric).scale * trial["score"], marker, color=colour, markersize=8 if chosen else 3.6,
                      alpha=1 if chosen else 0.7, markeredgecolor=style.INK if chosen else colour, zorder=4 if chosen else 3,
                      clip_on=False)


def _best_so_far(axes: Axes, plan: Plan, arm: Mapping, numbers: Mapping) -> None:
    better = max if numbers["higher_is_better"] else min
    scores = [trial["score"] for trial in arm["trials"]]
    seen = [(number, [score for score in scores[:number] if score is not None]) for number in range(1, 1 + len(scores))]
    known = [(number, metrics.of(numbers["metric"]).scale * better(past)) for number, past in seen if past]
    axes.step([number for number, _ in known], [value for _, value in known], where="post", linewidth=1,
              color=style.colours(plan)[arm["arm"]], zorder=2)


def _forest(numbers: Mapping) -> dict:
    """Both claims as the points of a grid over one axis, for `grid_figures.forest`."""
    rows = []
    for point, one in enumerate(claims(numbers).values()):
        lost = {arm["name"] for arm in one["arms"] if arm["collapsed"]}
        rows += [{**row, "point": point, "margin": one["margin"], "collapsed": bool(lost & {row["control"], row["treatment"]})}
                 for row in wording.judged(one)]
    arms = [arm["name"] for arm in numbers["arms"]]
    return {"metric": numbers["metric"], "higher_is_better": numbers["higher_is_better"], "control": arms[0],
            "treatments": arms[1:], "axes": [{"name": "recipe", "shown": list(CLAIMS.values())}],
            "points": [{"at": [point]} for point in range(len(CLAIMS))], "rows": rows}

"""How many replicates and test images does a study need? From a pilot, or from stated assumptions.

Over new replicates and new cases (images, or subjects), the difference of two arms with J replicates and K cases has the
variance

    (2 spread^2 + within / K) / J  +  floor / K

For accuracy on independent images `spread` is the standard deviation of accuracy over seeds beyond image noise, `within`
the discordance of two replicates of one arm (the share of images on which exactly one is right), and `floor` what two
replicates of different arms disagree more than that. No number of replicates removes the floor: only images do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mixedfer import disk, metrics
from mixedfer.errors import BadInput
from mixedfer.evidence import comparing, wording
from mixedfer.evidence.results import Results
from mixedfer.evidence.statistics import power, two_way

REPLICATES = (2, 3, 5, 10, 20, 50)
#: Test images where nothing else is known: those of FER2013's private test.
IMAGES = 3589
#: More replicates than anyone trains; a margin that these do not resolve is told as never.
MOST = 10_000


@dataclass(frozen=True)
class Components:
    """Where the uncertainty of a difference comes from; variances in the metric's unit squared. `source` in words.

    `spread` (variance over replicates, one arm), `within` and `floor` (variance that one case adds) as in the module;
    `cases` is "images" or "subjects"; `metric` is what the difference is one of.
    """

    spread: float
    within: float
    floor: float
    cases: str
    source: str
    metric: str = "accuracy"


def assumed(accuracy: float = 0.7, *, within: float | None = None, across: float | None = None,
            spread: float = 0.004, metric: str = "accuracy") -> Components:
    """Components for accuracy on independent images, from stated assumptions; `metric` is what the study decides by.

    `within` and `across` are discordances, `spread` a standard deviation of accuracy. Defaults: two runs of one arm
    disagree half as often as independent ones would, 2 a (1 - a) / 2, and runs of two arms 1.2 times as often as that
    (42% to 49% and 1.14 times in reports/quickstart; runs of calibrated networks disagree at most as often as they err,
    Jiang et al. 2022, ICLR). Barsoum et al. 2016 report a standard deviation of 0.0024 to 0.0063 over five runs on FER+,
    of which image noise explains about 0.004, which leaves at most 0.004 to the seeds. Raises BadInput for values that no
    pair of models can have, and for another metric than accuracy.

    >>> found = assumed(0.7)
    >>> round(found.within, 3), round(found.floor, 3)
    (0.21, 0.042)
    """
    if metric != "accuracy":
        raise BadInput(f"assumptions can be stated for accuracy alone, and this study decides by {wording.name(metric)}",
                       remedy="Run it with a few replicates, then plan from them with --pilot.")
    if not 0 < accuracy < 1:
        raise BadInput(f"an accuracy of {accuracy}, expected a proportion between 0 and 1")
    within = accuracy * (1 - accuracy) if within is None else within
    across = 1.2 * within if across is None else across
    # Wrong on different images wherever possible: the most that two models of this accuracy can disagree.
    most = 2 * min(accuracy, 1 - accuracy)
    if not 0 <= within <= across <= most or spread < 0:
        raise BadInput(f"discordance {within:.3g} within an arm, {across:.3g} across arms and a spread of {spread:.3g}, "
                       f"expected 0 <= within <= across <= {most:.3g} at this accuracy and a spread of 0 or more")
    return Components(spread=spread**2, within=within, floor=across - within, cases="images",
                      source=f"assumed: accuracy {accuracy:.3g}, discordance {within:.3g} within an arm and {across:.3g} "
                             f"across arms, spread of the seeds {spread:.3g}")


def measured(results: Results, treatment: str) -> Components:
    """Components from a pilot's mean squares, in the study's metric and with its cases (images or subjects).

    Raises BadInput for a pilot with folds or one replicate, where the cases are too few to be tested, where the arms are not
    comparable, and where one of the two collapsed in every run.
    """
    finding = comparing.difference(results, treatment)
    if finding.p is None or len(np.unique(results.fold)) > 1:
        why = finding.test.removeprefix("none: ") if finding.p is None else "it has folds"
        raise BadInput(f"this pilot cannot be planned from: {why}",
                       remedy="A pilot needs comparable arms that learn, no folds, and 2 replicates or more, better 5.")
    everything = comparing.everything(results)
    tables = [comparing.table(results, name, results.plan.metric, everything) for name in (results.plan.control, treatment)]
    replicates, cases = tables[0].shape
    squares, _ = two_way.mean_squares(*tables)
    return Components(
        spread=max(squares.replicate - squares.rest, 0.0) / cases, within=2 * squares.rest,
        floor=2 * squares.floor / replicates, cases=comparing.cases(results, everything)[0],
        metric=results.plan.metric,
        source=f"pilot of {treatment} against {results.plan.control}, {replicates} replicates")


def case_count(results: Results) -> int:
    """How many cases (images or subjects) a pilot was tested on."""
    return len(np.unique(comparing.cases(results, comparing.everything(results))[1]))


def at_point(parts: Components, label: str, points: int) -> Components:
    """The same components, said to be of the first of a grid's points."""
    return replace(parts, source=f"{parts.source}; at {label}, the first of {points} points of the grid")


def variance(parts: Components, replicates: float, cases: float) -> float:
    """Variance of the difference in a design with that many replicates (may be infinite) and cases.

    >>> parts = Components(spread=0.0001, within=0.2, floor=0.05, cases="images", source="")
    >>> round(variance(parts, 10, 1000), 6), round(variance(parts, math.inf, 1000), 6)
    (9e-05, 5e-05)
    """
    return (2 * parts.spread + parts.within / cases) / replicates + parts.floor / cases


def resolution(parts: Components, replicates: float, cases: int) -> dict[str, float]:
    """What a design sees: its standard error, minimum detectable effect (80% power) and smallest margin, as a Finding's.

    >>> found = resolution(assumed(0.7), replicates=10, cases=3589)
    >>> round(found["mde"], 4), round(found["smallest_margin"], 4)
    (0.013, 0.0076)
    """
    total = variance(parts, replicates, cases)
    by_replicate = total - parts.floor / cases
    ddf = (replicates - 1) * (total / by_replicate) ** 2 if math.isfinite(replicates) and by_replicate > 0 else math.inf
    ddf, se = min(ddf, cases - 1), math.sqrt(total)
    return {"se": se, "mde": power.minimum_detectable_effect(se, ddf), "smallest_margin": power.smallest_margin(se, ddf)}


def plan(parts: Components, margin: float, cases: Sequence[int], replicates: Sequence[int] = REPLICATES) -> dict:
    """What every design of a grid would see, and how many replicates it takes to resolve the margin, as plain data.

    A design resolves its margin if it finds a true difference of that size in 8 of 10 studies (its minimum detectable
    effect is not above the margin). `needed` has one entry per number of cases: the smallest number of replicates, or None
    for never; where the floor forbids it, `cases_needed` is how many cases unlimited replicates would need. Raises
    BadInput for an empty grid, fewer than 2 replicates or cases, or a margin that is not positive.

    >>> made = plan(assumed(0.7), margin=0.01, cases=[1000, 10_000], replicates=[5, 10])
    >>> [(row["cases"], row["replicates"], row["cases_needed"]) for row in made["needed"]]
    [(1000, None, 3299), (10000, 8, None)]
    """
    if not replicates or not cases or min(*replicates, *cases, 2) < 2 or not margin > 0:
        raise BadInput("a plan needs numbers of replicates and of cases, 2 or more each, and a margin above 0")
    return {
        "margin": margin, "metric": parts.metric, "unit": parts.cases, "source": parts.source,
        "components": {"spread": math.sqrt(parts.spread), "within": parts.within, "floor": parts.floor},
        "grid": [{"replicates": one, "cases": count, **resolution(parts, one, count)}
                 for count in cases for one in replicates],
        "needed": [_needed(parts, margin, count) for count in cases],
    }


def _needed(parts: Components, margin: float, cases: int) -> dict:
    floor = resolution(parts, math.inf, cases)["mde"]
    enough = _first(2, MOST, lambda one: resolution(parts, one, cases)["mde"] <= margin) if floor < margin else None
    more = None if floor < margin else _first(2, 10**9, lambda count: resolution(parts, math.inf, count)["mde"] < margin)
    return {"cases": cases, "replicates": enough, "mde_unlimited_replicates": floor, "cases_needed": more}


def _first(low: int, high: int, holds) -> int | None:
    """The smallest number from `low` to `high` for which something holds that holds for all above it, by halving."""
    if not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def describe(made: dict) -> str:
    """The answer for every number of cases, as lines of text."""
    lines = [f"To resolve a margin of {wording.unit(made['margin'], made['metric'])} with 80% power ({made['source']}):"]
    for row in made["needed"]:
        what = f"{row['cases']:,} test {made['unit']}"
        if row["replicates"]:
            lines.append(f"  {what}: {row['replicates']} replicates")
        elif row["cases_needed"]:
            lines.append(f"  {what}: no number of replicates is enough; with many replicates, {row['cases_needed']:,} are")
        else:
            lines.append(f"  {what}: more than {MOST:,} replicates")
    return "\n".join(lines)


def save(made: dict, folder: Path) -> Path:
    """Write the figure as plan.svg and plan.png; returns the first."""
    from mixedfer.evidence import pictures

    for kind, content in zip(("svg", "png"), pictures.saved(draw(made))):
        disk.write_bytes(folder / f"plan.{kind}", content)
    return folder / "plan.svg"


def draw(made: dict) -> Figure:
    """The minimum detectable effect over replicates, one line per number of cases; the margin is the shaded band."""
    from mixedfer.evidence.figures import style

    scale = metrics.of(made["metric"]).scale
    counts = list(dict.fromkeys(row["cases"] for row in made["grid"]))
    replicates = list(dict.fromkeys(row["replicates"] for row in made["grid"]))
    with style.look():
        figure = style.new(3.2)
        axes = figure.subplots()
        axes.axhspan(0, scale * made["margin"], color=style.BAND, linewidth=0, zorder=0)
        for index, count in enumerate(counts):
            rows = [row for row in made["grid"] if row["cases"] == count]
            axes.plot(replicates, [scale * row["mde"] for row in rows], color=style.TREATMENTS[index % len(style.TREATMENTS)],
                      marker=style.MARKERS[index % len(style.MARKERS)], markersize=4.5, linewidth=1.4,
                      label=f"{count:,} {made['unit']}")
        axes.set_xscale("log")
        axes.set_xticks(replicates, [str(one) for one in replicates])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel("replicates (training runs per arm)")
        axes.set_ylabel(f"smallest difference found\nwith 80% power, {wording.units(made['metric'])}")
        margin = wording.unit(made["margin"], made["metric"])
        axes.set_title(f"shaded: margin ±{margin}", color=style.QUIET, fontsize=7.5, loc="right")
        axes.legend()
        return figure

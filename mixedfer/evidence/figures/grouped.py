"""Dots in groups: one row per arm within each group, small dots for replicates, a large one for their mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer.evidence.comparing import scores
from mixedfer.evidence.figures import style

STEP, GAP = 0.17, 0.2


@dataclass(frozen=True)
class Group:
    """A group's name, how many images it has, and (J,) proportions by arm; no images, no values."""

    name: str
    images: int
    values: dict[str, np.ndarray]


def accuracy(results, name: str, chosen: np.ndarray) -> Group:
    """The accuracy of every arm and replicate (mean over its folds) on the `chosen` (K,) bool images."""
    count = int(chosen.sum())
    values = {arm: scores(results, arm, "accuracy", chosen).mean(1) for arm in results.arms} if count else {}
    return Group(name, count, values)


def draw(plan, groups: list[Group], xlabel: str) -> Figure:
    """A figure of all groups, as high as they need."""
    arms = [plan.control, *plan.treatments]
    each = max(2, len(arms)) * STEP + GAP
    inches = len(groups) * each
    with style.look():
        figure = style.new(inches + 0.95)
        axes = figure.subplots()
        middles = [_group(axes, plan, arms, group, at * each) for at, group in enumerate(groups)]
        axes.set_ylim(inches - GAP / 2, -GAP / 2)
        axes.set_yticks(middles, [f"{style.label(group.name, 20, 1)}\nn = {group.images:,}" for group in groups])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=style.BAND, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_xlabel(xlabel)
        axes.margins(x=0.04)
        if not any(group.images for group in groups):
            axes.set_xlim(0, 100)
        style.arm_legend(figure, plan)
        return figure


def _group(axes: Axes, plan, arms: list[str], group: Group, top: float) -> float:
    high = max(2, len(arms)) * STEP
    if top:
        axes.axhline(top - GAP / 2, color=style.BAND, linewidth=0.8)
    colour, marker = style.colours(plan), style.markers(plan)
    for index, arm in enumerate(arms if group.values else []):
        y = top + high * (index + 0.5) / len(arms)
        values = 100 * group.values[arm]
        axes.plot([values.min(), values.max()], [y, y], color=colour[arm], linewidth=0.8, alpha=0.6)
        axes.plot(values, np.full(len(values), y), marker[arm], color=colour[arm], markersize=2.6, alpha=0.45,
                  markeredgewidth=0)
        axes.plot(values.mean(), y, marker[arm], color=colour[arm], markersize=5.5, markeredgecolor="white",
                  markeredgewidth=0.6)
    if not group.values:
        axes.text(0.02, top + high / 2, "no test images", style="italic", va="center",
                  transform=axes.get_yaxis_transform())
    return top + high / 2

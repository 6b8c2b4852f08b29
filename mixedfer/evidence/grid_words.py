"""How the points and rows of a grid are told, alike in figures, tables and sentences; `grid` is what `grid.collect` makes."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

from mixedfer import metrics
from mixedfer.evidence import wording
from mixedfer.evidence.figures import style


def sentence(grid: Mapping, row: Mapping) -> str:
    """One row in words, with its point."""
    return f"{title(grid, row)}: {wording.sentence(row, {**grid, 'margin': row['margin']})}"


def brief(grid: Mapping) -> list[str]:
    """The grid for a terminal: what is wrong first, then one sentence per row."""
    wrong = [line for point in grid["points"] for line in wording.warnings(
        point["passed"], point["collapsed"], point["moved_margin"], where=f"{point['title']}: ")]
    return wrong + [f"{sentence(grid, row)}." for row in grid["rows"]]


def title(grid: Mapping, row: Mapping) -> str:
    """The point of a row."""
    return grid["points"][row["point"]]["title"]


def at(grid: Mapping, point: Mapping) -> list[str]:
    """A point's value on each axis, for people."""
    return [axis["shown"][index] for axis, index in zip(grid["axes"], point["at"])]


def settled(row: Mapping) -> bool:
    """Whether the interval of a row leaves out 0."""
    return row["ci95"] is not None and (row["ci95"][0] > 0 or row["ci95"][1] < 0)


def number(grid: Mapping, value: float) -> str:
    """A difference with its sign, without its unit."""
    metric = metrics.of(grid["metric"])
    return style.signed(metric.scale * value, metric.digits)


def plan(grid: Mapping) -> SimpleNamespace:
    """The arms as `style` wants them."""
    return SimpleNamespace(control=grid["control"], treatments=grid["treatments"])

"""Which classes are taken for which: the control, each treatment, and what the treatment changed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mixedfer.evidence import wording
from mixedfer.evidence.figures import style

SECTION, ORDER = "where", 50
TITLE = "Confusion matrices"
#: Up to this many classes the cells have room for the pooled counts as well.
FEW = 4
#: Lost, unchanged, gained: the two ends differ for every kind of colour blindness.
SHIFT = LinearSegmentedColormap.from_list("shift", ["#C24E00", "#F6B98A", "#FFFFFF", "#8FC3E8", "#0064A0"])


def caption(results, summary) -> str:
    """What a cell holds."""
    replicates = len(next(iter(results.arms.values())).probabilities)
    counts = " with the counts below" if len(results.faces.classes) <= FEW else " (counts: tables/confusion.csv)"
    return (f"Rows are true classes, columns are answers. Cells: percent of the row, pooled over {_many(replicates)}"
            f"{counts}; n: test images of the class. Right: treatment minus control in points. On the "
            "diagonal, blue is gained and orange is lost.")


def alt(results, summary) -> str:
    """The diagonals in words."""
    told = []
    for name in results.arms:
        rates = normalised(counts(results, name)).diagonal()
        told.append(f"{name}: " + ", ".join(f"{wording.percent(rate, 0)} of {kind}" for kind, rate
                                            in zip(results.faces.classes, rates, strict=True) if np.isfinite(rate)))
    return "Right answers by class. " + "; ".join(told) + "."


def counts(results, arm: str) -> np.ndarray:
    """(C, C) answers pooled over replicates: row the truth, column the answer."""
    classes = len(results.faces.classes)
    cells = (results.truth * classes + results.arms[arm].predictions).ravel()
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def normalised(table: np.ndarray) -> np.ndarray:
    """Each row as proportions; NaN for a class that was never tested."""
    total = table.sum(-1, keepdims=True)
    return np.divide(table, total, out=np.full(table.shape, np.nan), where=total > 0)


def draw(results, summary) -> Figure:
    """One row of three matrices per treatment; the differences share one scale."""
    plan = results.plan
    tables = {name: counts(results, name) for name in results.arms}
    rates = {name: normalised(table) for name, table in tables.items()}
    shifts = {name: rates[name] - rates[plan.control] for name in plan.treatments}
    # A small difference must not look like a large one, however small all of them are.
    reach = max([0.05, *(np.nanmax(np.abs(shift)) for shift in shifts.values() if np.isfinite(shift).any())])
    tested = np.bincount(results.truth, minlength=len(results.faces.classes))
    with style.look():
        names = [style.short(name, 11) for name in results.faces.classes]
        figure, grid = _grid(len(plan.treatments), names)
        for line, name in zip(grid, plan.treatments, strict=True):
            for axes, arm in zip(line, (plan.control, name), strict=False):
                _matrix(axes, rates[arm], "Blues", 0, 1, _texts(rates[arm], tables[arm]))
                axes.set_title(style.label(arm, 26))
            _matrix(line[2], shifts[name], SHIFT, -reach, reach, _changes(shifts[name]))
            line[2].set_title("difference, points")
            _name(line, names, tested, last=line is grid[-1])
        return figure


def _grid(lines: int, names: list[str]) -> tuple[Figure, list[list[Axes]]]:
    """Three square panels per line, placed by hand since all have one size; class names stand below the last line."""
    left, gap, above = 0.4 + 0.062 * max(8, *map(len, names)), 0.08, 0.42
    below = 0.36 if _flat(names) else 0.36 + 0.055 * max(map(len, names))
    side = (style.WIDTH - left - 2 * gap - 0.06) / 3
    height = lines * (side + above) + below
    figure = Figure(figsize=(style.WIDTH, height))
    places = [[((left + column * (side + gap)) / style.WIDTH, (height - (line + 1) * (side + above)) / height,
                side / style.WIDTH, side / height) for column in range(3)] for line in range(lines)]
    return figure, [[figure.add_axes(place) for place in line] for line in places]


def _matrix(axes: Axes, values: np.ndarray, colours, low: float, high: float, texts: list[list[str]]) -> None:
    drawn = axes.imshow(np.ma.masked_invalid(values), cmap=colours, vmin=low, vmax=high)
    size = {2: 8.5, 3: 7.5, 4: 6.5}.get(len(values), 6.0 if len(values) <= 7 else style.SMALLEST)
    for (row, column), value in np.ndenumerate(values):
        shade = drawn.cmap(drawn.norm(value))[:3] if np.isfinite(value) else (1, 1, 1)
        dark = np.dot(shade, (0.299, 0.587, 0.114)) < 0.5
        axes.text(column, row, texts[row][column], ha="center", va="center", fontsize=size, linespacing=1.15,
                  color="white" if dark else style.INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)


def _texts(rates: np.ndarray, table: np.ndarray) -> list[list[str]]:
    count = len(rates) <= FEW
    return [[_cell(rate, number, count) for rate, number in zip(*line, strict=True)]
            for line in zip(rates, table, strict=True)]


def _cell(rate: float, number: int, count: bool) -> str:
    if not np.isfinite(rate):
        return "–"
    return f"{wording.number(100 * rate, 1)}\n{number:,}" if count else wording.number(100 * rate, 0)


def _changes(shift: np.ndarray) -> list[list[str]]:
    # In small cells a difference of ten points and more has no room, and no need, for a decimal.
    digits = np.where((np.abs(shift) >= 0.0995) & (len(shift) > FEW), 0, 1)
    return [[style.signed(100 * value, int(places)) if np.isfinite(value) else "–"
             for value, places in zip(*line, strict=True)] for line in zip(shift, digits, strict=True)]


def _name(line: list[Axes], names: list[str], tested: np.ndarray, last: bool) -> None:
    places = range(len(names))
    for axes in line:
        axes.set_xticks(places, names if last else [], rotation=0 if _flat(names) else 90, fontsize=6.5)
        axes.set_yticks(places, [])
    line[0].set_yticks(places, [f"{name}\nn = {n:,}" for name, n in zip(names, tested, strict=True)], fontsize=6.5)
    line[0].set_ylabel("truth")
    if last:
        line[1].set_xlabel("answer")


def _flat(names: list[str]) -> bool:
    """Whether class names have room side by side below a matrix."""
    return len(names) * max(map(len, names)) <= 30


def _many(replicates: int) -> str:
    return "one replicate" if replicates == 1 else f"{replicates} replicates"

"""One table, defined once: CSV with the raw numbers, LaTeX for a paper, and rows of text for the pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mixedfer import metrics
from mixedfer.evidence import wording
from mixedfer.evidence.escaping import latex, line

#: Kinds whose value is a pair, and the endings of their two CSV columns.
_PAIRS = {"interval": ("low", "high"), "share": ("found", "images"), "spread": ("mean", "sd"), "decimals": ("mean", "sd"),
          "bounds": ("low", "high"), "part": ("images", "of")}
#: Kinds of a proportion -> what shows the same of a number that is none.
_PLAIN = {"percent": "decimal", "points": "decimal", "spread": "decimals", "interval": "bounds", "list": "decimal list"}
_PAGE = ("page", "paper")


def _share(value: tuple[int, int]) -> str:
    part, whole = value
    return f"{part:,} of {whole:,}" + (f" ({part / whole:.1%})" if whole else "")


def _spread(value: tuple[float | None, float | None]) -> str:
    mean, sd = value
    return "–" if mean is None else wording.number(100 * mean, 1) + ("" if sd is None else f" ± {100 * sd:.1f}")


def _decimals(value: tuple[float | None, float | None]) -> str:
    mean, sd = value
    return "–" if mean is None else wording.number(mean, 3) + ("" if sd is None else f" ± {sd:.3f}")


#: How a kind of value is told to people.
_SHOWN: dict[str, Callable[[Any], str]] = {
    "text": line, "words": line, "yes": lambda value: "yes" if value else "no", "count": lambda value: f"{value:,}",
    "percent": wording.percent, "points": wording.points, "p": wording.probability,
    "interval": wording.interval, "share": _share, "spread": _spread, "decimals": _decimals,
    "bounds": wording.bounds,
    "part": lambda pair: f"{pair[0]:,}" + (f" ({pair[0] / pair[1]:.1%})" if pair[1] else ""),
    "decimal": lambda value: wording.number(value, 3),
    "decimal list": lambda values: " ".join(f"{value:.3f}" for value in values),
    "list": lambda values: " ".join(wording.number(100 * value, 1) for value in values),
}


@dataclass(frozen=True)
class Column:
    """One column: `key` in the CSV, `heading` for people, `kind` one of `_SHOWN`. A pair is two CSV columns.

    `reach` says how far it goes: "csv" only there, "page" also on the pages, "paper" also in LaTeX, where room is
    scarce. "words" is text long enough to need several lines.
    """

    key: str
    heading: str = ""
    kind: str = "text"
    reach: str = "paper"

    @property
    def title(self) -> str:
        """The heading, the key where there is no other."""
        return self.heading or self.key

    @property
    def number(self) -> bool:
        """Whether it is set flush right."""
        return not self.long and self.kind not in ("text", "yes")

    @property
    def long(self) -> bool:
        """Whether a cell may take several lines."""
        return self.kind in ("words", "list", "decimal list")


@dataclass(frozen=True)
class Table:
    """A table of raw values: proportions in 0..1, None for what does not exist.

    >>> table = Table("arms", "Arms", (Column("arm"), Column("mean", "accuracy", "percent")), [["a_b", 0.5]])
    >>> table.shown(), table.csv()
    ([['a_b', '50.0%']], 'arm,mean\\na_b,0.5\\n')
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[list[Any]]

    def heads(self, reach: tuple[str, ...] = _PAGE) -> list[Column]:
        """The columns that people see, on the pages unless told otherwise."""
        return [column for column in self.columns if column.reach in reach]

    def shown(self, reach: tuple[str, ...] = _PAGE) -> list[list[str]]:
        """Every cell that people see, as text."""
        return [["–" if value is None else _SHOWN[column.kind](value)
                 for column, value in zip(self.columns, row, strict=True) if column.reach in reach]
                for row in self.rows]

    def text(self) -> str:
        """The table for a terminal, in columns.

        >>> print(Table("arms", "Arms", (Column("arm"), Column("n", kind="count")), [["mixed", 1200], ["b", 7]]).text())
        arm        n
        mixed  1,200
        b          7
        """
        heads, rows = self.heads(), self.shown()
        lines = [[head.title for head in heads], *rows]
        widths = [max(map(len, cells)) for cells in zip(*lines)]
        return "\n".join("  ".join(cell.rjust(width) if head.number else cell.ljust(width)
                                   for cell, width, head in zip(cells, widths, heads)).rstrip() for cells in lines)

    def files(self) -> list[tuple[str, str]]:
        """(label, address) of the files that a report writes of it."""
        return [("CSV", f"tables/{self.name}.csv"), ("LaTeX", f"tables/{self.name}.tex")]

    def contents(self) -> dict[str, bytes]:
        """The files themselves."""
        return {f"tables/{self.name}.csv": self.csv().encode(), f"tables/{self.name}.tex": self.tex().encode()}

    def csv(self) -> str:
        """Comma-separated values with a header."""
        cells = ([raw for column, value in zip(self.columns, row, strict=True) for raw in _raw(column, value)]
                 for row in self.rows)
        return to_csv([name for column in self.columns for name in _names(column)], cells)

    def tex(self) -> str:
        """A LaTeX tabular; needs the package booktabs."""
        heads, rows = self.heads(("paper",)), self.shown(("paper",))
        layout = "".join(r"p{0.6\linewidth}" if head.kind == "words" else "lr"[head.number] for head in heads)
        lines = [f"% {line(self.title)}", f"\\begin{{tabular}}{{{layout}}}", "\\toprule",
                 _tex_row(head.title for head in heads), "\\midrule", *map(_tex_row, rows), "\\bottomrule",
                 "\\end{tabular}"]
        return "\n".join(lines) + "\n"


def table_of(name: str, title: str, columns: tuple[Column, ...], rows: Iterable[dict]) -> Table:
    """A table of dictionaries, by the keys of its columns."""
    return Table(name, title, columns, [[row.get(column.key) for column in columns] for row in rows])


def gap(summary: dict, tested: bool) -> tuple[Column, ...]:
    """The columns of a difference in the study's metric, and of its interval where one may be told."""
    metric = summary["metric"]
    size = Column("estimate", f"difference, {wording.units(metric)}", kind("points", metric))
    return (size, Column("ci95", "95% CI", kind("interval", metric))) if tested else (size,)


def kind(shown: str, metric: str) -> str:
    """How a column shows a metric that shows a proportion as `shown`: "percent", "points", "spread", "interval" or "list".

    >>> kind("percent", "accuracy"), kind("percent", "log_loss")
    ('percent', 'decimal')
    """
    return shown if metrics.of(metric).proportion else _PLAIN[shown]


def to_csv(header: list[str], rows: Iterable[Iterable[Any]]) -> str:
    """Rows as comma-separated values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _names(column: Column) -> list[str]:
    return [f"{column.key}_{end}" for end in _PAIRS[column.kind]] if column.kind in _PAIRS else [column.key]


def _raw(column: Column, value: Any) -> list[Any]:
    if column.kind in _PAIRS:
        return ["" if part is None else part for part in value or (None, None)]
    if column.kind in ("list", "decimal list"):
        return [" ".join(f"{item:.6g}" for item in value)]
    if column.kind == "yes":
        return ["yes" if value else "no"]
    return ["" if value is None else value]


def _tex_row(cells: Iterable[str]) -> str:
    return " & ".join(latex(cell) for cell in cells) + r" \\"

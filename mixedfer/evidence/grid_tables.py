"""The tables of a report over a grid: the effects, the arms and the proofs, by point."""

from __future__ import annotations

import html
from collections.abc import Mapping

from mixedfer.evidence import escaping, grid_words, wording
from mixedfer.evidence.table import Column, Table, gap, kind, table_of

ASKED = "Are the arms comparable?"


class Link(escaping.Raw):
    """A link in a cell: Markdown as text, HTML where a page asks for it. `address` must already be quoted."""

    def __new__(cls, label: str, address: str):
        made = super().__new__(cls, f"[{escaping.markdown(label)}]({address})")
        made.code = f'<a href="{html.escape(address)}">{html.escape(label)}</a>'
        return made

    def __html__(self) -> str:
        return self.code


class Linked(Table):
    """A table whose last column leads to each point's own report: an address in the CSV, a link on the pages."""

    def shown(self, reach: tuple[str, ...] = ("page", "paper")) -> list[list[str]]:
        """Every cell that people see, the last one as a link on the pages."""
        cells = super().shown(reach)
        return [[*line[:-1], Link("report", row[-1])] for line, row in zip(cells, self.rows)] if "page" in reach else cells


def tables(grid: Mapping) -> list[Table]:
    """The effects, the arms and the proofs, by point."""
    arms = (*(Column(axis["name"]) for axis in grid["axes"]), Column("arm"), Column("parameters", kind="count"),
            Column("score", wording.heading(grid["metric"]), kind("spread", grid["metric"])),
            Column("collapsed", kind="yes"))
    checks = (Column("name", "point", "words"), Column("passed", kind="yes"), Column("detail", "evidence", "words"))
    return [_effects(grid), Table("grid_arms", "Every arm at every point, mean ± sd over runs", arms, [
        [*grid_words.at(grid, point), arm["name"], arm["parameters"], (arm["mean"], arm["sd"]), arm["collapsed"]]
        for point in grid["points"] for arm in point["arms"]]), table_of("grid_checks", ASKED, checks, lines(grid))]


def _effects(grid: Mapping) -> Table:
    """One row per treatment and point."""
    points, trained = grid["points"], any(point["train_images"] is not None for point in grid["points"])
    metric = grid["metric"]
    columns = (
        *(Column(axis["name"]) for axis in grid["axes"]),
        *([Column("train_images", "training images", "count")] if trained else []), Column("treatment"),
        *(Column(f"{side}_score", f"{side} {wording.heading(metric)}", kind("spread", metric))
          for side in ("control", "treatment")),
        *gap(grid, tested=True), Column("verdict"), Column("collapsed", "collapsed runs", "yes"), Column("p", kind="p"),
        Column("p_holm", "p (Holm, grid)", "p"), Column("p_bh", "p (BH)", "p"),
        Column("lean", reach="csv"), Column("test", reach="csv"), Column("report", reach="page"))
    rows = [[*grid_words.at(grid, point), *([point["train_images"]] if trained else []), row["treatment"],
             *((row[f"{side}_mean"], row[f"{side}_sd"]) for side in ("control", "treatment")), row["estimate"], row["ci95"],
             row["verdict"], row["collapsed"], row["p"], row["p_holm"], row["p_bh"], row["lean"], row["test"],
             point["address"]]
            for row in grid["rows"] for point in [points[row["point"]]]]
    return Linked("grid", f"Every treatment against {grid['control']} at every point, mean ± sd over runs", columns, rows)


def lines(grid: Mapping) -> list[dict]:
    """Whether the proof held at each point, as the checks of a point are told."""
    return [{"name": point["title"], "passed": point["passed"],
             "detail": ". ".join(point["failed"]) if point["failed"] else "every check passed"} for point in grid["points"]]

"""What stands in the report over a grid: its warnings and its sections, as a page and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mixedfer.evidence import banners, grid_tables, page, wording
from mixedfer.evidence.banners import Banner
from mixedfer.evidence.pictures import Picture
from mixedfer.evidence.sections import SYMBOLS, Section, Shelf
from mixedfer.evidence.table import Table


def pages(grid: Mapping, drawn: list[Picture], made: list[Table]) -> dict[str, bytes]:
    """`index.html` and `report.md`."""
    return page.render({"summary": grid, "design": design(grid), "banners": warnings(grid),
                        "sections": sections(grid, drawn, made)}, "figures.js")


def design(grid: Mapping) -> str:
    """The grid's size in one line."""
    points = grid["points"]
    counts = sorted({point["replicates"] for point in points})
    margins = sorted({point["margin"] for point in points})
    spans = " × ".join(f"{axis['name']} ({len(axis['values'])} values)" for axis in grid["axes"])
    return ", ".join([
        f"{len(points)} points: {spans}", f"{1 + len(grid['treatments'])} arms at each",
        f"{' or '.join(map(str, counts))} replicate{'s' * (counts != [1])} of each arm",
        f"margin {' or '.join(wording.unit(margin, grid['metric']) for margin in margins)}"])


def warnings(grid: Mapping) -> list[Banner]:
    """What nobody may miss, the worst first."""
    points = grid["points"]
    return [
        *(banners.not_comparable(point["failed"], f" at {point['title']}") for point in points if not point["passed"]),
        *(banners.collapsed(f"{told} at {point['title']}") for point in points for told in point["collapsed"]),
        *banners.moved_margin(*(point["moved_margin"] for point in points)), *banners.single(points),
        *banners.varied(grid["varied"], " at every point")]


def sections(grid: Mapping, drawn: list[Picture], made: list[Table]) -> list[Section]:
    """Every section; the answer first."""
    shelf = Shelf(drawn, made)
    found = [
        Section("answer", "The answer", [("text", counted(grid)), *shelf.pictures("answer"), *shelf.table("grid")]),
        Section("map", "Where the effect is", []),
        Section("arms", "The arms at every point", [*shelf.pictures("arms"), *shelf.table("grid_arms")]),
        Section("comparable", grid_tables.ASKED, [("text", _proved(grid)), ("checks", grid_tables.lines(grid))]),
        Section("decided", "How to read this", [("text", told) for told in (
            _adjusting(sum(row["p"] is not None for row in grid["rows"])),
            "That one point is significant and another is not does not show that the effect differs between them; no such "
            "difference is tested here. Points share test images and seeds, so they are not independent repetitions.")]),
        Section("files", "Files", [("files", [
            *((thing.title, thing.files()) for thing in made), ("All numbers of this page", [("JSON", "results.json")]),
            *((point["title"], [("report", point["address"])]) for point in grid["points"])])]),
    ]
    return shelf.fill(found)


def counted(grid: Mapping) -> str:
    """How often each verdict was reached, by treatment."""
    told = []
    for name in grid["treatments"]:
        rows = [row for row in grid["rows"] if row["treatment"] == name]
        seen = Counter(row["verdict"] for row in rows)
        words = ", ".join(f"{word} at {seen[word]}" for word in SYMBOLS if seen[word])
        low, high = (wording.points(pick(row["estimate"] for row in rows), grid["metric"]) for pick in (min, max))
        told.append(f"{name} against {grid['control']}, of {wording.plural(len(rows), 'point')}: {words}; differences from "
                    f"{low} to {high} {wording.units(grid['metric'])} of {wording.name(grid['metric'])}.")
    return f"{' '.join(told)} {_proved(grid)}"


def _adjusting(tested: int) -> str:
    if not tested:
        return "Nothing was tested, so there is nothing to adjust."
    tests = "the one test" if tested == 1 else f"all {tested} tests"
    return (f"p (Holm) is adjusted over {tests} of this grid; a treatment helps or hurts only if "
            "also the p of a difference within the margin, adjusted alike, is below 0.05. A verdict may therefore be weaker "
            "here than in the point's own report, which adjusts over its treatments only. Where runs collapsed there is no "
            "verdict. p (BH) is for looking around. Intervals and equivalence are not adjusted.")


def _proved(grid: Mapping) -> str:
    failed = [point["title"] for point in grid["points"] if not point["passed"]]
    fallen = [f"{told} at {point['title']}" for point in grid["points"] for told in point["collapsed"]]
    proof = (f"The proof failed at {'; '.join(failed)}: there the arms are not comparable and no significance is given."
             if failed else f"All {wording.plural(len(grid['points']), 'point')} passed the proof: at each, the arms differed "
             "in their inputs alone.")
    return f"{proof} " + (f"{'; '.join(fallen)}." if fallen else "No run collapsed.")

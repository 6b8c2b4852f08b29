"""The points of an ablation -> `reports/<study>/`: one report over all of them, beside the points' own reports.

    index.html, report.md, results.json, figures/, tables/, inputs.json    as `report.py` writes them
    <point label>/                                                         the points' own reports, never touched

A row is one treatment at one point. Holm is over all rows: looking at many points must not make a finding likelier. A row
whose point failed its proof has no significance.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from mixedfer import disk
from mixedfer.errors import BadInput
from mixedfer.evidence import escaping, grid_figures, page, report, wording
from mixedfer.evidence.banners import Banner
from mixedfer.evidence.pictures import Picture
from mixedfer.evidence.sections import SYMBOLS, Section
from mixedfer.evidence.statistics import adjust
from mixedfer.evidence.study_tables import _brief, _value
from mixedfer.evidence.table import Column, Table, table_of
from mixedfer.identity import canonical

SCHEMA = 1
_ASKED = "Are the arms comparable?"
_TEMPLATES = Path(__file__).parent / "templates"
Point = tuple[Mapping[str, Any], str, Mapping]


def write(name: str, question: str, points: Sequence[Point], folder: Path) -> list[str]:
    """Write the report of a grid into `folder` and return what a terminal should say.

    A point is (axis name -> value, name of its report's folder inside `folder`, content of its results.json). Raises
    BadInput when the points have no common metric or arms, Busy when another process writes there, Fault when the disk is full.
    """
    folder = Path(folder)
    grid = collect(name, question, points)
    drawn = grid_figures.draw_all(grid)
    made = tables(grid)
    files = {"results.json": disk.to_json(grid).encode()}
    for picture in drawn:
        files |= {f"figures/{picture.name}.svg": picture.svg, f"figures/{picture.name}.png": picture.png}
    for table in made:
        files |= {f"tables/{table.name}.csv": table.csv().encode(), f"tables/{table.name}.tex": table.tex().encode()}
    files |= pages(grid, drawn, made)
    report._put(folder.resolve(), files, hashlib.sha256(files["results.json"]).hexdigest())
    return [*brief(grid), f"Report: {folder / 'index.html'}"]


def collect(name: str, question: str, points: Sequence[Point]) -> dict:
    """The content of results.json: `axes`, `points` with their arms, and `rows`, one per point and treatment."""
    summaries = [summary for _, _, summary in points]
    if not points or any(len({str(part(summary)) for summary in summaries}) > 1 for part in (
            lambda summary: summary["metric"], lambda summary: [arm["name"] for arm in summary["arms"]])):
        raise BadInput("the points of this grid have no common metric and arms, so there is nothing to compare",
                       remedy="Each point has a report of its own. Take an axis that leaves metric and arms alone.")
    axes = _axes([values for values, _, _ in points])
    made = [_point(axes, *point) for point in points]
    rows = [row for index, summary in enumerate(summaries) for row in _rows(index, summary)]
    first = summaries[0]
    return {
        "schema": SCHEMA, "study": name, "question": question, "metric": first["metric"],
        "higher_is_better": first["higher_is_better"], "control": first["arms"][0]["name"],
        "treatments": [arm["name"] for arm in first["arms"][1:]], "axes": axes, "points": made, "rows": adjusted(rows),
        "passed": all(point["passed"] for point in made), "varied": _varied(first, axes),
    }


def adjusted(rows: list[dict]) -> list[dict]:
    """The rows with p adjusted over all of them; what "helps" or "hurts" must also be significant after Holm."""
    ps = [row["p"] for row in rows]
    return [_judged(row | {"p_holm": holm, "p_bh": shared})
            for row, holm, shared in zip(rows, adjust.holm(ps), adjust.benjamini_hochberg(ps))]


def brief(grid: Mapping) -> list[str]:
    """The grid for a terminal: what is wrong first, then one sentence per row."""
    lines = []
    for point in grid["points"]:
        lines += [] if point["passed"] else [f"WARNING: {point['title']}: the arms are not comparable; see the report."]
        lines += [f"WARNING: {point['title']}: {told}: it learnt nothing there." for told in point["collapsed"]]
        lines += [f"WARNING: {point['title']}: {point['moved_margin']}."] if point["moved_margin"] else []
    return lines + [f"{sentence(grid, row)}." for row in grid["rows"]]


def sentence(grid: Mapping, row: Mapping) -> str:
    """One row in words, with its point."""
    return f"{grid['points'][row['point']]['title']}: {wording.sentence(row, {**grid, 'margin': row['margin']})}"


def shown(values: Sequence[Any]) -> list[str]:
    """The values of an axis for people: parts of a study by class name and by the fields that differ between them.

    >>> shown([0.25, 1]), shown(["mixedfer.learning.fusions.concat:concat@12ab", None])
    (['0.25', '1'], ['concat', 'none'])
    >>> shown([{"kind": "a.b:Gated@1", "units": 8, "rate": 0}, {"kind": "a.b:Gated@1", "units": 16, "rate": 0}])
    ['Gated(units = 8)', 'Gated(units = 16)']
    """
    told = [_told(value, values) for value in values]
    # Two classes of one name, or numbers that differ late: then in full.
    return [_value(value) if told.count(text) > 1 else text for value, text in zip(values, told)]


def _told(value: Any, values: Sequence[Any]) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, dict) or "kind" not in value:
        return _brief(value)
    kin = [other for other in values if isinstance(other, dict) and other.get("kind") == value["kind"]]
    fields = ", ".join(f"{key} = {_brief(item)}" for key, item in value.items()
                       if any(other.get(key) != item for other in kin))
    kind = re.sub(r".*[:.]", "", str(value["kind"]).split("@")[0])
    return f"{kind}({fields})" if fields else kind


def _axes(points: Sequence[Mapping]) -> list[dict]:
    """Name, values in the order in which they come, the same for people, and whether all are numbers."""
    axes = []
    for name in points[0]:
        values = []
        for point in points:
            value = canonical(point[name])
            values += [] if any(_same(value, other) for other in values) else [value]
        axes.append({"name": name, "values": values, "shown": shown(values),
                     "numeric": all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)})
    return axes


def _same(one: Any, two: Any) -> bool:
    """Equal, and no number in place of a truth value: 1 == True."""
    return one == two and isinstance(one, bool) == isinstance(two, bool)


def _point(axes: list[dict], values: Mapping, label: str, summary: Mapping) -> dict:
    """A point: where it lies on each axis (`at`), whether it can be believed, and its arms."""
    at = [next(index for index, other in enumerate(axis["values"]) if _same(canonical(values[axis["name"]]), other))
          for axis in axes]
    failed = [f"{check['name']}: {check['detail']}" for check in summary["comparable"]["checks"] if not check["passed"]]
    return {
        "label": label, "address": f"{quote(label, safe='=,')}/index.html", "at": at,
        "title": ", ".join(f"{axis['name']} = {axis['shown'][index]}" for axis, index in zip(axes, at)) or label,
        "train_images": summary["design"].get("train_images"), "test_images": summary["design"]["test_images"],
        "replicates": summary["design"]["replicates"], "folds": summary["design"]["folds"], "margin": summary["margin"],
        "moved_margin": wording.moved_margin(summary), "passed": summary["comparable"]["passed"], "failed": failed,
        "collapsed": list(wording.fallen(summary).values()),
        "arms": [{key: arm[key] for key in ("name", "mean", "sd", "parameters", "collapsed")} for arm in summary["arms"]],
    }


def _rows(point: int, summary: Mapping) -> list[dict]:
    arms = {arm["name"]: arm for arm in summary["arms"]}
    passed = summary["comparable"]["passed"]
    return [{
        "point": point, "control": row["control"], "treatment": row["treatment"], "margin": summary["margin"],
        **{f"{side}_{key}": arms[row[side]][key] for side in ("control", "treatment") for key in ("mean", "sd")},
        **{key: row[key] for key in ("estimate", "ci95", "verdict", "lean", "test")}, "p": row["p"] if passed else None,
        "collapsed": any(arms[row[side]]["collapsed"] for side in ("control", "treatment")),
    } for row in wording.judged(summary)]


def _judged(row: dict) -> dict:
    if row["verdict"] not in ("helps", "hurts") or row["p_holm"] is None or row["p_holm"] < wording.LEVEL:
        return row
    lean = f"{'positive' if row['estimate'] > 0 else 'negative'}, not significant after Holm over the grid"
    return row | {"verdict": "inconclusive", "lean": lean}


def _varied(summary: Mapping, axes: list[dict]) -> dict:
    """What the command line set, without the axes themselves."""
    names = {axis["name"] for axis in axes}
    return {key: value for key, value in (summary.get("varied") or {}).items() if key not in names}


def tables(grid: Mapping) -> list[Table]:
    """The effects, the arms and the proofs, by point."""
    share = wording.proportion(grid["metric"])
    arms = (*(Column(axis["name"]) for axis in grid["axes"]), Column("arm"), Column("parameters", kind="count"),
            Column("score", f"{wording.name(grid['metric'])}{', %' * share}", "spread" if share else "decimals"),
            Column("collapsed", kind="yes"))
    checks = (Column("name", "point", "words"), Column("passed", kind="yes"), Column("detail", "evidence", "words"))
    return [grid_figures.effects(grid), Table("grid_arms", "Every arm at every point, mean ± sd over runs", arms, [
        [*grid_figures.at(grid, point), arm["name"], arm["parameters"], (arm["mean"], arm["sd"]), arm["collapsed"]]
        for point in grid["points"] for arm in point["arms"]]), table_of("grid_checks", _ASKED, checks, _lines(grid))]


def pages(grid: Mapping, drawn: list[Picture], made: list[Table]) -> dict[str, bytes]:
    """`index.html` and `report.md`."""
    script = (_TEMPLATES / "grid.page.js.j2").read_text(encoding="utf-8")
    values = {"summary": grid, "design": design(grid), "banners": banners(grid), "sections": sections(grid, drawn, made),
              "script": script, "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}
    options = {"loader": jinja2.FileSystemLoader(_TEMPLATES), "undefined": jinja2.StrictUndefined,
               "trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    markup = jinja2.Environment(autoescape=True, **options)
    markup.filters["uri"] = page._uri
    text = jinja2.Environment(autoescape=False, finalize=escaping.markdown, **options)
    text.filters |= {"raw": escaping.Raw, "fenced": page.fenced}
    return {"index.html": markup.get_template("index.html.j2").render(values).encode(),
            "report.md": text.get_template("report.md.j2").render(values).encode()}


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


def banners(grid: Mapping) -> list[Banner]:
    """What nobody may miss, the worst first."""
    points = grid["points"]
    made = [Banner("danger", f"The arms are not comparable at {point['title']}", "Something other than their inputs differed "
                   f"between them, so this point has no significance and no verdict. {'. '.join(point['failed'])}.")
            for point in points if not point["passed"]]
    made += [Banner("danger", f"{told} at {point['title']}", "A collapsed run has learnt nothing, so a comparison with it says "
                    "nothing about landmarks.") for point in points for told in point["collapsed"]]
    made += [Banner("warning", "The margin was changed", f"{told}. Read each interval before its verdict.")
             for told in dict.fromkeys(point["moved_margin"] for point in points) if told]
    if any(point["replicates"] == 1 and point["folds"] == 1 for point in points):
        made.append(Banner("warning", "One replicate", "One run per arm cannot tell an effect from the luck of a seed."))
    values = ", ".join(f"{name} = {value}" for name, value in grid["varied"].items())
    return made + ([Banner("warning", "Values set on the command line", "These replace what the study file says, for every arm "
                           f"at every point: {values}.")] if values else [])


def sections(grid: Mapping, drawn: list[Picture], made: list[Table]) -> list[Section]:
    """Every section; the answer first."""
    picture = {thing.name: ("picture", thing) for thing in drawn}
    table = {thing.name: ("table", thing) for thing in made}
    found = [
        Section("answer", "The answer", [("text", counted(grid)), picture["forest"], table["grid"]]),
        Section("map", "Where the effect is", [picture["heat"]] if "heat" in picture else []),
        Section("arms", "The arms at every point", [
            *(block for name, block in picture.items() if name.startswith("curve")), table["grid_arms"]]),
        Section("comparable", _ASKED, [("text", _proved(grid)), ("checks", _lines(grid))]),
        Section("decided", "How to read this", [("text", told) for told in (
            f"p (Holm) is adjusted over all {_plural(len(grid['rows']), 'row')} of this grid and decides: a treatment helps or "
            "hurts only if it is also below 0.05. A verdict may therefore be weaker here than in the point's own report, which "
            "adjusts over its treatments only. p (BH) is for looking around. Intervals and equivalence are not adjusted.",
            "That one point is significant and another is not does not show that the effect differs between them; no such "
            "difference is tested here. Points share test images and seeds, so they are not independent repetitions.")]),
        Section("files", "Files", [("files", [
            *((thing.title, thing.files()) for thing in made), ("All numbers of this page", [("JSON", "results.json")]),
            *((point["title"], [("report", point["address"])]) for point in grid["points"])])]),
    ]
    return [section for section in found if section.blocks]


def counted(grid: Mapping) -> str:
    """How often each verdict was reached, by treatment."""
    told = []
    for name in grid["treatments"]:
        rows = [row for row in grid["rows"] if row["treatment"] == name]
        seen = Counter(row["verdict"] for row in rows)
        words = ", ".join(f"{word} at {seen[word]}" for word in SYMBOLS if seen[word])
        low, high = (wording.points(pick(row["estimate"] for row in rows), grid["metric"]) for pick in (min, max))
        unit = "points" if wording.proportion(grid["metric"]) else "nats"
        told.append(f"{name} against {grid['control']}, of {_plural(len(rows), 'point')}: {words}; differences from {low} to "
                    f"{high} {unit} of {wording.name(grid['metric'])}.")
    return f"{' '.join(told)} {_proved(grid)}"


def _proved(grid: Mapping) -> str:
    failed = [point["title"] for point in grid["points"] if not point["passed"]]
    fallen = [f"{told} at {point['title']}" for point in grid["points"] for told in point["collapsed"]]
    proof = (f"The proof failed at {'; '.join(failed)}: there the arms are not comparable and no significance is given."
             if failed else f"All {_plural(len(grid['points']), 'point')} passed the proof: at each, the arms differed in "
             "their inputs alone.")
    return f"{proof} " + (f"{'; '.join(fallen)}." if fallen else "No run collapsed.")


def _lines(grid: Mapping) -> list[dict]:
    return [{"name": point["title"], "passed": point["passed"],
             "detail": ". ".join(point["failed"]) if point["failed"] else "every check passed"} for point in grid["points"]]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"

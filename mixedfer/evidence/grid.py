"""The points of an ablation -> `reports/<study>/`: one report over all of them, beside the points' own reports.

    index.html, report.md, results.json, figures/, tables/, inputs.json    as `report.py` writes them
    <point label>/                                                         the points' own reports

The reports of points that the grid no longer has are removed.

A row is one treatment at one point. Holm is over all rows that were tested: looking at many points must not make a finding
likelier. A row whose point failed its proof has no significance, and one with collapsed runs no verdict.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mixedfer.errors import BadInput
from mixedfer.evidence import grid_figures, grid_page, grid_tables, grid_words, pictures, report, wording
from mixedfer.evidence.preparations import in_words, named
from mixedfer.evidence.statistics import adjust
from mixedfer.evidence.statistics.finding import verdict
from mixedfer.identity import canonical

SCHEMA = 1
Point = tuple[Mapping[str, Any], str, Mapping]


def write(name: str, question: str, points: Sequence[Point], folder: Path) -> list[str]:
    """Write the report of a grid into `folder` and return what a terminal should say.

    A point is (axis name -> value, name of its report's folder inside `folder`, content of its results.json). Raises
    BadInput when the points have no common metric or arms, Busy when another process writes there, Fault when the disk is full.
    """
    folder = Path(folder)
    grid = collect(name, question, points)
    drawn = [picture for module in pictures.discover(grid_figures).values() for picture in module.pictures(grid)]
    made = grid_tables.tables(grid)
    files = report.whole(grid, drawn, made) | grid_page.pages(grid, drawn, made)
    removed = report.put(folder.resolve(), files, hashlib.sha256(files["results.json"]).hexdigest(),
                         [label for _, label, _ in points])
    return [*grid_words.brief(grid), *removed, f"Report: {folder / 'index.html'}"]


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
        "treatments": [arm["name"] for arm in first["arms"][1:]], "axes": axes, "points": made,
        "rows": adjusted(rows, first["higher_is_better"]),
        "passed": all(point["passed"] for point in made), "varied": _varied(first, axes),
    }


def adjusted(rows: list[dict], higher_is_better: bool = True) -> list[dict]:
    """The rows with p adjusted over all of them and judged by that, as a study's findings are over its treatments."""
    ps, beyond = ([row[key] for row in rows] for key in ("p", "p_beyond"))
    more = zip(adjust.holm(ps), adjust.holm(beyond), adjust.benjamini_hochberg(ps))
    return [_judged(row | {"p_holm": holm, "p_beyond_holm": larger, "p_bh": shared}, higher_is_better)
            for row, (holm, larger, shared) in zip(rows, more)]


def shown(values: Sequence[Any]) -> list[str]:
    """The values of an axis for people: parts of a study by class name and by the fields that differ between them.

    >>> shown([0.25, 1]), shown(["mixedfer.learning.fusions.concat:concat@12ab", None])
    (['0.25', '1'], ['concat', 'none'])
    >>> shown([{"kind": "a.b:Gated@1", "units": 8, "rate": 0}, {"kind": "a.b:Gated@1", "units": 16, "rate": 0}])
    ['Gated(units = 8)', 'Gated(units = 16)']
    """
    told = [_told(value, values) for value in values]
    # Two classes of one name, or numbers that differ late: then in full.
    return [in_words(value) if told.count(text) > 1 else text for value, text in zip(values, told)]


def _told(value: Any, values: Sequence[Any]) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, dict) or "kind" not in value:
        return named(value)
    kin = [other for other in values if isinstance(other, dict) and other.get("kind") == value["kind"]]
    fields = ", ".join(f"{key} = {named(item)}" for key, item in value.items()
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
        "train_images": summary["design"]["train_images"], "test_images": summary["design"]["test_images"],
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
        **{key: row[key] for key in ("estimate", "ci95", "verdict", "lean", "test")},
        **{key: row[key] if passed else None for key in ("p", "p_beyond", "p_equivalence")},
        "collapsed": any(arms[row[side]]["collapsed"] for side in ("control", "treatment")),
    } for row in wording.judged(summary)]


def _judged(row: dict, higher_is_better: bool) -> dict:
    """A row by its adjusted p-values; as the point has it where nothing was tested or runs collapsed."""
    if row["p"] is None or row["collapsed"]:
        return row
    word, lean = verdict(row["estimate"], p=row["p"], p_adjusted=row["p_holm"], p_beyond=row["p_beyond_holm"],
                         p_equivalence=row["p_equivalence"], higher_is_better=higher_is_better, after="Holm over the grid")
    return row | {"verdict": word, "lean": lean}


def _varied(summary: Mapping, axes: list[dict]) -> dict:
    """What the command line set, without the axes themselves."""
    names = {axis["name"] for axis in axes}
    return {key: value for key, value in summary["varied"].items() if key not in names}

"""The second claim, each arm at its own best -> `reports/<study>/tuned/`, beside the report under one recipe.

    index.html, report.md, results.json, figures/, tables/, inputs.json    as `report.py` writes them

`results.json` is that of any report, with `identical` (the comparisons and arms under one recipe) and `search` (space, budget,
and every arm's trials) besides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from mixedfer import disk
from mixedfer.evidence import report, wording
from mixedfer.records import Plan


def write(plan: Plan, identical: Plan, store: Path, reports: Path, pictures: bool = True) -> list[str]:
    """Make the report of both comparisons, unless there is one from the same inputs; returns what a terminal should say. It
    shows no pictures; whether the other report does is in its command.

    Raises what `report.write` raises.
    """
    plan, identical = (Plan(**json.loads(disk.to_json(asdict(one)))) for one in (plan, identical))
    folder = Path(reports).joinpath(*plan.name.split("/"))
    digests = (report.digest(one, Path(store), pictures) for one in (plan, identical))
    inputs = hashlib.sha256("".join(digests).encode()).hexdigest()
    if not report.current(folder, inputs):
        report.put(folder.resolve(), _contents(plan, identical, Path(store), pictures), inputs)
    return [*brief(disk.read_json(folder / "results.json")), f"Report: {folder / 'index.html'}"]


def brief(numbers: Mapping) -> list[str]:
    """The second claim for a terminal: what was searched, what is wrong, then one sentence per treatment."""
    fields = [entry["name"] for entry in numbers["search"]["space"]]
    return [f"Each arm under the best of {wording.plural(numbers['search']['trials'], 'trial')} of {', '.join(fields)}:",
            wording.brief(numbers)]


def _contents(plan: Plan, identical: Plan, store: Path, pictures: bool) -> dict[str, bytes]:
    """Every file of the report by its name, but for `inputs.json`."""
    # Here and not above: an unchanged report must not wait for SciPy and Matplotlib.
    from mixedfer.evidence import comparing, results, summary, tables, tuned_figures, tuned_page

    found, shared = results.load(plan, store), results.load(identical, store)
    numbers = summary.summarise(found, comparing.compare_all(found)) | {
        "identical": _identical(summary.summarise(shared, comparing.compare_all(shared))), "search": _search(plan)}
    drawn, made = tuned_figures.draw_all(found, numbers), tuned_page.tables(numbers)
    files = report.whole(numbers, drawn, made) | {"tables/predictions.csv": tables.predictions(found).encode()}
    return files | tuned_page.pages(found, numbers, drawn, made, pictures)


def _identical(numbers: Mapping) -> dict:
    """What is told of the comparison under one recipe."""
    told = ("comparisons", "arms", "comparable", "metric", "margin", "first_metric", "first_margin")
    return {key: numbers[key] for key in told}


def _search(plan: Plan) -> dict:
    """The search as it is told: budget, space, and the trials of each arm, counted from 0."""
    search = plan.tuned["search"]
    budget = {key: search[key] for key in ("trials", "replicates", "together", "sampler", "seed")}
    arms = [{"arm": arm, "best": made["best"],
             "trials": [{key: trial[key] for key in ("values", "score")} for trial in made["trials"]]}
            for arm, made in plan.searched.items()]
    return {**budget, "epochs": plan.study["recipe"]["epochs"], "optuna": plan.tuned["optuna"], "space": plan.tuned["space"],
            "arms": arms}

"""What stands in the report of arms at their own best: both claims side by side, what was tuned, and every trial."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from mixedfer.evidence import page, reproduce, study_tables, wording
from mixedfer.evidence import tables as every_table
from mixedfer.evidence.banners import Banner, banners, moved_margin
from mixedfer.evidence.pictures import Picture
from mixedfer.evidence.proof_reading import joined
from mixedfer.evidence.proof_tuned import value_words
from mixedfer.evidence.sections import SYMBOLS, Section, Shelf
from mixedfer.evidence.table import Column, Table, gap, kind, table_of

#: The two claims by where they stand in results.json: what is compared, in words.
CLAIMS = {"identical": "one recipe for all arms", "tuned": "each arm at its own best"}
#: The part of a range, at either end, where a best value may mean that better ones lie beyond.
EDGE = 0.05


def claims(numbers: Mapping) -> dict[str, Mapping]:
    """Claim -> its comparisons, arms and proof, the identical recipe first."""
    return {"identical": numbers["identical"], "tuned": numbers}


def tables(numbers: Mapping) -> list[Table]:
    """Both claims, the best values, the space, the budget, every trial, the arms and the proof."""
    return [_both(numbers), _best(numbers), _space(numbers), _trials(numbers), every_table.arms(numbers),
            study_tables.checks(numbers)]


def pages(found, numbers: Mapping, drawn: list[Picture], made: list[Table], pictures: bool) -> dict[str, bytes]:
    """`index.html` and `report.md`."""
    return page.render({"summary": numbers, "design": f"{page.design(found, numbers)}; {budget(numbers['search'])}",
                        "banners": [*banners(found, numbers), *_moved(numbers), *_edges(numbers["search"])],
                        "sections": sections(found.plan, numbers, drawn, made, pictures)}, "figures.js")


def sections(plan, numbers: Mapping, drawn: list[Picture], made: list[Table], pictures: bool) -> list[Section]:
    """Every section; the answer first."""
    shelf, checks = Shelf(drawn, made), next(table for table in made if table.name == "checks")
    picture, table = shelf.pictures, shelf.table
    return shelf.fill([
        Section("answer", "The answer of both comparisons", [
            ("text", "Two claims, both reported whatever they say. Under one recipe the arms differ in their inputs alone: "
             "that is the study's own question. Here each arm has the best recipe that a search of its own found, with the "
             "same budget for every arm, so recipes differ too: that answers whether one recipe favoured an arm. Each claim is "
             "adjusted over its own treatments."),
            *picture("answer"), ("verdicts", _verdicts(numbers)), *table("claims")]),
        Section("differs", "In what the arms differ", [("text", _told(numbers)), *table("best")]),
        Section("comparable", "What was proven", [("checks", numbers["comparable"]["checks"])]),
        Section("search", "The search", [
            ("text", f"{budget(numbers['search'])}. {_how(numbers)}"), *table("space"), *picture("search"), *table("trials")]),
        Section("arms", "The arms at their own best", [("text", "Every run is listed, none is chosen."), *table("arms")]),
        Section("reproduce", "How to reproduce", [
            ("code", reproduce.command(plan, "tune", pictures)), ("text", reproduce.licence(plan)),
            ("files", [("The study under one recipe", [("report", "../index.html")]),
                       ("Every prediction for every test image", [("CSV", "tables/predictions.csv")]),
                       ("All numbers of this page", [("JSON", "results.json")]),
                       (checks.title, checks.files())])])])


def budget(search: Mapping) -> str:
    """What every arm was given, in words."""
    return (f"{wording.plural(search['trials'], 'trial')} of {wording.plural(search['replicates'], 'run')} and "
            f"{wording.plural(search['epochs'], 'epoch')} for each of {wording.plural(len(search['arms']), 'arm')}")


def _how(numbers: Mapping) -> str:
    search = numbers["search"]
    how = {"tpe": "at random, the same for every arm, until ten are known, then by a tree-structured Parzen estimator from "
           f"the arm's own, in rounds of {search['together']}", "random": "at random, the same for every arm"}
    return (f"Optuna {search['optuna']} proposed them: {how[search['sampler']]}; the study's own recipe is the first of each. "
            f"A trial's score is its validation {wording.name(numbers['metric'])}; the test images were not in the data that "
            "trials saw. Scores of the best are flattered by the choice: read the test results, not these.")


def _verdicts(numbers: Mapping) -> list[dict]:
    return [{"word": row["verdict"], "kind": row["verdict"].replace(" ", "-"), "symbol": SYMBOLS[row["verdict"]],
             "sentence": f"{CLAIMS[claim].capitalize()}: {wording.measured(row, numbers['metric'])}",
             "meaning": wording.meaning(row, one)} for claim, one in claims(numbers).items() for row in wording.judged(one)]


def _told(numbers: Mapping) -> str:
    names = [entry["name"] for entry in numbers["search"]["space"]]
    first, *others = (_values(arm) for arm in numbers["search"]["arms"])
    apart = [name for name in names if any(values[name] != first[name] for values in others)]
    return (f"In what they see, and in {joined(apart)} of their recipes. Nothing else was tuned." if apart else
            "In what they see alone: every arm found the same recipe best.")


def _values(arm: Mapping) -> dict:
    return arm["trials"][arm["best"]]["values"]


def _both(numbers: Mapping) -> Table:
    """One row per treatment and claim."""
    columns = (Column("claim", "recipe"), Column("control"), Column("treatment"), *_scores(numbers["metric"]),
               *gap(numbers, tested=True), Column("p_adjusted", "p (Holm)", "p"), Column("verdict"),
               Column("lean", reach="csv"))
    rows = []
    for claim, one in claims(numbers).items():
        arms = {arm["name"]: (arm["mean"], arm["sd"]) for arm in one["arms"]}
        passed = one["comparable"]["passed"]
        rows += [{**row, "claim": CLAIMS[claim], "control_score": arms[row["control"]],
                  "treatment_score": arms[row["treatment"]], "p_adjusted": row["p_adjusted"] if passed else None}
                 for row in wording.judged(one)]
    return table_of("claims", "Both comparisons", columns, rows)


def _scores(metric: str) -> tuple[Column, ...]:
    return tuple(Column(f"{side}_score", f"{side} {wording.heading(metric)}", kind("spread", metric))
                 for side in ("control", "treatment"))


def _best(numbers: Mapping) -> Table:
    """One row per field, one column per arm."""
    arms = numbers["search"]["arms"]
    columns = (Column("field"), Column("own", "the study's"), *(Column(f"{arm['arm']}", kind="text") for arm in arms))
    return Table("best", "Tuned fields: the study's recipe and each arm's best", columns, [
        [entry["name"], value_words(entry["own"]), *(value_words(_values(arm)[entry["name"]]) for arm in arms)]
        for entry in numbers["search"]["space"]])


def _space(numbers: Mapping) -> Table:
    columns = (Column("field"), Column("space", "searched", "words"))
    return Table("space", "The space, the same for every arm", columns, [
        [entry["name"], ", ".join(map(value_words, entry["values"])) if "values" in entry else
         f"{value_words(entry['low'])} to {value_words(entry['high'])}{', log scale' * entry['log']}"]
        for entry in numbers["search"]["space"]])


def _trials(numbers: Mapping) -> Table:
    """Every trial of every arm, counted from 1."""
    names = [entry["name"] for entry in numbers["search"]["space"]]
    columns = (Column("arm"), Column("trial", kind="count"), *(Column(name) for name in names),
               
               Column("score", f"validation {wording.name(numbers['metric'])}", kind("percent", numbers["metric"])),
               Column("best", kind="yes"), Column("diverged", kind="yes"))
    return Table("trials", "Every trial", columns, [
        [arm["arm"], number + 1, *(value_words(trial["values"][name]) for name in names), trial["score"],
         number == arm["best"], trial["score"] is None]
        for arm in numbers["search"]["arms"] for number, trial in enumerate(arm["trials"])])


def _moved(numbers: Mapping) -> list[Banner]:
    """That the margin of the comparison under one recipe was changed, where that of the other was not, or otherwise."""
    told = wording.moved_margin(numbers["identical"])
    other = told and told != wording.moved_margin(numbers)
    return moved_margin(f"Under one recipe, {told[0].lower()}{told[1:]}") if other else []


def _edges(search: Mapping) -> Iterator[Banner]:
    """Where a best value lies so near an end of its range that better ones may lie beyond."""
    for entry in search["space"]:
        near = [arm["arm"] for arm in search["arms"] if "low" in entry and _at_edge(entry, _values(arm)[entry["name"]])]
        if near:
            yield Banner("note", f"The best {entry['name']} of {joined(near)} lies at an end of its range",
                         "Better values may lie beyond; a wider space would show it.")


def _at_edge(entry: Mapping, value: float) -> bool:
    """
    >>> _at_edge({"low": 1e-4, "high": 1e-2, "log": True}, 9e-3), _at_edge({"low": 0, "high": 1, "log": False}, 0.0)
    (True, False)
    """
    low, high, at = (math.log(number) if entry["log"] else number for number in (entry["low"], entry["high"], value))
    # Below 0 there is rarely anything to search: no dropout, no weight decay.
    near = high - at if entry["low"] == 0 else min(at - low, high - at)
    return near < EDGE * (high - low)

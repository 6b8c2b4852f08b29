"""What the arms of a study explain: a gain of the landmarks counts only beyond what its controls gain.

A control is recognised by what it sees: a view that holds no information about the face, or too much, another seed, more
parameters.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mixedfer.evidence.comparing import difference
from mixedfer.evidence.table import Column, Table, gap

#: View, by the name of its file -> what an arm with it tells.
VIEWS = {
    "shuffled": "Landmarks of another face. An equal gain would come from having a landmark branch, not from what a face's "
                "own landmarks say.",
    "noise": "Noise in place of landmarks. An equal gain would come from more weights and an input that differs from face "
             "to face.",
    "constant": "One face for every image. An equal gain would come from the wider network alone.",
    "found_flag": "Only whether a face was found. An equal gain would come from which faces the detector misses.",
    "shuffled_within_class": "Landmarks of another face of the same class: it leaks the true label and is no evidence. It "
                             "shows what this network could gain.",
}
SIZE = "The image alone, with as many parameters as with landmarks. An equal gain would come from size."
CHANCE = "The control again, with {} seeds. Any difference is chance."
LEAKING = VIEWS["shuffled_within_class"]


def tells(arm: dict) -> str:
    """What this arm (of the canonical study) rules in or out as a control; "" for an arm that is none.

    >>> tells({"name": "b", "image": True, "landmarks": None, "seed": 1})
    'The control again, with other seeds. Any difference is chance.'
    """
    if arm.get("widened"):
        return SIZE
    if arm.get("landmarks") is None:
        return CHANCE.format("other" if arm.get("seed") else "the same")
    view = re.search(r"views\.(\w+):", _kind(arm["landmarks"]))
    return VIEWS.get(view[1], "") if view else ""


def explains(results, summary: dict) -> Table:
    """Every treatment with its effect, beside what it tells."""
    known = _arms(results)
    columns = (Column("treatment"), Column("role", "what it tells", "words"), *gap(summary, tested=True), Column("verdict"))
    rows = [[row["treatment"], tells(known[row["treatment"]]) or _subject(known[row["treatment"]]), row["estimate"],
             row["ci95"], row["verdict"]] for row in summary["comparisons"]]
    shown = 5 if summary["comparable"]["passed"] else 3
    return Table("explains", "What each treatment tells", columns[:shown], [row[:shown] for row in rows])


def beyond(results, summary: dict) -> Table:
    """What every treatment gains beyond every control among the treatments."""
    known, plan = _arms(results), results.plan
    pairs = [(subject, control) for subject in plan.treatments if not tells(known[subject])
             for control in plan.treatments if tells(known[control]) not in ("", LEAKING)]
    columns = (Column("treatment"), Column("beyond"), *gap(summary, summary["comparable"]["passed"]))
    rows = [[subject, control, *_difference(results, control, subject)][:len(columns)] for subject, control in pairs]
    return Table("beyond", "What is gained beyond the controls", columns, rows)


def _difference(results, control: str, treatment: str) -> tuple[float, tuple[float, float] | None]:
    """A treatment against a control among the treatments, by the test of the study."""
    study = {**results.plan.study, "control": _arms(results)[control]}
    found = difference(replace(results, plan=replace(results.plan, study=study)), treatment)
    return found.estimate, found.ci95


def _arms(results) -> dict[str, dict]:
    study = results.plan.study
    return {arm["name"]: arm for arm in [study["control"], *study["treatments"]]}


def _subject(arm: dict) -> str:
    return "Landmarks beside the image." if arm.get("image") else "Landmarks alone, without the image."


def _kind(view) -> str:
    return str(view["kind"] if isinstance(view, dict) else view)

"""What the arms of a study explain: a gain of the landmarks counts only beyond what its controls gain.

A control is recognised by what it sees: the inputs of the control arm again, more parameters, or a view that holds no
information about the face, or too much. What an equal gain of such a view would mean is the view's own sentence
(`rules_out`), which every run of the arm records; it is told where the control arm sees the image alone, as it was meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mixedfer.evidence import preparations
from mixedfer.evidence.comparing import difference
from mixedfer.evidence.table import Column, Table, gap

#: What an arm sees, by what its view shows.
SEES = {"own": "Landmarks", "others": "Landmarks of other faces",
        "others of its class": "Landmarks of other faces of its class",
        "one for all": "One face's landmarks for all", "noise": "Noise in place of landmarks",
        "nothing": "An input in place of landmarks"}
SIZE = "An equal gain would mean that the gain comes from size."
CHANCE = "The control again, with {} seeds. Any difference is chance."
#: What must never count as evidence, nor as something to go beyond: it holds the true label.
LEAKS = "others of its class"


def tells(arm: Mapping, control: Mapping, view: Mapping | None = None, prepared: str = "") -> str:
    """What a treatment of the canonical study sees and, for a control, what its gain would mean.

    `view` is what the arm's view says of itself: the entry "landmarks" of a run's summary. `prepared` says how its pictures
    were prepared otherwise than the control's: a gain then has two causes, unless the inputs are the same.

    >>> image = {"name": "a", "image": True, "landmarks": None, "widened": None, "seed": 0}
    >>> tells({**image, "name": "b", "seed": 1}, image)
    'The control again, with other seeds. Any difference is chance.'
    >>> tells(image, {**image, "name": "c", "landmarks": "normalised"})
    'The image alone.'
    """
    if prepared:
        seeds = "" if arm["seed"] == control["seed"] else ", other seeds"
        sees = "The same inputs" if _inputs(arm) == _inputs(control) else _sees(arm, view)[:-1]
        return f"{sees}{seeds}, prepared otherwise: {prepared}.{f' {_says(view)}' if _shows(view) == LEAKS else ''}"
    if _inputs(arm) == _inputs(control):
        return CHANCE.format("the same" if arm["seed"] == control["seed"] else "other")
    meant = SIZE if arm["widened"] else _says(view)
    alone = _inputs(control) == (True, None, None)
    return " ".join([_sees(arm, view), *([meant] if meant and (alone or _shows(view) == LEAKS) else [])])


def explains(results, summary: dict) -> Table:
    """Every treatment with its effect, beside what it tells."""
    arms = _arms(results)
    columns = (Column("treatment"), Column("role", "what it tells", "words"), *gap(summary, tested=True), Column("verdict"))
    rows = [[row["treatment"], tells(arms[row["treatment"]], arms[row["control"]], _view(results, row["treatment"]),
                                     preparations.between(results, row["treatment"], row["control"])),
             row["estimate"], row["ci95"], row["verdict"]] for row in summary["comparisons"]]
    shown = 5 if summary["comparable"]["passed"] else 3
    return Table("explains", "What each treatment tells", columns[:shown], [row[:shown] for row in rows])


def among(results) -> list[str]:
    """The controls among the treatments; none that leaks the label."""
    arms, again = _arms(results), _again(results)
    views = {name: _view(results, name) for name in results.plan.treatments}
    return [name for name, view in views.items()
            if (name in again or arms[name]["widened"] or _says(view)) and _shows(view) != LEAKS]


def beyond(results, summary: dict) -> Table:
    """What every treatment with landmarks gains beyond every control among the treatments that saw the same data."""
    arms, again = _arms(results), _again(results)
    data = {name: arm.faces.content for name, arm in results.arms.items()}
    subjects = [name for name in results.plan.treatments
                if arms[name]["landmarks"] and not _says(_view(results, name)) and name not in again]
    columns = (Column("treatment"), Column("beyond"), *gap(summary, summary["comparable"]["passed"]))
    rows = [[subject, control, *_difference(results, control, subject)][:len(columns)]
            for subject in subjects for control in among(results) if data[subject] == data[control]]
    return Table("beyond", "What is gained beyond the controls", columns, rows)


def _again(results) -> set[str]:
    """The treatments that are the control again: the same inputs of the same data."""
    arms, plan = _arms(results), results.plan
    return {name for name in plan.treatments if _inputs(arms[name]) == _inputs(arms[plan.control])
            and results.arms[name].faces.content == results.arms[plan.control].faces.content}


def _difference(results, control: str, treatment: str) -> tuple[float, tuple[float, float] | None]:
    """A treatment against a control among the treatments, by the test of the study."""
    study = {**results.plan.study, "control": _arms(results)[control]}
    found = difference(replace(results, plan=replace(results.plan, study=study)), treatment)
    return found.estimate, found.ci95


def _arms(results) -> dict[str, dict]:
    study = results.plan.study
    return {arm["name"]: arm for arm in [study["control"], *study["treatments"]]}


def _view(results, arm: str) -> Mapping | None:
    return results.arms[arm].records[0][0].summary["landmarks"]


def _says(view: Mapping | None) -> str:
    return (view or {}).get("rules_out", "")


def _shows(view: Mapping | None) -> str:
    return (view or {}).get("shows", "own")


def _sees(arm: Mapping, view: Mapping | None) -> str:
    if arm["landmarks"] is None:
        return f"The image alone{', with as many parameters as with landmarks' if arm['widened'] else ''}."
    return f"{SEES[_shows(view)]} {'beside the image' if arm['image'] else 'alone, without the image'}."


def _inputs(arm: Mapping) -> tuple:
    """What the network sees of a face set, whatever the arm is called and whichever seeds it draws."""
    return arm["image"], arm["landmarks"], arm["widened"]

"""The warnings of a report, which nobody may miss: they stand above the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mixedfer.evidence import wording


@dataclass(frozen=True)
class Banner:
    """Something that nobody may miss. `kind` is "danger", "warning" or "note"."""

    kind: str
    title: str
    text: str


def banners(results, summary: Mapping) -> list[Banner]:
    """Everything that a reader must know before the answer, the worst first."""
    failed = [f"{check['name']}: {check['detail']}" for check in summary["comparable"]["checks"] if not check["passed"]]
    return [
        *([not_comparable(failed)] if failed else []), *(collapsed(title, _reasons(summary, arm))
                                                         for arm, title in wording.fallen(summary).items()),
        *moved_margin(wording.moved_margin(summary)), *single([summary["design"]]), *varied(results.plan.varied),
        *_unreadable(results.faces), *_withheld(results), *_note(results.faces)]


def not_comparable(failed: list[str], where: str = "") -> Banner:
    """That checks of the proof failed, in the study or at the point of a grid that `where` names."""
    return Banner("danger", f"The arms are not comparable{where}", "Something differed between them that their study does not "
                  f"say, so {'this point has' if where else 'this report gives'} no significance and no verdict. "
                  f"{'. '.join(failed)}.")


def collapsed(title: str, seen: str = "") -> Banner:
    """That runs of an arm learnt nothing."""
    return Banner("danger", title, "A collapsed run has learnt nothing, so a comparison with it says nothing about what the "
                  f"arms see.{seen}")


def moved_margin(*moved: str) -> list[Banner]:
    """That margins were changed, each in words; "" where one was not."""
    return [Banner("warning", "The margin was changed", f"{told}. A margin that is chosen after the runs can be chosen to suit "
                   "them, so read each interval before its verdict.") for told in dict.fromkeys(moved) if told]


def single(designs: list[Mapping]) -> list[Banner]:
    """That a study, or a point of a grid, has one run per arm."""
    return [Banner("warning", "One replicate", "One training run per arm cannot tell an effect from the luck of a seed. Two "
                   "replicates give an interval, five or more a useful one.")] if any(
        design["replicates"] == 1 and design["folds"] <= 1 for design in designs) else []


def varied(settings: Mapping, where: str = "") -> list[Banner]:
    """What was set on the command line."""
    values = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return [Banner("warning", "Values set on the command line", "These replace what the study file says, for every "
                   f"arm{where}: {values}.")] if values else []


def _reasons(summary: Mapping, arm: str) -> str:
    runs = next(one["collapse"] for one in summary["arms"] if one["name"] == arm)
    reasons = sorted({run["reason"] for run in runs})
    more = f" / and {len(reasons) - 2} more" if len(reasons) > 2 else ""
    return f" What was seen: {' / '.join(reasons[:2])}{more}."


def _unreadable(faces) -> list[Banner]:
    lost = int((~faces.readable).sum())
    return [Banner("warning", f"{lost:,} {'picture' if lost == 1 else 'pictures'} could not be read",
                   "No arm saw them; they are in no count of faces below and in no accuracy.")] if lost else []


def _withheld(results) -> list[Banner]:
    return [Banner("note", "Pictures are left out", "In place of each face stands a sketch of its landmarks, so that this "
                   "report can be passed on where the data may not. All numbers come from the real pictures.")
            ] if results.withheld else []


def _note(faces) -> list[Banner]:
    note = faces.meta["note"]
    return [Banner("note", "About the data", note)] if note else []

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
    return [*_proof(summary), *_collapse(summary), *_margin(summary), *_single(summary), *_varied(results.plan),
            *_unreadable(results.faces), *_note(results.faces)]


def _proof(summary: Mapping) -> list[Banner]:
    failed = [f"{check['name']}: {check['detail']}" for check in summary["comparable"]["checks"] if not check["passed"]]
    return [Banner("danger", "The arms are not comparable", "Something differed between them that their study does not "
                   f"say, so this report gives no significance and no verdict. {'. '.join(failed)}.")] if failed else []


def _collapse(summary: Mapping) -> list[Banner]:
    made = []
    for name, title in wording.fallen(summary).items():
        runs = next(arm["collapse"] for arm in summary["arms"] if arm["name"] == name)
        reasons = sorted({run["reason"] for run in runs})
        more = f" / and {len(reasons) - 2} more" if len(reasons) > 2 else ""
        made.append(Banner("danger", title, "A collapsed run has learnt nothing, so a comparison with it says nothing "
                           f"about what the arms see. What was seen: {' / '.join(reasons[:2])}{more}."))
    return made


def _margin(summary: Mapping) -> list[Banner]:
    moved = wording.moved_margin(summary)
    return [Banner("warning", "The margin was changed", f"{moved}. A margin that is chosen after the runs can be "
                   "chosen to suit them, so read each interval before its verdict.")] if moved else []


def _single(summary: Mapping) -> list[Banner]:
    if summary["design"]["replicates"] > 1 or summary["design"]["folds"] > 1:
        return []
    return [Banner("warning", "One replicate", "One training run per arm cannot tell an effect from the luck of a "
                   "seed. Two replicates give an interval, five or more a useful one.")]


def _varied(plan) -> list[Banner]:
    values = ", ".join(f"{name} = {value}" for name, value in plan.varied.items())
    return [Banner("warning", "Values set on the command line", "These replace what the study file says, for every "
                   f"arm: {values}.")] if values else []


def _unreadable(faces) -> list[Banner]:
    lost = int((~faces.readable).sum())
    return [Banner("warning", f"{lost:,} {'picture' if lost == 1 else 'pictures'} could not be read",
                   "No arm saw them; they are in no count of faces below and in no accuracy.")] if lost else []


def _note(faces) -> list[Banner]:
    note = faces.meta["note"]
    return [Banner("note", "About the data", note)] if note else []

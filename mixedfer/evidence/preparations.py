"""Arms with a preparation of their own: in which fields it differs from the study's, and which arms see one face set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mixedfer.faceset import FaceSet
from mixedfer.records import Plan


@dataclass(frozen=True)
class Prepared:
    """A face set and the arms that see it; `differs` says in which fields its preparation is not the study's."""

    arms: list[str]
    faces: FaceSet
    differs: str


def sets(results) -> list[Prepared]:
    """Every face set of a study once, the control's first."""
    grouped: dict[str, list[str]] = {}
    for name, arm in results.arms.items():
        grouped.setdefault(arm.faces.content, []).append(name)
    own = differences(results.plan) if len(grouped) > 1 else {}
    control, *others = grouped.values()
    return [Prepared(control, results.faces, own.get(control[0], "")),
            *(Prepared(arms, results.arms[arms[0]].faces, own.get(arms[0], "")) for arms in others)]


def several(results) -> bool:
    """Whether arms see different face sets."""
    return len({arm.faces.content for arm in results.arms.values()}) > 1


def effective(plan: Plan) -> dict[str, dict]:
    """Arm -> the canonical preparation of what it sees."""
    return {arm["name"]: arm.get("preparation") or plan.study["preparation"]
            for arm in (plan.study["control"], *plan.study["treatments"])}


def differences(plan: Plan) -> dict[str, str]:
    """Arm -> how its own preparation differs from the study's, in words; arms without such a difference are left out."""
    told = {name: ", ".join(_differing(own, plan.study["preparation"])) for name, own in effective(plan).items()}
    return {name: words for name, words in told.items() if words}


def between(results, arm: str, control: str) -> str:
    """How the preparation of one arm differs from that of another, in words; "" where both saw the same data."""
    if results.arms[arm].faces.content == results.arms[control].faces.content:
        return ""
    made = effective(results.plan)
    return ", ".join(_differing(made[arm], made[control]))


def by_whom(results) -> str:
    """Whose detector decided which faces count as found, where arms have several; "" where they have one."""
    return f"Found and missed are those of the preparation of {results.plan.control}." if several(results) else ""


def those_with(results) -> str:
    """The arms of which it is true what is told of missed faces."""
    return f"arms with the preparation of {results.plan.control}" if several(results) else "every arm"


def _differing(own: Any, shared: Any, path: str = "") -> Iterator[str]:
    """The fields in which two preparations differ; a part of another kind is told as a whole."""
    if isinstance(own, dict) and isinstance(shared, dict) and own.get("kind") == shared.get("kind"):
        for key in own:
            yield from _differing(own[key], shared.get(key), f"{path}.{key}" if path else key)
    elif own != shared:
        yield f"{path} {named(own)} instead of {named(shared)}"


def named(part: Any) -> str:
    """A part of a study by its name and its values, without modules and hashes.

    >>> named({"kind": "mixedfer.faces.detectors.haar:Haar@0123abcdef", "scale_factor": 1.3})
    'Haar(scale_factor = 1.3)'
    """
    return re.sub(r"[\w.]+:(\w+)(@\w+)?", r"\1", in_words(part))


def in_words(value: Any) -> str:
    """A JSON value as people write it; a part of a study by its kind and fields."""
    if isinstance(value, dict):
        fields = ", ".join(f"{key} = {in_words(item)}" for key, item in value.items() if key != "kind")
        return f"{value['kind']}({fields})" if "kind" in value and fields else str(value.get("kind", fields))
    if isinstance(value, list):
        return ", ".join(in_words(item) for item in value)
    return {None: "none", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else str(value)

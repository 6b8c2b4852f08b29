"""What runs wrote down, read so that a missing entry is None, and compared in words; used by the checks of the proof.

A run's spec is whole and as planned: `results.load` refuses others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mixedfer.disk import to_json
from mixedfer.records import Record

PARTS = ("validation", "test")

#: (arm, fold, replicate) -> its finished run.
Runs = Mapping[tuple[str, int, int], Record]
#: Runs that must agree, by their names in words.
Group = dict[str, Record]


@dataclass(frozen=True)
class Check:
    """One line of the proof: what was compared across arms, whether it held, and the evidence in words."""

    name: str
    passed: bool
    detail: str


def short(value: Any) -> str:
    """Eight hexadecimal digits that name a JSON value in a sentence.

    >>> short([1, 2]) == short([1, 2]) != short([2, 1])
    True
    """
    return hashlib.sha256(to_json(value).encode()).hexdigest()[:8]


def run_name(key: tuple[str, int, int], folds: bool = False) -> str:
    """A run in words, counted from 1, as `study.Cell` names it.

    >>> run_name(("mixed", 1, 0), folds=True)
    'mixed, replicate 1, fold 2'
    """
    return f"{key[0]}, replicate {key[2] + 1}" + (f", fold {key[1] + 1}" if folds else "")


def named(key: tuple[str, int, int], run: Record) -> str:
    return run_name(key, folds=bool(run.spec["split"]["folds"]))


def look_up(value: Any, *path: str) -> Any:
    """The entry at a path of keys; None where it is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def shown_in(run: Record, what: str) -> list[str | None]:
    """One hash per epoch of what the model was shown; None where it is missing."""
    shown = look_up(run.proof, "shown")
    return [_text(look_up(epoch, what)) for epoch in shown] if isinstance(shown, list) else []


def evaluated_in(run: Record, what: str) -> list[str | None]:
    """One hash per evaluated part, validation and test, of what the model was shown; None where it is missing."""
    return [_text(look_up(run.proof, "evaluated", part, what)) for part in PARTS]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def seed_of(run: Record) -> int:
    return run.spec["arm"]["seed"]


def inputs_of(run: Record) -> dict:
    """What makes an arm but for its seeds and its preparation."""
    return {**run.spec["arm"], "seed": 0}


def data_of(run: Record) -> str:
    """What it was trained on; arms with a preparation of their own have other data, of the same pictures."""
    return run.spec["data"]


def view_of(run: Record) -> Any:
    return run.spec["arm"]["landmarks"]


def grouped(runs: Runs, *by: Callable[[Record], Any]) -> list[Group]:
    """The runs of each fold and replicate, apart where they differ in what `by` gives."""
    return _groups(runs, lambda key: key[1:], by)


def by_fold(runs: Runs, *by: Callable[[Record], Any]) -> list[Group]:
    """The runs of each fold, all replicates together, apart where they differ in what `by` gives."""
    return _groups(runs, lambda key: key[1], by)


def _groups(runs: Runs, place: Callable, by: tuple[Callable[[Record], Any], ...]) -> list[Group]:
    groups: dict[str, Group] = {}
    for key, run in runs.items():
        groups.setdefault(to_json([place(key), *(value(run) for value in by)]), {})[named(key, run)] = run
    return list(groups.values())


def first_runs(runs: Runs) -> dict[str, Record]:
    """The first run of each arm."""
    firsts: dict[str, Record] = {}
    for key, run in runs.items():
        firsts.setdefault(key[0], run)
    return firsts


def declared(runs: Runs) -> str:
    """Which arms draw other seeds than all others; "" when none does."""
    seeds = {arm: seed_of(run) for arm, run in first_runs(runs).items()}
    alone = [arm for arm, seed in seeds.items() if seed and list(seeds.values()).count(seed) == 1]
    return (f"; {joined(alone)} {'draw' if len(alone) > 1 else 'draws'} other seeds by declaration (A/A), compared in recipe, "
            "data, split and test images only") if alone else ""


def differing(one: Any, other: Any, path: str = "") -> list[str]:
    """Dotted names of the entries in which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [name for key in sorted(one.keys() | other.keys())
                for name in differing(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))]
    return [] if one == other else [path]


def uniform(runs: Runs, value: Callable[[Record], Any]) -> str:
    """Which run differs from the first one, and in what; "" when all agree."""
    (first, reference), *others = ((named(key, run), value(run)) for key, run in runs.items())
    for name, found in others:
        if names := differing(reference, found):
            return f"{name} differs from {first} in {', '.join(names)}"
    return ""


def agree(groups: list[Group], what: str, value: Callable[[Record], Any]) -> list[str]:
    """Where runs of a group differ in one value, or left none."""
    wrong = []
    for group in groups:
        found = {name: value(run) for name, run in group.items()}
        first = next(iter(found))
        wrong += [f"{name} left no {what}" if own in (None, "") else f"{name} differs from {first} in {what}"
                  for name, own in found.items() if own in (None, "") or own != found[first]]
    return wrong


def per_epoch(groups: list[Group], what: str, value: Callable[[Record], Any]) -> list[str]:
    """Where runs of a group differ in a list of one entry per epoch, or lack entries."""
    wrong = []
    for group in groups:
        first, reference = "", []
        for name, run in group.items():
            found = value(run)
            found = [entry for entry in found if entry not in (None, "")] if isinstance(found, list) else []
            if not found or len(found) != look_up(run.summary, "epochs"):
                wrong.append(f"{name} left {len(found)} entries of {what}, expected one per epoch")
            elif not first:
                first, reference = name, found
            elif epoch := next((i for i, (a, b) in enumerate(zip(reference, found), 1) if a != b), 0):
                wrong.append(f"{name} differs from {first} in {what} from epoch {epoch}")
            elif len(found) != len(reference):
                wrong.append(f"{name} has {len(found)} entries of {what}, {first} has {len(reference)}")
    return wrong


def evaluated(groups: list[Group], name: str, what: str) -> list[str]:
    """Where runs of a group differ in what they were shown when they were validated and tested."""
    return [sentence for part in PARTS for sentence in agree(
        groups, f"the {part} images' {what}", lambda run, part=part: look_up(run.proof, "evaluated", part, name))]


def verdict(name: str, wrong: list[str], right: str) -> Check:
    wrong = [sentence for sentence in wrong if sentence]
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Check(name, not wrong, "; ".join(wrong[:3]) + more if wrong else right)


def joined(words: Iterable[str]) -> str:
    """Words as they are listed in a sentence.

    >>> joined(["a"]), joined("ab"), joined("abc")
    ('a', 'a and b', 'a, b and c')
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def counted(runs: Runs) -> str:
    folds, replicates = (len({key[at] for key in runs}) for at in (1, 2))
    words = f"{replicates} replicate{'s' * (replicates > 1)}"
    return f"{words} x {folds} folds" if folds > 1 else words

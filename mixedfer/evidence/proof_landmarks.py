"""The check of what landmark branches were shown: whose landmarks, by what runs noted, and not by what a view is called.

Arms say what their view shows (see `mixedfer.learning.views`). The sources of every batch and the hashes of the numbers
themselves are held against that.
"""

from __future__ import annotations

from mixedfer.evidence.proof_reading import (
    Check,
    Group,
    Runs,
    by_fold,
    data_of,
    evaluated,
    evaluated_in,
    first_runs,
    grouped,
    inputs_of,
    joined,
    look_up,
    named,
    per_epoch,
    seed_of,
    shown_in,
    verdict,
    view_of,
)
from mixedfer.records import Record

WHOSE = {"own": "saw each face's own landmarks", "others": "was given other faces' landmarks",
         "others of its class": "was given landmarks of other faces of the same class"}
#: What a run noted of the faces whose landmarks it was given, where it was not another one for each.
OWN = {"own": "each face's own", "some own": "some faces' own"}
SAME = "was given the same numbers for every face"
ANEW = "was given numbers that are drawn anew in every replicate"
#: What must be seen in the numbers of the controls that show no face of the set.
SIGNS = {"one for all": SAME, "noise": ANEW}


def landmarks(runs: Runs) -> Check:
    """Arms with one view and one seed saw landmarks of the same faces, and with one preparation the same numbers; whose
    faces these were is as the view says.
    """
    seeing = {key: run for key, run in runs.items() if view_of(run) is not None}
    groups = grouped(seeing, seed_of, view_of, data_of)
    wrong = [sentence for key, run in seeing.items() for sentence in _sources(named(key, run), run)]
    for what, alike in (("landmarks", groups), ("sources", grouped(seeing, seed_of, view_of))):
        wrong += per_epoch(alike, what, lambda run, what=what: shown_in(run, what)) + evaluated(alike, what, what)
    wrong += _own_numbers(seeing) + _unlike_their_view(seeing)
    return verdict("landmarks", wrong, "; ".join(_words(seeing, groups)) if seeing else "no arm sees landmarks")


def _shows(run: Record) -> str | None:
    return look_up(run.summary, "landmarks", "shows")


def _sources(name: str, run: Record) -> list[str]:
    """Whether an arm was given the landmarks of those faces of whom its view says so, in every epoch and in evaluation."""
    sources = {*shown_in(run, "sources"), *evaluated_in(run, "sources")}
    if _shows(run) not in (*WHOSE, *SIGNS, "nothing"):
        return [f"{name} left no word on whose landmarks its view shows"]
    if None in sources:
        return []  # told where entries are counted
    if _shows(run).startswith("others"):
        return [f"{name} was given {whose} landmarks, its view is of other faces'"
                for mark, whose in OWN.items() if mark in sources]
    return [f"{name} was given other faces' landmarks, its view is not of these"] if sources != {"own"} else []


def _numbers(run: Record) -> set[str]:
    """The hashes of all that the landmark branch was shown: one per epoch and per evaluated part."""
    return {*shown_in(run, "landmarks"), *evaluated_in(run, "landmarks")} - {None}


def _own_numbers(seeing: Runs) -> list[str]:
    """Where a control, which shows others' landmarks or none, was given the numbers of an arm that shows each face's own."""
    wrong = []
    for group in grouped(seeing):
        own = {number: name for name, run in group.items() if _shows(run) == "own" for number in _numbers(run)}
        for name, run in group.items():
            if _shows(run) != "own" and (both := sorted(_numbers(run) & own.keys())):
                wrong.append(f"{name} was given the numbers of {own[both[0]]}, which saw each face's own landmarks")
    return wrong


def _unlike_their_view(seeing: Runs) -> list[str]:
    """Where the numbers have not the sign that the view should give them, or are the same for faces that should differ."""
    wrong = []
    for group in by_fold(seeing, inputs_of, data_of):
        name, run = next(iter(group.items()))
        signs = _signs(group)
        sign = SIGNS.get(_shows(run))
        wrong += [f"{name}: by its view it {sign}, by its hashes not"] * (signs.get(sign) is False)
        if _shows(run) in WHOSE and signs[SAME]:
            wrong.append(f"{name} {SAME}, its view shows faces' landmarks")
    return wrong


def _signs(group: Group) -> dict[str, bool | None]:
    """What the hashes of an arm's runs of one fold say of its numbers; None where there is nothing to compare.

    The same numbers in every epoch and replicate, though the faces come in other orders, are the same for every face. Without
    augmentation and in one order, only what is drawn differs between replicates.
    """
    orders = {order for run in group.values() for order in shown_in(run, "order")}
    trained = {numbers for run in group.values() for numbers in shown_in(run, "landmarks")}
    tested = {(run.spec["replicate"], seed_of(run)): evaluated_in(run, "landmarks")[-1] for run in group.values()}
    return {SAME: len(trained) == 1 if len(orders) > 1 else None,
            ANEW: len(set(tested.values())) == len(tested) if len(tested) > 1 else None}


def _words(seeing: Runs, groups: list[Group]) -> list[str]:
    firsts = first_runs(seeing)
    told = {arm: WHOSE.get(_shows(run)) or _nothing(seeing, run) for arm, run in firsts.items()}
    order = list(dict.fromkeys(told.values()))
    words = [f"{arm} {told[arm]}" for arm in sorted(told, key=lambda arm: order.index(told[arm]))]
    own, controls = ([arm for arm, run in firsts.items() if (_shows(run) == "own") is wanted] for wanted in (True, False))
    alike = "view and seed" if len({data_of(run) for run in seeing.values()}) == 1 else "view, seed and preparation"
    words.append(f"arms with one {alike} saw equal numbers" if any(len(group) > 1 for group in groups) else
                 f"no two arms have one {alike}, so no numbers had to be equal")
    if controls:
        words.append(f"{joined(controls)} saw other numbers than {joined(own)} in every epoch and evaluation" if own else
                     f"no arm saw the faces' own landmarks, so the numbers of {joined(controls)} were compared with none")
    return words


def _nothing(seeing: Runs, run: Record) -> str:
    """What the hashes tell of an arm whose view shows no face's landmarks."""
    groups = by_fold({key: other for key, other in seeing.items()
                      if (inputs_of(other), data_of(other)) == (inputs_of(run), data_of(run))})
    seen = [sign for sign in (SAME, ANEW) if all(_signs(group)[sign] for group in groups)]
    return seen[0] if seen else "was given no face's landmarks, as its view says (hashes alone cannot tell)"

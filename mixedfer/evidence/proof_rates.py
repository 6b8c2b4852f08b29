"""The check of learning rates: one course for all arms or, where the schedule follows validation, one rule for all runs.

Under such a rule arms have the rates that their own histories call for. What must hold then is that equal histories had equal
rates, and, for mixedfer's own rule, that the rates are those which a second implementation finds in each run's history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from mixedfer.disk import to_json
from mixedfer.evidence.proof_reading import Check, Runs, agree, counted, grouped, look_up, named, per_epoch, short, verdict
from mixedfer.records import Record

PLATEAU = "mixedfer.learning.schedules.plateau:Plateau@"


def learning_rate(runs: Runs) -> Check:
    """The rates are those that the optimiser had; a recipe's rule is compared by the check of the recipe."""
    wrong = agree(grouped(runs), "word on what its learning rate follows", lambda run: look_up(run.proof, "follows"))
    every = [_rates(run) for run in runs.values()]
    if any(look_up(run.proof, "follows") != "history" for run in runs.values()):
        wrong += per_epoch(grouped(runs), "learning rate", _rates)
        return verdict("learning rate", wrong, f"the same in all arms, epoch by epoch, in each of {counted(runs)} "
                       f"({short(every)})")
    wrong += per_epoch([{named(key, run): run} for key, run in runs.items()], "learning rate", _rates)
    wrong += [] if wrong else _one_rule(runs) + _other_than_recomputed(runs)
    return verdict("learning rate", wrong, f"by one rule, {_rule(runs)}, from each run's own validation, so that arms may have "
                   f"other rates: {len({to_json(rates) for rates in every})} courses in {len(runs)} runs ({short(every)}); "
                   f"equal histories had equal rates{_words(runs)}")


def _rates(run: Record) -> list[float | None]:
    """One rate per epoch; None where it is missing."""
    rates = look_up(run.proof, "learning_rate")
    return [rate if isinstance(rate, (int, float)) else None for rate in rates] if isinstance(rates, list) else []


def _kind(run: Record) -> str:
    """What the recipe's schedule is called, with its source; a dataclass is a mapping with its `kind`."""
    schedule = run.spec["recipe"]["schedule"]
    return str(schedule.get("kind") if isinstance(schedule, Mapping) else schedule)


def _rule(runs: Runs) -> str:
    return _kind(next(iter(runs.values()))).rpartition(":")[2].partition("@")[0]


def _words(runs: Runs) -> str:
    known = _kind(next(iter(runs.values()))).startswith(PLATEAU)
    return ", and every run those that its history gives when recomputed" if known else \
        "; the rule is the study's own and was not recomputed"


def _one_rule(runs: Runs) -> list[str]:
    """Where two runs had the same history up to an epoch, but not the same rate in it; all begin with the same one."""
    seen: dict[str, tuple[str, float]] = {}
    wrong = []
    for key, run in runs.items():
        past, name = hashlib.sha256(), named(key, run)
        for epoch, (rate, entry) in enumerate(zip(_rates(run), run.history), 1):
            first, expected = seen.setdefault(past.hexdigest(), (name, rate))
            if rate != expected:
                wrong.append(f"{name} differs from {first} in its learning rate in epoch {epoch}, after the same history")
            past.update(to_json(entry).encode())
    return wrong


def _other_than_recomputed(runs: Runs) -> list[str]:
    """Where a run's rates are not those that the rule of `Plateau` gives for its history."""
    wrong = []
    for key, run in runs.items():
        recipe = run.spec["recipe"]
        if _kind(run).startswith(PLATEAU):
            expected = recipe["learning_rate"] * _plateau(recipe["schedule"], run.history)
            # The optimiser keeps its rate in 32 bits.
            off = np.flatnonzero(~np.isclose(_rates(run), expected, rtol=1e-6, atol=0))
            wrong += [f"{named(key, run)} had a learning rate in epoch {off[0] + 1} that its history does not give"] \
                if len(off) else []
    return wrong


def _plateau(rule: Mapping, history: list[dict]) -> np.ndarray:
    """(epochs,): the factor in each epoch; a step down when `patience` epochs have passed since the best or the last step."""
    values = np.array([entry[rule["watched"]] for entry in history]) * (-1 if rule["watched"] == "validation_accuracy" else 1)
    better = np.diff(np.minimum.accumulate(values), prepend=np.inf) < 0
    steps, since = np.zeros(len(values)), 0
    for epoch in range(1, len(values)):
        since = epoch if better[epoch - 1] else since
        down = epoch - since == rule["patience"]
        steps[epoch:] += down
        since = epoch if down else since
    return np.maximum(rule["end"], rule["factor"] ** steps)

"""The proof that arms under recipes of their own differ in what was tuned and in their inputs, and in nothing else.

What a recipe decides can only be compared between arms whose recipes agree; all else is compared as in `proof`, between all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mixedfer.disk import to_json
from mixedfer.evidence import proof, proof_search
from mixedfer.evidence.preparations import named
from mixedfer.evidence.proof_images import same_images, split
from mixedfer.evidence.proof_landmarks import landmarks
from mixedfer.evidence.proof_rates import learning_rate
from mixedfer.evidence.proof_reading import (
    Check,
    Runs,
    agree,
    data_of,
    differing,
    first_runs,
    grouped,
    joined,
    seed_of,
    uniform,
    verdict,
)
from mixedfer.evidence.proof_reading import named as run_named
from mixedfer.evidence.proof_weights import initial_weights
from mixedfer.faceset import FaceSet
from mixedfer.records import Plan, Record

#: Fields of a recipe that say how weights are changed: they decide neither those at the start nor what is shown.
STEPS = ("learning_rate", "pretrained_rate", "optimizer", "momentum", "weight_decay", "schedule", "clip_norm", "average",
         "selection")


def checks(plan: Plan, runs: Runs, sets: Mapping[str, FaceSet], own: Mapping[str, str], store: Path) -> list[Check]:
    """Every check of the proof, those of the search after that of recipes; `sets` and `own` as for `proof.checks`."""
    shown = [_by_recipe(runs, check, but_for=STEPS) for check in (
        initial_weights, proof.order, lambda some: proof.draws(some, sets), landmarks)]
    return [_recipes_and_data(plan, runs, sets, own), *proof_search.checks(plan, runs, sets, store), *shown, split(runs),
            _by_recipe(runs, learning_rate), same_images(runs), proof.distinct(runs), proof.software(runs), proof.epochs(runs)]


def _recipes_and_data(plan: Plan, runs: Runs, sets: Mapping[str, FaceSet], own: Mapping[str, str]) -> Check:
    """Recipes may differ in the fields that were searched; that each arm has its own best is checked with the search."""
    fields = [entry["name"] for entry in plan.tuned["space"]]
    wrong = [uniform(runs, lambda run: _but_for(proof.but_for_cell(run), fields)),
             *agree(grouped(runs, seed_of), "cell seed", lambda run: run.spec["cell_seed"])]
    wrong += [f"{run_named(key, run)} was trained on data {data_of(run)}, the face set of {key[0]} holds {sets[key[0]].content}"
              for key, run in runs.items() if data_of(run) != sets[key[0]].content]
    return verdict("recipes and data", wrong, f"{len(runs)} runs of {len(sets)} arms share one split and "
                    f"{_recipes(plan, fields)}, and {proof.data_words(sets, own)}")


def _but_for(spec: dict, fields: list[str]) -> dict:
    """A spec without the fields that were searched."""
    return proof_search.placed(spec, dict.fromkeys(fields))


def _recipes(plan: Plan, fields: list[str]) -> str:
    """In which fields the arms' recipes differ, with their values, and which of those searched came out alike."""
    best = {arm: made["trials"][made["best"]]["values"] for arm, made in plan.searched.items()}
    first = next(iter(best.values()))
    apart = [name for name in fields if any(differing(values[name], first[name]) for values in best.values())]
    alike = [name for name in fields if name not in apart]
    told = "; ".join(f"{arm} {', '.join(f'{name} = {value_words(values[name])}' for name in apart)}"
                     for arm, values in best.items())
    more = f"; searched too, but the same: {joined(alike)}" if alike else ""
    if not apart:
        return f"one recipe: the best of every arm is the same in what was searched ({joined(alike)})"
    return f"a recipe that differs in {joined(apart)} and in nothing else ({told}{more})"


def value_words(value: Any) -> str:
    """A value of a recipe as it is told.

    >>> value_words(0.0012345678), value_words("adam"), value_words({"kind": "a.b:Cosine@12", "warmup": 1})
    ('0.001235', 'adam', 'Cosine(warmup = 1)')
    """
    return f"{value:.4g}" if isinstance(value, float) else named(value)


def _by_recipe(runs: Runs, check: Callable[[Runs], Check], but_for: Sequence[str] = ()) -> Check:
    """A check over all runs where it holds, else over those of one recipe, `but_for` the fields that cannot decide it: that is
    all that it can ask for.
    """
    whole, groups = check(runs), _groups(runs, but_for)
    if whole.passed or len(groups) == 1:
        return whole
    found = [(list(first_runs(group)), check(group)) for group in groups]
    told = [f"no other arm has the recipe of {arms[0]}" if part.passed and len(arms) == 1 else f"{joined(arms)}: {part.detail}"
            for arms, part in found]
    return Check(whole.name, all(part.passed for _, part in found),
                 f"differs with the recipes, so it is compared between arms of one recipe: {'; '.join(told)}")


def _groups(runs: Runs, but_for: Sequence[str]) -> list[Runs]:
    """The runs of each recipe without these fields."""
    made: dict[str, dict[tuple[str, int, int], Record]] = {}
    for key, run in runs.items():
        recipe = {name: value for name, value in run.spec["recipe"].items() if name not in but_for}
        made.setdefault(to_json(recipe), {})[key] = run
    return list(made.values())

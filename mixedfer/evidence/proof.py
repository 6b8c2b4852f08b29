"""The proof that arms are comparable: what every run wrote down, compared across arms and stated in words.

A check with nothing to compare fails: missing evidence is not evidence that two runs agree. The exception is declared in
the study: an arm with a seed of its own (A/A) draws other weights, orders and affines than the others.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixedfer.disk import to_json
from mixedfer.evidence.proof_reading import (
    PARTS,
    Check,
    Runs,
    agree,
    counted,
    declared,
    evaluated,
    first_runs,
    grouped,
    inputs_of,
    look_up,
    named,
    per_epoch,
    run_name,
    seed_of,
    short,
    shown_in,
    uniform,
    verdict,
    view_of,
)
from mixedfer.evidence.proof_weights import initial_weights
from mixedfer.records import Record

__all__ = ["Check", "Runs", "checks", "run_name"]

#: What must be the same in all runs, and what may differ but is then told.
ENFORCED = ("keras", "backend", "backend_version", "numpy", "making", "device", "threads", "deterministic")
TOLD = ("python", "mixedfer")
RETRAIN = "Train all runs of the study in one store with one set of versions (a new --store)"
#: Views, by how their names begin: of other faces' landmarks, and of none.
OTHERS = "mixedfer.learning.views.shuffled"
NONE = tuple(f"mixedfer.learning.views.{name}:" for name in ("noise", "constant", "found_flag"))


def checks(runs: Runs, content: str) -> list[Check]:
    """Every check of the proof, in the order in which a report prints them; `content` is the face set's hash."""
    return [_recipe_and_data(runs, content), initial_weights(runs), _order(runs), _draws(runs), _landmarks(runs),
            _split(runs), _learning_rate(runs), _test_images(runs), _distinct(runs), _software(runs), _epochs(runs)]


def _recipe_and_data(runs: Runs, content: str) -> Check:
    shared = _but_for_cell(next(iter(runs.values())))
    wrong = [uniform(runs, _but_for_cell), *agree(grouped(runs, seed_of), "cell seed", lambda run: run.spec.get("cell_seed"))]
    inputs = {arm: run.spec.get("arm") for arm, run in first_runs(runs).items()}
    for key, run in runs.items():
        fold, replicate = run.spec.get("fold"), run.spec.get("replicate")
        if (fold, replicate) != key[1:]:
            wrong.append(f"{named(key, run)} was trained as fold {fold}, replicate {replicate} (counted from 0)")
        if inputs[key[0]] != run.spec.get("arm"):
            wrong.append(f"{named(key, run)} saw other inputs than the first run of its arm")
    if shared.get("data") != content:
        wrong.append(f"the runs were trained on data {shared.get('data')}, the face set holds {content}")
    return verdict("recipe and data", wrong, f"{len(runs)} runs of {len(inputs)} arms share one recipe and split "
                    f"({short(shared)}) and one data set ({content[:8]})")


def _but_for_cell(run: Record) -> dict:
    return {key: value for key, value in run.spec.items() if key not in ("arm", "fold", "replicate", "cell_seed")}


def _order(runs: Runs) -> Check:
    wrong = per_epoch(grouped(runs, seed_of), "order", lambda run: shown_in(run, "order"))
    wrong += evaluated(grouped(runs), "order", "rows and classes")
    return verdict("sample order", wrong, _same(runs, "order"))


def _draws(runs: Runs) -> Check:
    groups = grouped(runs, seed_of)
    wrong = per_epoch(groups, "draws", lambda run: shown_in(run, "draws")) + evaluated(grouped(runs), "draws", "affines")
    wrong += agree(groups, "first batches", lambda run: look_up(run.proof, "first_batches"))
    plain = all(look_up(run.spec, "recipe", "augmentation") is None for run in runs.values())
    words = f"none, the recipe does not augment{declared(runs)}" if plain else _same(runs, "draws")
    return verdict("augmentation draws and first batches", wrong,
                    f"draws: {words}; first batches: equal bytes in all arms of one seed")


def _same(runs: Runs, what: str) -> str:
    every = [shown_in(run, what) for run in runs.values()]
    seeds = {seed_of(run) for run in first_runs(runs).values()}
    arms = "all arms" if len(seeds) == 1 else "all arms of one seed"
    return (f"the same in {arms}, epoch by epoch and in evaluation, in each of {counted(runs)} ({len(every[0])} epochs, "
            f"{short(every)}){declared(runs)}")


def _landmarks(runs: Runs) -> Check:
    """Arms with one view and one seed saw the same numbers; whose faces these were of is as the view says."""
    name = "landmarks"
    seeing = {key: run for key, run in runs.items() if view_of(run) is not None}
    groups = grouped(seeing, seed_of, view_of)
    wrong = [sentence for key, run in seeing.items() for sentence in _sources(named(key, run), run)]
    for what in ("landmarks", "sources"):
        wrong += per_epoch(groups, what, lambda run, what=what: shown_in(run, what)) + evaluated(groups, what, what)
    told: dict[str, list[str]] = {}
    for arm, run in first_runs(seeing).items():
        kind = _kind(run)
        told.setdefault("was given other faces' landmarks" if kind.startswith(OTHERS) else "was given no face's landmarks"
                        if kind.startswith(NONE) else "saw each face's own landmarks", []).append(arm)
    words = [f"{arm} {what}" for what, arms in told.items() for arm in arms]
    words.append("arms with one view and seed saw equal numbers" if any(len(group) > 1 for group in groups) else
                 "no two arms have one view and seed, so no numbers were compared")
    return verdict(name, wrong, "; ".join(words) if seeing else "no arm sees landmarks")


def _kind(run: Record) -> str:
    """The name of the view's function or class."""
    return str(look_up(view_of(run), "kind") or view_of(run))


def _sources(name: str, run: Record) -> list[str]:
    """Whether an arm was given the landmarks of those faces of whom its view says so, in every epoch and in evaluation."""
    sources = {*map(str, shown_in(run, "sources")), *(str(look_up(run.proof, "evaluated", part, "sources")) for part in PARTS)}
    if "None" in sources:
        return []  # told where entries are counted
    if _kind(run).startswith(OTHERS):
        return [f"{name} was given each face's own landmarks, its view is of other faces'"] if "own" in sources else []
    # A study's own view may choose whose landmarks it shows.
    wrong = sources != {"own"} and _kind(run).startswith("mixedfer.")
    return [f"{name} was given other faces' landmarks, its view is of each face's own"] if wrong else []


def _split(runs: Runs) -> Check:
    wrong = [sentence for part in ("train", *PARTS) for sentence in agree(
        grouped(runs), f"hash of the {part} rows", lambda run, part=part: look_up(run.proof, "split", part))]
    splits = [look_up(run.proof, "split") for run in runs.values()]
    return verdict("split", wrong, "the same training, validation and test rows in all arms of each of "
                    f"{counted(runs)} ({short(splits)})")


def _learning_rate(runs: Runs) -> Check:
    every = [look_up(run.proof, "learning_rate") for run in runs.values()]
    wrong = per_epoch(grouped(runs), "learning rate", lambda run: look_up(run.proof, "learning_rate"))
    return verdict("learning rate", wrong, f"the same in all arms, epoch by epoch, in each of {counted(runs)} "
                    f"({short(every)})")


def _test_images(runs: Runs) -> Check:
    """The rows themselves are compared by the loader, which refuses to pool different ones."""
    leaks = [f"{named(key, run)} has {count} test images in its validation set" for key, run in runs.items()
             if (count := len(np.intersect1d(run.test.rows, run.validation.rows)))]
    rows = np.unique(np.concatenate([run.test.rows for run in runs.values()]))
    return verdict("test images", leaks, f"{len(rows)} images, the same for every arm and replicate "
                    f"({short(rows.tolist())}); none of them was in a validation set")


def _distinct(runs: Runs) -> Check:
    """Two draws of one seed would be one replicate counted several times, or an A/A arm that is its control."""
    seen: dict[str, tuple] = {}
    wrong = []
    for key, run in runs.items():
        mark = to_json([key[1], inputs_of(run), look_up(run.proof, "initial_weights"), shown_in(run, "order")])
        name, draw = named(key, run), (key[2], seed_of(run))
        first, other = seen.setdefault(mark, (name, draw))
        if draw != other:
            wrong.append(f"{name} repeats {first}: same initial weights, same order")
    return verdict("replicates differ", wrong, f"{len(runs)} runs, no two replicates of an arm with the same initial "
                    "weights and order")


def _software(runs: Runs) -> Check:
    """Only what can change a number is enforced: another Python or version of this package with the same training
    source, Keras, backend and NumPy trains the same weights.
    """
    first = next(iter(runs.values())).provenance
    absent = [name for name in ENFORCED if name not in first]
    wrong = [uniform(runs, lambda run: {name: run.provenance.get(name) for name in ENFORCED}),
             f"the runs did not note {', '.join(absent)}" if absent else ""]
    found = verdict("software and device", wrong, f"{_software_words(first)} in all {len(runs)} runs")
    others = [_versions(runs, name) for name in TOLD]
    return Check(found.name, found.passed, "; ".join(filter(None, [
        found.detail, *others, "" if found.passed else RETRAIN])))


def _software_words(provenance: Mapping) -> str:
    told = provenance.get
    repeat = "deterministic" if told("deterministic") else "not deterministic"
    threads = f"{told('threads')} thread{'' if told('threads') == 1 else 's'}"
    return (f"Keras {told('keras')}, {told('backend')} {told('backend_version')}, NumPy {told('numpy')}, "
            f"{told('device')}, {threads}, {repeat}, one training source ({str(told('making'))[:8]})")


def _versions(runs: Runs, name: str) -> str:
    """The versions that runs had of what may differ; "" where they agree."""
    seen = sorted({str(run.provenance.get(name)) for run in runs.values()})
    return f"{name} differs, which is not held against them: {', '.join(seen)}" if len(seen) > 1 else ""


def _epochs(runs: Runs) -> Check:
    wrong = [sentence for key, run in runs.items() for sentence in _selected(named(key, run), run)]
    wanted = dict.fromkeys(str(look_up(run.spec, "recipe", "epochs")) for run in runs.values())
    rules = dict.fromkeys(str(look_up(run.spec, "recipe", "selection")) for run in runs.values())
    return verdict("epochs", wrong, f"all {len(runs)} runs completed {' or '.join(wanted)} epochs; the {' or '.join(rules)} "
                    "one was selected")


def _selected(name: str, run: Record) -> list[str]:
    """Whether a run is as long as planned, and its selected epoch the one that the rule selects."""
    planned, rule = (look_up(run.spec, "recipe", what) for what in ("epochs", "selection"))
    chosen, scores = look_up(run.summary, "selected_epoch"), [look_up(entry, "validation_accuracy") for entry in run.history]
    if not planned or not len(run.history) == look_up(run.summary, "epochs") == planned:
        return [f"{name} has a history of {len(run.history)} epochs, expected {planned}"]
    if not all(isinstance(score, (int, float)) for score in scores) or rule not in ("last", "best"):
        return [f"{name} left no rule of selection or no validation accuracy of every epoch"]
    right = planned if rule == "last" else scores.index(max(scores)) + 1
    return [f"{name} selected epoch {chosen}, the {rule} is {right}"] if chosen != right else []

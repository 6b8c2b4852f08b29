"""The proof that arms are comparable: what every run wrote down, compared across arms and stated in words.

A check with nothing to compare fails: missing evidence is not evidence that two runs agree. The exception is declared in
the study: an arm with a seed of its own (A/A) draws other weights, orders and affines than the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mixedfer.disk import to_json
from mixedfer.evidence.proof_images import same_images, split
from mixedfer.evidence.proof_landmarks import landmarks
from mixedfer.evidence.proof_rates import learning_rate
from mixedfer.evidence.proof_reading import (
    Check,
    Runs,
    agree,
    counted,
    data_of,
    declared,
    evaluated,
    first_runs,
    grouped,
    inputs_of,
    joined,
    look_up,
    named,
    per_epoch,
    run_name,
    seed_of,
    short,
    shown_in,
    uniform,
    verdict,
)
from mixedfer.evidence.proof_weights import STATE, initial_weights
from mixedfer.faceset import FaceSet
from mixedfer.records import Record

__all__ = ["Check", "Runs", "checks", "run_name"]

#: What must be the same in all runs, and what may differ but is then told.
ENFORCED = ("keras", "backend", "backend_version", "numpy", "making", "device", "threads", "deterministic")
TOLD = ("python", "mixedfer")
RETRAIN = "Train all runs of the study in one store with one set of versions (a new --store)"
#: The fields of a recipe that draw something for each image.
DRAWING = ("augmentation", "frame", "retouch")
#: Fewer images than these may come in one order twice by chance: 12! is 5e8.
FEW = 12


def checks(runs: Runs, sets: Mapping[str, FaceSet], own: Mapping[str, str]) -> list[Check]:
    """Every check of the proof, in the order in which a report prints them.

    `sets` is each arm's face set, `own` says of arms with a preparation of their own how it differs from the study's.
    """
    return [_recipe_and_data(runs, sets, own), initial_weights(runs), order(runs), draws(runs, sets), landmarks(runs),
            split(runs), learning_rate(runs), same_images(runs), distinct(runs), software(runs), epochs(runs)]


def _recipe_and_data(runs: Runs, sets: Mapping[str, FaceSet], own: Mapping[str, str]) -> Check:
    """What pictures become is part of an arm only where the study says so; then each arm has the data that were made for it."""
    shared = but_for_cell(next(iter(runs.values())))
    wrong = [uniform(runs, but_for_cell), *agree(grouped(runs, seed_of), "cell seed", lambda run: run.spec["cell_seed"])]
    wrong += [f"{named(key, run)} was trained on data {data_of(run)}, the face set of {key[0]} holds {sets[key[0]].content}"
              for key, run in runs.items() if data_of(run) != sets[key[0]].content]
    return verdict("recipe and data", wrong, f"{len(runs)} runs of {len(first_runs(runs))} arms share one recipe and split "
                    f"({short(shared)}) and {data_words(sets, own)}")


def data_words(sets: Mapping[str, FaceSet], own: Mapping[str, str]) -> str:
    """One data set, or which arms see which, and what was done otherwise for them."""
    contents = {arm: faces.content[:8] for arm, faces in sets.items()}
    if not own:
        return f"one data set ({next(iter(contents.values()))})"
    told = [f"{arm} with a preparation of its own: {how} (data {contents[arm]})" for arm, how in own.items()]
    others = [arm for arm in sets if arm not in own]
    rest = f"; {joined(others)} with that of the study (data {contents[others[0]]})" if others else ""
    return f"the same pictures in the same order; {'; '.join(told)}{rest}"


def but_for_cell(run: Record) -> dict:
    return {key: value for key, value in run.spec.items() if key not in ("arm", "fold", "replicate", "cell_seed", "data")}


def order(runs: Runs) -> Check:
    wrong = per_epoch(grouped(runs, seed_of), "order", lambda run: shown_in(run, "order"))
    wrong += evaluated(grouped(runs), "order", "rows and classes")
    return verdict("sample order", wrong, _same(runs, "order"))


def draws(runs: Runs, sets: Mapping[str, FaceSet]) -> Check:
    """Affines are in pixels, so only arms with images of one size have the same; pixels are those of one preparation."""
    sizes = {faces.content: faces.images.shape[1] for faces in sets.values()}

    def size_of(run: Record) -> int | None:
        return sizes.get(data_of(run))
    wrong = per_epoch(grouped(runs, seed_of, size_of), "draws", lambda run: shown_in(run, "draws"))
    wrong += evaluated(grouped(runs, size_of), "draws", "affines")
    wrong += agree(grouped(runs, seed_of, data_of), "first batches", lambda run: look_up(run.proof, "first_batches"))
    plain = not any(run.spec["recipe"][name] for run in runs.values() for name in DRAWING)
    words = f"none, the recipe does not augment{declared(runs)}" if plain else _same(runs, "draws")
    words += "" if len({*sizes.values()}) == 1 or plain else "; compared among arms with images of one size"
    alike = "one seed" if len(sizes) == 1 else "one seed and preparation"
    return verdict("augmentation draws and first batches", wrong,
                    f"draws: {words}; first batches: equal bytes in all arms of {alike}")


def _same(runs: Runs, what: str) -> str:
    every = [shown_in(run, what) for run in runs.values()]
    seeds = {seed_of(run) for run in first_runs(runs).values()}
    arms = "all arms" if len(seeds) == 1 else "all arms of one seed"
    return (f"the same in {arms}, epoch by epoch and in evaluation, in each of {counted(runs)} ({len(every[0])} epochs, "
            f"{short(every)}){declared(runs)}")


def distinct(runs: Runs) -> Check:
    """Two draws of one seed would be one replicate counted several times, or an A/A arm that is its control."""
    wrong = _repeats(runs, "initial weights", _drawn)
    told = f"{len(runs)} runs, no two replicates of an arm with the same initial weights"
    if min(len(run.train) for run in runs.values()) < FEW:
        return verdict("replicates differ", wrong, f"{told}; fewer than {FEW} images come in one order twice by chance, so "
                       "orders were not compared")
    wrong += _repeats(runs, "order", lambda run: shown_in(run, "order")) + _repeated_epochs(runs)
    return verdict("replicates differ", wrong, f"{told} or the same order, no two epochs of a run with the same order")


def _drawn(run: Record) -> Any:
    """The initial weights without the random states of dropout, which say nothing of the weights."""
    weights = look_up(run.proof, "initial_weights")
    return {path: tensor for path, tensor in weights.items() if not path.endswith(STATE)} if isinstance(weights, dict) else None


def _repeats(runs: Runs, what: str, value: Callable[[Record], Any]) -> list[str]:
    """Where two draws of the arms with the same inputs have one value."""
    seen: dict[str, tuple] = {}
    wrong = []
    for key, run in runs.items():
        name, draw = named(key, run), (*key[1:], seed_of(run))
        first, other = seen.setdefault(to_json([inputs_of(run), value(run)]), (name, draw))
        if draw != other:
            wrong.append(f"{name} repeats {first} in its {what}")
    return wrong


def _repeated_epochs(runs: Runs) -> list[str]:
    wrong = []
    for key, run in runs.items():
        seen: dict[str, int] = {}
        for epoch, order in enumerate(shown_in(run, "order"), 1):
            if order and seen.setdefault(order, epoch) != epoch:
                wrong.append(f"{named(key, run)} shows the images of epoch {epoch} in the order of epoch {seen[order]}")
    return wrong


def software(runs: Runs) -> Check:
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


def epochs(runs: Runs) -> Check:
    wrong = [sentence for key, run in runs.items() for sentence in _selected(named(key, run), run)]
    recipe = next(iter(runs.values())).spec["recipe"]
    return verdict("epochs", wrong, f"all {len(runs)} runs completed {recipe['epochs']} epochs; the {recipe['selection']} one "
                    "was selected")


def _selected(name: str, run: Record) -> list[str]:
    """Whether a run is as long as planned, and its selected epoch the one that the rule selects."""
    planned, rule, chosen = run.spec["recipe"]["epochs"], run.spec["recipe"]["selection"], run.summary["selected_epoch"]
    if not len(run.history) == run.summary["epochs"] == planned:
        return [f"{name} has a history of {len(run.history)} epochs, expected {planned}"]
    scores = [entry["validation_accuracy"] for entry in run.history]
    right = planned if rule == "last" else scores.index(max(scores)) + 1
    return [f"{name} selected epoch {chosen}, the {rule} is {right}"] if chosen != right else []

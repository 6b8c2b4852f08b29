"""The proof that arms are comparable: what every run wrote down, compared across arms and stated in words.

A check with nothing to compare fails: missing evidence is not evidence that two runs agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixedfer.disk import to_json
from mixedfer.records import Record

#: What must be the same in all runs, and what may differ but is then told.
ENFORCED = ("keras", "backend", "backend_version", "numpy", "making", "device", "threads", "deterministic")
TOLD = ("python", "mixedfer")
RETRAIN = "Train all runs of the study in one store with one set of versions (a new --store)"

#: (arm, fold, replicate) -> its finished run.
Runs = Mapping[tuple[str, int, int], Record]


@dataclass(frozen=True)
class Check:
    """One line of the proof: what was compared across arms, whether it held, and the evidence in words."""

    name: str
    passed: bool
    detail: str


def checks(runs: Runs, content: str) -> list[Check]:
    """Every check of the proof, in the order in which a report prints them; `content` is the face set's hash."""
    return [
        _recipe_and_data(runs, content),
        _initial_weights(runs),
        _per_epoch("sample order", runs, {"order": lambda run: run.proof.get("order")}),
        _draws(runs),
        _split(runs),
        _per_epoch("learning rate", runs, {"learning rate": lambda run: run.proof.get("learning_rate")}),
        _test_images(runs),
        _distinct(runs),
        _software(runs),
        _epochs(runs),
    ]


def short(value: Any) -> str:
    """Eight hexadecimal digits that name a JSON value in a sentence.

    >>> short([1, 2]) == short([1, 2]) != short([2, 1])
    True
    """
    return hashlib.sha256(to_json(value).encode()).hexdigest()[:8]


def run_name(key: tuple[str, int, int], folds: bool = False) -> str:
    """A run in words, counted from 1.

    >>> run_name(("mixed", 1, 0), folds=True)
    'mixed, replicate 1, fold 2'
    """
    arm, fold, replicate = key
    return f"{arm}, replicate {replicate + 1}" + (f", fold {fold + 1}" if folds else "")


def _name(runs: Runs, key) -> str:
    return run_name(key, folds=any(fold for _, fold, _ in runs))


def _pairs(runs: Runs) -> dict[tuple[int, int], dict[str, Record]]:
    """(fold, replicate) -> its arms: the runs that must agree in everything but their inputs."""
    pairs: dict[tuple[int, int], dict[str, Record]] = {}
    for (arm, fold, replicate), run in runs.items():
        pairs.setdefault((fold, replicate), {})[arm] = run
    return pairs


def _differing(one: Any, other: Any, path: str = "") -> list[str]:
    """Dotted names of the entries in which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [name for key in sorted(one.keys() | other.keys())
                for name in _differing(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))]
    return [] if one == other else [path]


def _uniform(runs: Runs, value: Callable[[Record], Any]) -> str:
    """Which run differs from the first one, and in what; "" when all agree."""
    (first, reference), *others = ((key, value(run)) for key, run in runs.items())
    for key, found in others:
        if names := _differing(reference, found):
            return f"{_name(runs, key)} differs from {_name(runs, first)} in {', '.join(names)}"
    return ""


def _recipe_and_data(runs: Runs, content: str) -> Check:
    name = "recipe and data"
    shared = _but_for_cell(next(iter(runs.values())))
    wrong = [_uniform(runs, _but_for_cell)]
    inputs: dict[str, dict] = {}
    for key, run in runs.items():
        if (run.spec.get("fold"), run.spec.get("replicate")) != key[1:]:
            wrong.append(f"{_name(runs, key)} was trained as fold {run.spec.get('fold')}, "
                         f"replicate {run.spec.get('replicate')} (counted from 0)")
        if inputs.setdefault(key[0], run.spec.get("arm")) != run.spec.get("arm"):
            wrong.append(f"{_name(runs, key)} saw other inputs than the first run of its arm")
    if shared.get("data") != content:
        wrong.append(f"the runs were trained on data {shared.get('data')}, the face set holds {content}")
    return _verdict(name, wrong, f"{len(runs)} runs of {len(inputs)} arms share one recipe and split "
                    f"({short(shared)}) and one data set ({content[:8]})")


def _but_for_cell(run: Record) -> dict:
    return {key: value for key, value in run.spec.items() if key not in ("arm", "fold", "replicate", "cell_seed")}


def _initial_weights(runs: Runs) -> Check:
    """Tensors of one path and one shape must have one hash in all arms of a fold and replicate."""
    wrong, shared, wider = [], {}, {}
    for (fold, replicate), arms in _pairs(runs).items():
        where = f"replicate {replicate + 1}" + (f", fold {fold + 1}" if any(key[1] for key in runs) else "")
        tensors: dict[str, dict[str, tuple]] = {}
        for arm, run in arms.items():
            weights = run.proof.get("initial_weights") or {}
            if not weights:
                wrong.append(f"{arm}, {where} left no hashes of its initial weights")
            for path, tensor in weights.items():
                tensors.setdefault(path, {})[arm] = (tuple(tensor["shape"]), tensor["sha256"])
        for path, found in tensors.items():
            shapes = {shape for shape, _ in found.values()}
            if len(shapes) > 1:
                wider[path] = " and ".join(str(list(shape)) for shape in sorted(shapes))
            for shape in shapes:
                holders = [arm for arm, (own, _) in found.items() if own == shape]
                if len(holders) > 1:
                    shared.setdefault(path, set()).update(holders)
                if len({found[arm][1] for arm in holders}) > 1:
                    wrong.append(f"{path} {list(shape)} starts differently in {' and '.join(holders)} in {where}")
    wrong += _unshared(runs, shared)
    extra = "; different in shape because an arm's input is wider: " + ", ".join(
        f"{path} {shapes}" for path, shapes in sorted(wider.items())) if wider else ""
    return _verdict("initial weights", wrong, f"{len(shared)} tensors that arms share start from the same values in "
                    f"each of {_count(runs)}{extra}")


def _unshared(runs: Runs, shared: dict[str, set[str]]) -> list[str]:
    """Two arms with an input in common but no tensor in common were not built by one model builder."""
    inputs = {arm: run.spec.get("arm") or {} for (arm, _, _), run in runs.items()}
    arms, wrong = list(inputs), []
    for index, one in enumerate(arms):
        for other in arms[index + 1:]:
            both = inputs[one].get("image") and inputs[other].get("image")
            if both and not any({one, other} <= holders for holders in shared.values()):
                wrong.append(f"{one} and {other} both see the image but share no tensor, so nothing could be compared")
    return wrong


def _per_epoch(name: str, runs: Runs, values: dict[str, Callable[[Record], Any]]) -> Check:
    """One entry per epoch, the same in all arms of a fold and replicate."""
    wrong: list[str] = []
    for (fold, replicate), arms in _pairs(runs).items():
        for what, value in values.items():
            reference = None
            for arm, run in arms.items():
                found, place = value(run), _name(runs, (arm, fold, replicate))
                if not found or len(found) != run.summary.get("epochs"):
                    wrong.append(f"{place} left {len(found or ())} entries of {what}, expected one per epoch")
                elif reference is None:
                    reference = (arm, found)
                elif found != reference[1]:
                    epoch = next((i for i, (a, b) in enumerate(zip(reference[1], found)) if a != b), "the last")
                    epoch = epoch + 1 if isinstance(epoch, int) else epoch
                    wrong.append(f"{place} differs from {reference[0]} in {what} from epoch {epoch}")
    every = [value(run) for run in runs.values() for value in values.values()]
    return _verdict(name, wrong, f"the same in all arms, epoch by epoch, in each of {_count(runs)} "
                    f"({len(every[0] or ())} epochs, {short(every)})")


def _draws(runs: Runs) -> Check:
    name = "augmentation draws and first batches"
    draws = _per_epoch(name, runs, {"draws": lambda run: run.proof.get("draws")})
    batches = _agree(runs, "first batches", lambda run: run.proof.get("first_batches"))
    plain = all((run.spec.get("recipe") or {}).get("augmentation") is None for run in runs.values())
    words = "none, the recipe does not augment" if plain and draws.passed else draws.detail
    return Check(name, draws.passed and not batches,
                 f"draws: {words}; first batches: {batches or 'equal bytes in all arms'}")


def _agree(runs: Runs, what: str, value: Callable[[Record], Any]) -> str:
    """Where arms of a fold and replicate differ in one value, or left none; "" when all agree."""
    for (fold, replicate), arms in _pairs(runs).items():
        found = {arm: value(run) for arm, run in arms.items()}
        first = next(iter(found))
        for arm, own in found.items():
            if not own:
                return f"{_name(runs, (arm, fold, replicate))} left no {what}"
            if own != found[first]:
                return f"{_name(runs, (arm, fold, replicate))} differs from {first} in {what}"
    return ""


def _split(runs: Runs) -> Check:
    parts = ("train", "validation", "test")
    wrong = [_agree(runs, f"hash of the {part} rows", lambda run, part=part: (run.proof.get("split") or {}).get(part))
             for part in parts]
    splits = [run.proof.get("split") for run in runs.values()]
    return _verdict("split", wrong, "the same training, validation and test rows in all arms of each of "
                    f"{_count(runs)} ({short(splits)})")


def _test_images(runs: Runs) -> Check:
    """The rows themselves are compared by the loader, which refuses to pool different ones."""
    leaks = [f"{_name(runs, key)} has {count} test images in its validation set" for key, run in runs.items()
             if (count := len(np.intersect1d(run.test.rows, run.validation.rows)))]
    rows = np.unique(np.concatenate([run.test.rows for run in runs.values()]))
    return _verdict("test images", leaks, f"{len(rows)} images, the same for every arm and replicate "
                    f"({short(rows.tolist())}); none of them was in a validation set")


def _distinct(runs: Runs) -> Check:
    """Replicates with one seed would be one replicate counted several times."""
    seen: dict[tuple, tuple] = {}
    wrong = []
    for key, run in runs.items():
        mark = (key[0], key[1], short([run.proof.get("initial_weights"), run.proof.get("order")]))
        if mark in seen:
            wrong.append(f"{_name(runs, key)} repeats {_name(runs, seen[mark])}: same initial weights, same order")
        seen.setdefault(mark, key)
    return _verdict("replicates differ", wrong, f"{len(seen)} runs, no two replicates of an arm with the same initial "
                    "weights and order")


def _software(runs: Runs) -> Check:
    """Only what can change a number is enforced: another Python or version of this package with the same training
    source, Keras, backend and NumPy trains the same weights.
    """
    first = next(iter(runs.values())).provenance
    absent = [name for name in ENFORCED if name not in first]
    wrong = [_uniform(runs, lambda run: {name: run.provenance.get(name) for name in ENFORCED}),
             f"the runs did not note {', '.join(absent)}" if absent else ""]
    found = _verdict("software and device", wrong, f"{_software_words(first)} in all {len(runs)} runs")
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
    wrong, wanted = [], set()
    for key, run in runs.items():
        planned = (run.spec.get("recipe") or {}).get("epochs")
        wanted.add(planned)
        if not planned or not len(run.history) == run.summary.get("epochs") == planned:
            wrong.append(f"{_name(runs, key)} has a history of {len(run.history)} epochs, expected {planned}")
        elif run.summary.get("selected_epoch") not in {entry.get("epoch") for entry in run.history}:
            wrong.append(f"{_name(runs, key)} selected epoch {run.summary.get('selected_epoch')}, not one it trained")
    return _verdict("epochs", wrong, f"all {len(runs)} runs completed {' or '.join(map(str, wanted))} epochs")


def _verdict(name: str, wrong: list[str], right: str) -> Check:
    wrong = [sentence for sentence in wrong if sentence]
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Check(name, not wrong, "; ".join(wrong[:3]) + more if wrong else right)


def _count(runs: Runs) -> str:
    pairs = _pairs(runs)
    folds, replicates = len({fold for fold, _ in pairs}), len({replicate for _, replicate in pairs})
    words = f"{replicates} replicate{'s' * (replicates > 1)}"
    return f"{words} x {folds} folds" if folds > 1 else words

"""The proof that arms are comparable: what every run wrote down, compared across arms and stated in words.

A check with nothing to compare fails: missing evidence is not evidence that two runs agree. The exception is declared in
the study: an arm with a seed of its own (A/A) draws other weights, orders and affines than the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mixedfer.disk import to_json
from mixedfer.records import Record

#: What must be the same in all runs, and what may differ but is then told.
ENFORCED = ("keras", "backend", "backend_version", "numpy", "making", "device", "threads", "deterministic")
TOLD = ("python", "mixedfer")
RETRAIN = "Train all runs of the study in one store with one set of versions (a new --store)"
PARTS = ("validation", "test")
#: Views, by how their names begin: of other faces' landmarks, and of none.
OTHERS = "mixedfer.learning.views.shuffled"
NONE = tuple(f"mixedfer.learning.views.{name}:" for name in ("noise", "constant", "found_flag"))

#: (arm, fold, replicate) -> its finished run.
Runs = Mapping[tuple[str, int, int], Record]
#: Runs that must agree, by their names in words.
Group = dict[str, Record]
#: Path -> shape of the tensors of a model.
Build = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Check:
    """One line of the proof: what was compared across arms, whether it held, and the evidence in words."""

    name: str
    passed: bool
    detail: str


def checks(runs: Runs, content: str) -> list[Check]:
    """Every check of the proof, in the order in which a report prints them; `content` is the face set's hash."""
    return [_recipe_and_data(runs, content), _initial_weights(runs), _order(runs), _draws(runs), _landmarks(runs),
            _split(runs), _learning_rate(runs), _test_images(runs), _distinct(runs), _software(runs), _epochs(runs)]


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


def _name(key: tuple[str, int, int], run: Record) -> str:
    return run_name(key, folds=bool(_at(run.spec, "split", "folds")))


def _at(value: Any, *path: str) -> Any:
    """The entry at a path of keys; None where it is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _shown(run: Record, what: str) -> list:
    """One entry per epoch of what the model was shown; None where it is missing."""
    shown = _at(run.proof, "shown")
    return [_at(epoch, what) for epoch in shown] if isinstance(shown, list) else []


def _seed(run: Record) -> int:
    seed = _at(run.spec, "arm", "seed")
    return seed if isinstance(seed, int) else 0


def _inputs(run: Record) -> dict:
    """What makes an arm but for its seeds."""
    arm = _at(run.spec, "arm")
    return {**arm, "seed": 0} if isinstance(arm, dict) else {}


def _view(run: Record) -> Any:
    return _at(run.spec, "arm", "landmarks")


def _groups(runs: Runs, *by: Callable[[Record], Any]) -> list[Group]:
    """The runs of each fold and replicate, apart where they differ in what `by` gives."""
    groups: dict[tuple, Group] = {}
    for key, run in runs.items():
        groups.setdefault((*key[1:], to_json([value(run) for value in by])), {})[_name(key, run)] = run
    return list(groups.values())


def _firsts(runs: Runs) -> dict[str, Record]:
    """The first run of each arm."""
    firsts: dict[str, Record] = {}
    for key, run in runs.items():
        firsts.setdefault(key[0], run)
    return firsts


def _declared(runs: Runs) -> str:
    """Which arms draw other seeds than all others; "" when none does."""
    seeds = {arm: _seed(run) for arm, run in _firsts(runs).items()}
    alone = [arm for arm, seed in seeds.items() if seed and list(seeds.values()).count(seed) == 1]
    return (f"; {_and(alone)} {'draw' if len(alone) > 1 else 'draws'} other seeds by declaration (A/A), compared in recipe, "
            "data, split and test images only") if alone else ""


def _differing(one: Any, other: Any, path: str = "") -> list[str]:
    """Dotted names of the entries in which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [name for key in sorted(one.keys() | other.keys())
                for name in _differing(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))]
    return [] if one == other else [path]


def _uniform(runs: Runs, value: Callable[[Record], Any]) -> str:
    """Which run differs from the first one, and in what; "" when all agree."""
    (first, reference), *others = ((_name(key, run), value(run)) for key, run in runs.items())
    for name, found in others:
        if names := _differing(reference, found):
            return f"{name} differs from {first} in {', '.join(names)}"
    return ""


def _agree(groups: list[Group], what: str, value: Callable[[Record], Any]) -> list[str]:
    """Where runs of a group differ in one value, or left none."""
    wrong = []
    for group in groups:
        found = {name: value(run) for name, run in group.items()}
        first = next(iter(found))
        wrong += [f"{name} left no {what}" if own in (None, "") else f"{name} differs from {first} in {what}"
                  for name, own in found.items() if own in (None, "") or own != found[first]]
    return wrong


def _per_epoch(groups: list[Group], what: str, value: Callable[[Record], Any]) -> list[str]:
    """Where runs of a group differ in a list of one entry per epoch, or lack entries."""
    wrong = []
    for group in groups:
        first, reference = "", []
        for name, run in group.items():
            found = value(run)
            found = [entry for entry in found if entry not in (None, "")] if isinstance(found, list) else []
            if not found or len(found) != _at(run.summary, "epochs"):
                wrong.append(f"{name} left {len(found)} entries of {what}, expected one per epoch")
            elif not first:
                first, reference = name, found
            elif epoch := next((i for i, (a, b) in enumerate(zip(reference, found), 1) if a != b), 0):
                wrong.append(f"{name} differs from {first} in {what} from epoch {epoch}")
            elif len(found) != len(reference):
                wrong.append(f"{name} has {len(found)} entries of {what}, {first} has {len(reference)}")
    return wrong


def _evaluated(groups: list[Group], name: str, what: str) -> list[str]:
    """Where runs of a group differ in what they were shown when they were validated and tested."""
    return [sentence for part in PARTS for sentence in _agree(
        groups, f"the {part} images' {what}", lambda run, part=part: _at(run.proof, "evaluated", part, name))]


def _recipe_and_data(runs: Runs, content: str) -> Check:
    shared = _but_for_cell(next(iter(runs.values())))
    wrong = [_uniform(runs, _but_for_cell), *_agree(_groups(runs, _seed), "cell seed", lambda run: run.spec.get("cell_seed"))]
    inputs = {arm: run.spec.get("arm") for arm, run in _firsts(runs).items()}
    for key, run in runs.items():
        fold, replicate = run.spec.get("fold"), run.spec.get("replicate")
        if (fold, replicate) != key[1:]:
            wrong.append(f"{_name(key, run)} was trained as fold {fold}, replicate {replicate} (counted from 0)")
        if inputs[key[0]] != run.spec.get("arm"):
            wrong.append(f"{_name(key, run)} saw other inputs than the first run of its arm")
    if shared.get("data") != content:
        wrong.append(f"the runs were trained on data {shared.get('data')}, the face set holds {content}")
    return _verdict("recipe and data", wrong, f"{len(runs)} runs of {len(inputs)} arms share one recipe and split "
                    f"({short(shared)}) and one data set ({content[:8]})")


def _but_for_cell(run: Record) -> dict:
    return {key: value for key, value in run.spec.items() if key not in ("arm", "fold", "replicate", "cell_seed")}


def _initial_weights(runs: Runs) -> Check:
    """Tensors of one path and one shape must have one hash in all arms that draw the same seeds."""
    name = "initial weights"
    if wrong := [sentence for key, run in runs.items() for sentence in _malformed(_name(key, run), run)]:
        return _verdict(name, wrong, "")
    builds, seeds = ({arm: what(run) for arm, run in _firsts(runs).items()} for what in (_build, _seed))
    pairs = [pair for pair in combinations(builds, 2) if seeds[pair[0]] == seeds[pair[1]]]
    shared = {path for one, other in pairs for path, _ in builds[one].items() & builds[other].items()}
    shapes, wrong = _shapes(builds)
    wrong += _rebuilt(runs) + _starts(runs) + _unshared(runs, pairs, builds)
    wider = "; different in shape because an arm's input is wider: " + ", ".join(shapes) if shapes else ""
    return _verdict(name, wrong, f"{len(shared)} tensors that arms share start from the same values in each of "
                    f"{_count(runs)}{wider}{_extra(builds)}{_declared(runs)}")


def _malformed(name: str, run: Record) -> list[str]:
    weights = _at(run.proof, "initial_weights")
    if not weights or not isinstance(weights, dict):
        return [f"{name} left no hashes of its initial weights"]
    return [f"{name} left no shape and hash of {path}" for path, tensor in weights.items()
            if not (isinstance(_at(tensor, "shape"), list) and isinstance(_at(tensor, "sha256"), str)
                    and all(isinstance(size, int) for size in tensor["shape"]))]


def _build(run: Record) -> Build:
    return {path: tuple(tensor["shape"]) for path, tensor in run.proof["initial_weights"].items()}


def _shapes(builds: dict[str, Build]) -> tuple[list[str], list[str]]:
    """The tensors that arms hold in different shapes, in words: those that may differ, and those that may not."""
    fine, wrong = [], []
    for path in sorted({path for build in builds.values() for path in build}):
        found = sorted({build[path] for build in builds.values() if path in build})
        words = f"{path} {' and '.join(str(list(shape)) for shape in found)}"
        if len({_but_for_input(path, shape) for shape in found}) > 1:
            wrong.append(f"{words} differ in more than the width of an input in {_and(a for a in builds if path in builds[a])}")
        elif len(found) > 1:
            fine.append(words)
    return fine, wrong


def _but_for_input(path: str, shape: tuple[int, ...]) -> tuple:
    """A shape without the axis that is as long as the layer's input: a kernel's second-last, a running average's only one."""
    last = path.rpartition("/")[2]
    axis = 2 if last == "kernel" else 1 if last in ("moving_mean", "moving_variance") and len(shape) == 1 else 0
    return tuple(None if len(shape) - at == axis else size for at, size in enumerate(shape))


def _rebuilt(runs: Runs) -> list[str]:
    """Runs with the same inputs are one model, whatever their seeds."""
    seen: dict[str, tuple[str, Build]] = {}
    found = [(_name(key, run), _build(run), to_json(_inputs(run))) for key, run in runs.items()]
    return [f"{name} and {first} see the same inputs but have other tensors" for name, build, inputs in found
            for first, reference in [seen.setdefault(inputs, (name, build))] if build != reference]


def _starts(runs: Runs) -> list[str]:
    """Where runs with the same seeds start a tensor of one path and one shape from different values."""
    wrong = []
    for group in _groups(runs, _seed):
        seen: dict[tuple, tuple[str, str]] = {}
        for name, run in group.items():
            for path, tensor in run.proof["initial_weights"].items():
                first, value = seen.setdefault((path, *tensor["shape"]), (name, tensor["sha256"]))
                if value != tensor["sha256"]:
                    wrong.append(f"{path} {tensor['shape']} starts differently in {name} and in {first}")
    return wrong


def _unshared(runs: Runs, pairs: list[tuple[str, str]], builds: dict[str, Build]) -> list[str]:
    """Two arms with an input in common but no tensor in common were not built by one model builder."""
    sees = {arm for arm, run in _firsts(runs).items() if _at(run.spec, "arm", "image")}
    return [f"{one} and {other} both see the image but share no tensor, so nothing could be compared"
            for one, other in pairs if {one, other} <= sees and not builds[one].items() & builds[other].items()]


def _extra(builds: dict[str, Build]) -> str:
    """The tensors that only some arms have, by who has them; a dropout's random state is a tensor without parameters."""
    held: dict[tuple[str, ...], list[str]] = {}
    for path in dict.fromkeys(path for build in builds.values() for path in build):
        held.setdefault(tuple(arm for arm in builds if path in builds[arm]), []).append(path)
    told = ""
    for arms, paths in held.items():
        if len(arms) < len(builds):
            counted = [path for path in paths if not path.endswith("seed_generator_state")]
            sums = sorted({sum(int(np.prod(builds[arm][path])) for path in counted) for arm in arms})
            layers = list(dict.fromkeys(path.rpartition("/")[0] for path in paths))
            more = ", ..." if len(layers) > 6 else ""
            told += (f"; in {_and(arms)} only: {len(paths)} tensor{'s' * (len(paths) > 1)}, "
                     f"{' to '.join(f'{size:,}' for size in dict.fromkeys((sums[0], sums[-1])))} parameters "
                     f"({', '.join(layers[:6])}{more})")
    return told


def _order(runs: Runs) -> Check:
    wrong = _per_epoch(_groups(runs, _seed), "order", lambda run: _shown(run, "order"))
    wrong += _evaluated(_groups(runs), "order", "rows and classes")
    return _verdict("sample order", wrong, _same(runs, "order"))


def _draws(runs: Runs) -> Check:
    groups = _groups(runs, _seed)
    wrong = _per_epoch(groups, "draws", lambda run: _shown(run, "draws")) + _evaluated(_groups(runs), "draws", "affines")
    wrong += _agree(groups, "first batches", lambda run: _at(run.proof, "first_batches"))
    plain = all(_at(run.spec, "recipe", "augmentation") is None for run in runs.values())
    words = f"none, the recipe does not augment{_declared(runs)}" if plain else _same(runs, "draws")
    return _verdict("augmentation draws and first batches", wrong,
                    f"draws: {words}; first batches: equal bytes in all arms of one seed")


def _same(runs: Runs, what: str) -> str:
    every = [_shown(run, what) for run in runs.values()]
    seeds = {_seed(run) for run in _firsts(runs).values()}
    arms = "all arms" if len(seeds) == 1 else "all arms of one seed"
    return (f"the same in {arms}, epoch by epoch and in evaluation, in each of {_count(runs)} ({len(every[0])} epochs, "
            f"{short(every)}){_declared(runs)}")


def _landmarks(runs: Runs) -> Check:
    """Arms with one view and one seed saw the same numbers; whose faces these were of is as the view says."""
    name = "landmarks"
    seeing = {key: run for key, run in runs.items() if _view(run) is not None}
    groups = _groups(seeing, _seed, _view)
    wrong = [sentence for key, run in seeing.items() for sentence in _sources(_name(key, run), run)]
    for what in ("landmarks", "sources"):
        wrong += _per_epoch(groups, what, lambda run, what=what: _shown(run, what)) + _evaluated(groups, what, what)
    told: dict[str, list[str]] = {}
    for arm, run in _firsts(seeing).items():
        kind = _kind(run)
        told.setdefault("was given other faces' landmarks" if kind.startswith(OTHERS) else "was given no face's landmarks"
                        if kind.startswith(NONE) else "saw each face's own landmarks", []).append(arm)
    words = [f"{arm} {what}" for what, arms in told.items() for arm in arms]
    words.append("arms with one view and seed saw equal numbers" if any(len(group) > 1 for group in groups) else
                 "no two arms have one view and seed, so no numbers were compared")
    return _verdict(name, wrong, "; ".join(words) if seeing else "no arm sees landmarks")


def _kind(run: Record) -> str:
    """The name of the view's function or class."""
    return str(_at(_view(run), "kind") or _view(run))


def _sources(name: str, run: Record) -> list[str]:
    """Whether an arm was given the landmarks of those faces of whom its view says so, in every epoch and in evaluation."""
    sources = {*map(str, _shown(run, "sources")), *(str(_at(run.proof, "evaluated", part, "sources")) for part in PARTS)}
    if "None" in sources:
        return []  # told where entries are counted
    if _kind(run).startswith(OTHERS):
        return [f"{name} was given each face's own landmarks, its view is of other faces'"] if "own" in sources else []
    return [f"{name} was given other faces' landmarks, its view is of each face's own"] if sources != {"own"} else []


def _split(runs: Runs) -> Check:
    wrong = [sentence for part in ("train", *PARTS) for sentence in _agree(
        _groups(runs), f"hash of the {part} rows", lambda run, part=part: _at(run.proof, "split", part))]
    splits = [_at(run.proof, "split") for run in runs.values()]
    return _verdict("split", wrong, "the same training, validation and test rows in all arms of each of "
                    f"{_count(runs)} ({short(splits)})")


def _learning_rate(runs: Runs) -> Check:
    every = [_at(run.proof, "learning_rate") for run in runs.values()]
    wrong = _per_epoch(_groups(runs), "learning rate", lambda run: _at(run.proof, "learning_rate"))
    return _verdict("learning rate", wrong, f"the same in all arms, epoch by epoch, in each of {_count(runs)} "
                    f"({short(every)})")


def _test_images(runs: Runs) -> Check:
    """The rows themselves are compared by the loader, which refuses to pool different ones."""
    leaks = [f"{_name(key, run)} has {count} test images in its validation set" for key, run in runs.items()
             if (count := len(np.intersect1d(run.test.rows, run.validation.rows)))]
    rows = np.unique(np.concatenate([run.test.rows for run in runs.values()]))
    return _verdict("test images", leaks, f"{len(rows)} images, the same for every arm and replicate "
                    f"({short(rows.tolist())}); none of them was in a validation set")


def _distinct(runs: Runs) -> Check:
    """Two draws of one seed would be one replicate counted several times, or an A/A arm that is its control."""
    seen: dict[str, tuple] = {}
    wrong = []
    for key, run in runs.items():
        mark = to_json([key[1], _inputs(run), _at(run.proof, "initial_weights"), _shown(run, "order")])
        name, draw = _name(key, run), (key[2], _seed(run))
        first, other = seen.setdefault(mark, (name, draw))
        if draw != other:
            wrong.append(f"{name} repeats {first}: same initial weights, same order")
    return _verdict("replicates differ", wrong, f"{len(runs)} runs, no two replicates of an arm with the same initial "
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
    wrong = [sentence for key, run in runs.items() for sentence in _selected(_name(key, run), run)]
    wanted = dict.fromkeys(str(_at(run.spec, "recipe", "epochs")) for run in runs.values())
    rules = dict.fromkeys(str(_at(run.spec, "recipe", "selection")) for run in runs.values())
    return _verdict("epochs", wrong, f"all {len(runs)} runs completed {' or '.join(wanted)} epochs; the {' or '.join(rules)} "
                    "one was selected")


def _selected(name: str, run: Record) -> list[str]:
    """Whether a run is as long as planned, and its selected epoch the one that the rule selects."""
    planned, rule = (_at(run.spec, "recipe", what) for what in ("epochs", "selection"))
    chosen, scores = _at(run.summary, "selected_epoch"), [_at(entry, "validation_accuracy") for entry in run.history]
    if not planned or not len(run.history) == _at(run.summary, "epochs") == planned:
        return [f"{name} has a history of {len(run.history)} epochs, expected {planned}"]
    if not all(isinstance(score, (int, float)) for score in scores) or rule not in ("last", "best"):
        return [f"{name} left no rule of selection or no validation accuracy of every epoch"]
    right = planned if rule == "last" else scores.index(max(scores)) + 1
    return [f"{name} selected epoch {chosen}, the {rule} is {right}"] if chosen != right else []


def _verdict(name: str, wrong: list[str], right: str) -> Check:
    wrong = [sentence for sentence in wrong if sentence]
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Check(name, not wrong, "; ".join(wrong[:3]) + more if wrong else right)


def _and(words) -> str:
    return " and ".join(words)


def _count(runs: Runs) -> str:
    folds, replicates = (len({key[at] for key in runs}) for at in (1, 2))
    words = f"{replicates} replicate{'s' * (replicates > 1)}"
    return f"{words} x {folds} folds" if folds > 1 else words

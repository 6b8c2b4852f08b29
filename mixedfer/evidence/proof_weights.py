"""The check that arms start from the same weights, and what tensors only some of them have."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from mixedfer.disk import to_json
from mixedfer.evidence.proof_reading import (
    Check,
    Runs,
    counted,
    data_of,
    declared,
    first_runs,
    grouped,
    inputs_of,
    joined,
    look_up,
    named,
    seed_of,
    verdict,
)
from mixedfer.records import Record

#: Path -> shape of the tensors of a model.
Build = dict[str, tuple[int, ...]]
#: How the path of a dropout's random state ends.
STATE = "seed_generator_state"
#: The mean image of centred pixels: of the data, and the only tensor that no seed decides.
MEAN = "pixels/mean"
#: The fusion that gives an arm with one input no layers of its own, by how its name begins.
HEADLESS = "mixedfer.learning.fusions.probabilities:"


def initial_weights(runs: Runs) -> Check:
    """Tensors of one path and one shape must have one hash in all arms that draw the same seeds."""
    name = "initial weights"
    if wrong := [sentence for key, run in runs.items() for sentence in _malformed(named(key, run), run)]:
        return verdict(name, wrong, "")
    builds, seeds = ({arm: what(run) for arm, run in first_runs(runs).items()} for what in (_build, seed_of))
    pairs = [pair for pair in combinations(builds, 2) if seeds[pair[0]] == seeds[pair[1]]]
    shared = {path for one, other in pairs for path, _ in builds[one].items() & builds[other].items()}
    shapes, wrong = _shapes(builds)
    strangers, unshared = _strangers(first_runs(runs), builds)
    wrong += _rebuilt(runs) + _starts(runs) + unshared + _alone(first_runs(runs))
    told = (f"{len(shared)} tensors that arms share start from the same values in each of {counted(runs)}" if shared else
            "nothing was compared: no two arms draw the same seeds" if not pairs else "nothing was compared")
    wider = "; different in shape because an arm's input is wider: " + ", ".join(shapes) if shapes else ""
    return verdict(name, wrong, "; ".join([told, *strangers]) + f"{wider}{_extra(builds)}{declared(runs)}")


def _malformed(name: str, run: Record) -> list[str]:
    weights = look_up(run.proof, "initial_weights")
    if not weights or not isinstance(weights, dict):
        return [f"{name} left no hashes of its initial weights"]
    return [f"{name} left no shape and hash of {path}" for path, tensor in weights.items()
            if not (isinstance(look_up(tensor, "shape"), list) and isinstance(look_up(tensor, "sha256"), str)
                    and all(isinstance(size, int) for size in tensor["shape"]))]


def _build(run: Record) -> Build:
    return {path: tuple(tensor["shape"]) for path, tensor in run.proof["initial_weights"].items() if path != MEAN}


def _shapes(builds: dict[str, Build]) -> tuple[list[str], list[str]]:
    """The tensors that arms hold in different shapes, in words: those that may differ, and those that may not."""
    fine, wrong = [], []
    for path in sorted({path for build in builds.values() for path in build}):
        found = sorted({build[path] for build in builds.values() if path in build})
        words = f"{path} {' and '.join(str(list(shape)) for shape in found)}"
        if len({_but_for_input(path, shape) for shape in found}) > 1:
            wrong.append(f"{words} differ in more than the width of an input in "
                         f"{joined(arm for arm in builds if path in builds[arm])}")
        elif len(found) > 1:
            fine.append(words)
    return fine, wrong


def _but_for_input(path: str, shape: tuple[int, ...]) -> tuple:
    """A shape without the axis that is as long as the layer's input: a kernel's second-last, a running average's only one."""
    last = path.rpartition("/")[2]
    axis = 2 if last == "kernel" else 1 if last in ("moving_mean", "moving_variance") and len(shape) == 1 else 0
    return tuple(None if len(shape) - at == axis else size for at, size in enumerate(shape))


def _rebuilt(runs: Runs) -> list[str]:
    """Runs with the same inputs are one model, whatever their seeds; with images of another size, but for its inputs' width."""
    seen: dict[str, tuple[str, Build]] = {}
    found = [(named(key, run), _build(run), run) for key, run in runs.items()]
    alike = [(name, {path: _but_for_input(path, shape) for path, shape in build.items()}, to_json(inputs_of(run)))
             for name, build, run in found]
    equal = [(name, build, to_json([inputs_of(run), data_of(run)])) for name, build, run in found]
    return list(dict.fromkeys(
        f"{name} and {first} see the same inputs but have other tensors" for name, build, inputs in (*equal, *alike)
        for first, reference in [seen.setdefault(inputs, (name, build))] if build != reference))


def _starts(runs: Runs) -> list[str]:
    """Where runs with the same seeds start a tensor of one path and one shape from different values."""
    wrong = []
    for group in grouped(runs, seed_of):
        seen: dict[tuple, tuple[str, str]] = {}
        for name, run in group.items():
            for path, tensor in run.proof["initial_weights"].items():
                drawn = (path, *tensor["shape"], data_of(run) if path == MEAN else "")
                first, value = seen.setdefault(drawn, (name, tensor["sha256"]))
                if value != tensor["sha256"]:
                    wrong.append(f"{path} {tensor['shape']} starts differently in {name} and in {first}")
    return wrong


def _alone(firsts: dict[str, Record]) -> list[str]:
    """The arms with other seeds than the first arm's and with inputs that no arm has with these seeds.

    Nothing of such an arm is compared with the first one, and seeds and inputs cannot be told apart in its difference.
    """
    control, first = next(iter(firsts.items()))
    held = [(inputs_of(run), data_of(run)) for run in firsts.values() if seed_of(run) == seed_of(first)]
    return [f"{arm} draws other seeds than {control}, and no arm that sees the same draws those of {control}, so nothing could "
            "be compared" for arm, run in firsts.items() if (inputs_of(run), data_of(run)) not in held]


def _strangers(firsts: dict[str, Record], builds: dict[str, Build]) -> tuple[list[str], list[str]]:
    """The pairs of arms that share no tensor, in words: those that need not, and those that must have had two builders.

    Arms with an input in common share its branch, all others the layers after the join. Only where a fusion gives an arm with
    one input no such layers is there nothing to share. A third arm that shares tensors with both holds two arms together.
    """
    related = {(one, other) for one in builds for other in builds if builds[one].items() & builds[other].items()}
    fine, wrong = [], []
    for one, other in combinations(builds, 2):
        both = sorted(_sees(firsts[one]) & _sees(firsts[other]))
        between = [arm for arm in builds if {(one, arm), (arm, other)} <= related]
        words = f"{one} and {other} share no tensor"
        if (one, other) in related:
            continue
        if both:
            wrong.append(f"{one} and {other} both see the {both[0]} but share no tensor, so nothing could be compared")
        elif between:
            fine.append(f"{words} and no input, each shares some with {between[0]}")
        elif str(look_up(firsts[one].spec["recipe"]["fusion"], "kind")).startswith(HEADLESS):
            fine.append(f"{words} and no input: this fusion has no layers of its own for an arm with one input")
        else:
            wrong.append(f"{words}, not even after the join of the branches, so nothing could be compared")
    return fine, wrong


def _sees(run: Record) -> set[str]:
    """The inputs of an arm."""
    return {name for name in ("image", "landmarks") if run.spec["arm"][name]}


def _extra(builds: dict[str, Build]) -> str:
    """The tensors that only some arms have, by who has them; a dropout's random state is a tensor without parameters."""
    held: dict[tuple[str, ...], list[str]] = {}
    for path in dict.fromkeys(path for build in builds.values() for path in build):
        held.setdefault(tuple(arm for arm in builds if path in builds[arm]), []).append(path)
    told = ""
    for arms, paths in held.items():
        if len(arms) < len(builds):
            counted = [path for path in paths if not path.endswith(STATE)]
            sums = sorted({sum(int(np.prod(builds[arm][path])) for path in counted) for arm in arms})
            layers = list(dict.fromkeys(path.rpartition("/")[0] for path in paths))
            more = ", ..." if len(layers) > 6 else ""
            told += (f"; in {joined(arms)} only: {len(paths)} tensor{'s' * (len(paths) > 1)}, "
                     f"{' to '.join(f'{size:,}' for size in dict.fromkeys((sums[0], sums[-1])))} parameters "
                     f"({', '.join(layers[:6])}{more})")
    return told

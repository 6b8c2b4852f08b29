"""Ways to spoil what a run left, as the `edit` of `synthetic.build`, and the checks that say so."""

from __future__ import annotations

import numpy as np

from mixedfer.evidence import results
from tests.evidence.synthetic import sha


def on(*names):
    """Wraps what spoils the facts of a run into an edit of all runs of these arms."""
    def wrap(spoil):
        return lambda arm, fold, replicate, facts: spoil(facts) if arm in names else None
    return wrap


def every(spoil):
    """An edit of all runs."""
    return lambda arm, fold, replicate, facts: spoil(facts)


def failures(plan, store):
    return {check.name: check.detail for check in results.load(plan, store).checks if not check.passed}


def weights_with(other):
    """Spoils the initial weights of a run."""
    def spoil(facts):
        facts["proof"]["initial_weights"] = other(facts["proof"]["initial_weights"])
    return spoil


def change(paths):
    """An edit of the second replicate of the mixed arm: dotted path -> its new value, or a function of the old one."""
    def edit(arm, fold, replicate, facts):
        if (arm, replicate) != ("mixed", 1):
            return
        for path, value in paths.items():
            *inner, last = path.split(".")
            place = facts
            for name in inner:
                place = place[name]
            place[last] = value(place[last]) if callable(value) else value
    return edit


def shaped(path, shape):
    return lambda weights: weights | {path: {"shape": shape, "sha256": sha(path, shape)}}


def without(*names):
    return lambda old: {name: value for name, value in old.items() if name not in names}


def seen(index, **hashes):
    """An edit of what one epoch showed."""
    return lambda shown: [epoch | hashes if at == index else epoch for at, epoch in enumerate(shown)]


def covering(which):
    """An edit of the covered images: those at `which` of the first ten."""
    return lambda old: {"rows": np.r_[old["rows"], 50:56][which], "drops": np.zeros((10, 8, 8), np.float32)[which]}


def other_kernel(weights):
    return weights | {"image_conv1/kernel": {"shape": [3, 3, 1, 4], "sha256": sha("another")}}


def renamed(weights):
    return {f"mixed_{path}": tensor for path, tensor in weights.items()}

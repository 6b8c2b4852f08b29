"""Compiled models that this process has trained, so that cells of one kind do not each pay for tracing: for a small network
it takes as long as many of its epochs.

What a model does is in its recipe, inputs and variables. All in which cells of one kind differ, dropout's streams included, is
in the variables' values; so a cell gives the same bytes whether its model is new or was another cell's before.
"""

from __future__ import annotations

import keras

from mixedfer.identity import digest
from mixedfer.learning import models
from mixedfer.study import Recipe

#: How many are kept, and how many numbers training may change in one: tracing a larger one is nothing beside its epochs, and
#: its memory is wanted.
MOST, LARGEST = 4, 5_000_000

_kept: dict[str, keras.Model] = {}


def take(model: keras.Model, recipe: Recipe) -> keras.Model:
    """The compiled `model`, or one of its kind that is kept, given every value of `model`, its optimiser's included."""
    used = _kept.pop(_kind(model, recipe), model)
    if used is not model:
        for old, new in zip(_variables(used), _variables(model), strict=True):
            old.assign(new)
    return used


def keep(model: keras.Model, recipe: Recipe) -> None:
    """Have a model that was trained to its end for the next `take`; the one that was kept first makes room."""
    if models.parameters(model) <= LARGEST:
        _kept[_kind(model, recipe)] = model
    while len(_kept) > MOST:
        _kept.pop(next(iter(_kept)))


def _variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]


def _kind(model: keras.Model, recipe: Recipe) -> str:
    return digest({"recipe": recipe, "inputs": [[tensor.name, *tensor.shape] for tensor in model.inputs],
                   "variables": [[variable.path, *variable.shape] for variable in model.weights]})

"""The optimiser of a recipe, with a learning rate of its own for what starts from given weights."""

from __future__ import annotations

import keras

from mixedfer.study import Recipe

KINDS = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}


def of(recipe: Recipe, variables: list, given: list) -> keras.Optimizer:
    """The optimiser of `variables`, built; the `given` ones of them learn at `recipe.pretrained_rate` times the rate."""
    kind = KINDS[recipe.optimizer]
    slow = given if recipe.pretrained_rate != 1 else []
    momentum = {"momentum": recipe.momentum, "nesterov": recipe.momentum > 0} if recipe.optimizer == "sgd" else {}
    decay = recipe.weight_decay if recipe.optimizer == "adamw" else recipe.weight_decay or None
    optimizer = (_slowed(kind, slow, recipe.pretrained_rate) if slow else kind)(
        recipe.learning_rate, weight_decay=decay, global_clipnorm=recipe.clip_norm or None,
        use_ema=recipe.average > 0, ema_momentum=recipe.average, **momentum)
    if slow:
        optimizer.exclude_from_weight_decay(var_list=slow)
    optimizer.build(variables)
    return optimizer


def _slowed(kind: type, slow: list, factor: float) -> type:
    """The same kind of optimiser, for which the learning rate of the variables in `slow` is `factor` times the others'.

    Weight decay goes with the learning rate, so that theirs is taken out of the optimiser's hands and done here.
    """
    class Slowed(kind):
        def update_step(self, gradient, variable, learning_rate):
            if self._get_variable_index(variable) in {self._get_variable_index(other) for other in slow}:
                learning_rate = keras.ops.multiply(learning_rate, factor)
                if self.weight_decay:
                    self.assign_sub(variable, keras.ops.multiply(variable, learning_rate * self.weight_decay))
            super().update_step(gradient, variable, learning_rate)

    return Slowed

"""One step of gradient descent, by arithmetic: what starts from given weights learns at a rate of its own."""

import dataclasses

import numpy as np
import pytest

from mixedfer import study_files
from tests.commands import ROOT
from tests.learning.pretraining import study
from tests.tiny import STUDY

pytestmark = pytest.mark.usefixtures("keras_ready")


def stepped(recipe, gradients, steps=1, average=False):
    """What becomes of two variables of two ones, the first of them given, or of their averages, after steps like these."""
    import keras

    from mixedfer.learning import optimizers

    given, own = (keras.Variable(np.ones(2, np.float32)) for _ in range(2))
    optimizer = optimizers.of(recipe, [given, own], [given])
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(np.full(2, gradient, np.float32)) for gradient in gradients])
    if average:
        optimizer.finalize_variable_values([given, own])
    return [float(keras.ops.stop_gradient(variable)[0]) for variable in (given, own)]


def recipe(weights, **changes):
    plain = {"learning_rate": 0.5, "momentum": 0.0, "optimizer": "sgd", "pretrained_rate": 0.1, "frozen": 1}
    return study(weights, **{**plain, **changes}).recipe


@pytest.fixture(scope="module")
def weights():
    from mixedfer.learning.weights.archive import Archive

    return Archive(sha256="0" * 64)


def test_a_step_of_gradient_descent(weights):
    assert stepped(recipe(weights), [2.0, 2.0]) == pytest.approx([1 - 0.1 * 0.5 * 2, 1 - 0.5 * 2])
    assert stepped(recipe(weights, pretrained_rate=1.0), [2.0, 2.0]) == pytest.approx([0, 0])


def test_nesterov_momentum_goes_with_the_rate(weights):
    """v1 = -r g and x1 = x0 + m v1 - r g, with r the rate, m the momentum and g the gradient."""
    given, own = stepped(recipe(weights, momentum=0.9), [1.0, 1.0])
    assert (given, own) == pytest.approx((1 - 0.05 * 1.9, 1 - 0.5 * 1.9))


def test_weight_decay_goes_with_the_rate(weights):
    given, own = stepped(recipe(weights, weight_decay=0.2), [0.0, 0.0])
    assert (given, own) == pytest.approx((1 - 0.05 * 0.2, 1 - 0.5 * 0.2))


def test_the_study_of_fer_plus_steps_as_far_as_its_authors_program():
    """There (github.com/microsoft/FERPlus, src/train.py: CNTK's momentum with unit gain) v = 0.9 v + 0.1 g and x = x - 0.05 v,
    so one gradient of 1 moves x by 0.05 x 0.1 x (1 + 0.9 + 0.9^2 + ...) = 0.05 in all.
    """
    import keras

    from mixedfer.learning import optimizers

    variable = keras.Variable(np.zeros(1, np.float32))
    optimizer = optimizers.of(study_files.load(ROOT / "experiments" / "ferplus.py").recipe, [variable], [])
    for step in range(150):
        optimizer.apply([keras.ops.full((1,), float(step == 0))])
    assert float(keras.ops.stop_gradient(variable)[0]) == pytest.approx(-0.05, rel=1e-4)


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_the_first_step_of_adam_is_the_rate_in_the_gradients_direction(weights, kind):
    """Kingma and Ba, ICLR 2015: with bias correction the first step is the rate, whatever the gradient's size."""
    found = stepped(recipe(weights, optimizer=kind, weight_decay=0.0), [3.0, -0.02])
    assert found == pytest.approx([1 - 0.05, 1 + 0.5], abs=1e-4)


def test_norms_are_clipped_over_all_gradients(weights):
    given, own = stepped(recipe(weights, clip_norm=1.0), [3.0, 4.0])  # norm: 5 times the root of 2
    assert (given, own) == pytest.approx((1 - 0.05 * 3 / 50**0.5, 1 - 0.5 * 4 / 50**0.5))


@pytest.mark.parametrize("rate", [0.1, 1.0])
def test_the_moving_average_begins_with_the_first_step(weights, rate):
    """x goes from 1 to 1 - r and 1 - 2r, r the rate; the average from 1 - r to 0.9 (1 - r) + 0.1 (1 - 2r)."""
    found = stepped(recipe(weights, average=0.9, pretrained_rate=rate), [1.0, 1.0], steps=2, average=True)
    assert found == pytest.approx([0.9 * (1 - r) + 0.1 * (1 - 2 * r) for r in (0.5 * rate, 0.5)])


def test_without_given_weights_the_optimiser_is_kerass_own():
    import keras

    from mixedfer.learning import optimizers

    variable = keras.Variable(np.ones(2, np.float32))
    made = optimizers.of(dataclasses.replace(STUDY.recipe, optimizer="adamw"), [variable], [])
    assert type(made).__name__ == "AdamW" and made.built

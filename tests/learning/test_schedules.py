"""What every schedule promises (adding a file to `mixedfer/learning/schedules` adds its test), and what each one does."""

import importlib
import pkgutil

import numpy as np
import pytest

from mixedfer.errors import StudyError
from mixedfer.learning import schedules
from mixedfer.learning.schedules.constant import Constant
from mixedfer.learning.schedules.cosine import Cosine
from mixedfer.learning.schedules.milestones import Milestones
from mixedfer.learning.schedules.plateau import Plateau
from mixedfer.learning.schedules.step import Step


def every_schedule():
    return [getattr(importlib.import_module(f"{schedules.__name__}.{found.name}"), found.name.title().replace("_", ""))()
            for found in pkgutil.iter_modules(schedules.__path__)]


@pytest.mark.parametrize("schedule", every_schedule(), ids=lambda schedule: type(schedule).__name__)
def test_a_schedule_gives_factors_and_says_whether_it_follows_the_history(schedule):
    better = [{"validation_loss": 1 - epoch / 30, "validation_accuracy": epoch / 30} for epoch in range(30)]
    stuck = [{"validation_loss": 1.0, "validation_accuracy": 0.5}] * 30
    one, other = ([schedule(epoch, 30, past[:epoch]) for epoch in range(30)] for past in (better, stuck))
    assert all(0 < factor <= 1 for factor in one + other)
    assert (one != other) == (getattr(schedule, "follows", "epochs") == "history")


def test_constant():
    assert [Constant()(epoch, 3) for epoch in range(3)] == [1, 1, 1]


def test_steps_at_fractions():
    factors = [Step(at=(0.6, 0.85), factor=0.1)(epoch, 20) for epoch in range(20)]
    assert factors == pytest.approx([1] * 12 + [0.1] * 5 + [0.01] * 3)
    for at in ((60, 85), (0.85, 0.6), (0.6, 0.6), (0.0,), (1.0,)):
        with pytest.raises(StudyError, match="rising fractions"):
            Step(at=at)


def test_milestones_count_epochs():
    assert [Milestones(at=(1, 3), factors=(.5, .2))(epoch, 5) for epoch in range(5)] == [1, .5, .5, .2, .2]
    for at, factors, told in (((3, 1), (.5, .2), "rising epochs"), ((1,), (.5, .2), "rising epochs"), ((1,), (-1,), "below 0")):
        with pytest.raises(StudyError, match=told):
            Milestones(at=at, factors=factors)


def test_cosine_falls_from_one_after_a_linear_rise():
    factors = [Cosine(warmup=3, end=0.1)(epoch, 10) for epoch in range(10)]
    assert factors[:3] == [0.25, 0.5, 0.75] and factors[3] == 1
    assert factors[3:] == sorted(factors[3:], reverse=True) and factors[-1] > 0.1


@pytest.mark.filterwarnings("ignore:__array__")  # of Keras, which NumPy asks for another signature
@pytest.mark.parametrize(("watched", "mode"), [("validation_loss", "min"), ("validation_accuracy", "max")])
def test_a_plateau_is_that_of_keras(keras_ready, watched, mode):
    """Against Keras' own callback, which changes the rate of a real optimiser."""
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    reference = keras.callbacks.ReduceLROnPlateau(watched, factor=0.5, patience=3, mode=mode, min_delta=0, min_lr=0.1)
    reference.set_model(model)
    reference.on_train_begin()
    history = [{watched: float(value)} for value in np.random.default_rng(4).integers(0, 9, 40)]
    ours, theirs = [], []
    for epoch, entry in enumerate(history):
        ours.append(Plateau(factor=0.5, patience=3, watched=watched, end=0.1)(epoch, 40, history[:epoch]))
        theirs.append(float(model.optimizer.learning_rate))
        reference.on_epoch_end(epoch, dict(entry))
    assert ours == pytest.approx(theirs) and set(ours) == {1, 0.5, 0.25, 0.125, 0.1}


def test_a_plateau_refuses_a_factor_that_changes_nothing():
    with pytest.raises(StudyError, match=r"factor=1\.0"):
        Plateau(factor=1)

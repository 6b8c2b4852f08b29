"""How branches join, with real Keras models as small as they can be."""

import dataclasses
import importlib
import pkgutil

import numpy as np
import pytest

from mixedfer.learning import fusions
from mixedfer.learning.fusions.features import Features
from mixedfer.learning.fusions.gated import Gated
from mixedfer.learning.fusions.probabilities import Probabilities
from tests.tiny import STUDY

pytestmark = pytest.mark.usefixtures("keras_ready")
IMAGE, MIXED, _, LANDMARKS = STUDY.arms
DENSE, BRANCH, UNITS = 8, 16, (16, 16)      # the tiny study's sizes: image features, landmark features, joint layers
BATCH = {"image": np.arange(4 * 32 * 32, dtype=np.uint8).reshape(4, 32, 32, 1),
         "affine": np.tile(np.eye(3).reshape(9)[:8], (4, 1)).astype(np.float32),
         "landmarks": np.random.default_rng(0).normal(size=(4, 68, 2)).astype(np.float32)}


def build(arm, fusion, classes=2):
    from mixedfer.learning import models

    recipe = dataclasses.replace(STUDY.recipe, fusion=fusion)
    return models.build(recipe, arm, (32, 32, 1), (68, 2) if arm.landmarks else None, classes, 3)


def answers(model, **changes):
    batch = BATCH | changes
    return np.asarray(model({tensor.name: batch[tensor.name] for tensor in model.inputs}))


def weights(model):
    return {weight.path: np.asarray(weight.numpy()) for weight in model.weights}


def every_fusion():
    return [getattr(importlib.import_module(f"{fusions.__name__}.{found.name}"), found.name.title())
            for found in pkgutil.iter_modules(fusions.__path__)]


@pytest.mark.parametrize("fusion", every_fusion())
@pytest.mark.parametrize("arm", [IMAGE, MIXED, LANDMARKS], ids=lambda arm: arm.name)
def test_every_arm_gets_probabilities(fusion, arm):
    probabilities = answers(build(arm, fusion(), classes=3))
    assert probabilities.shape == (4, 3) and np.allclose(probabilities.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("fusion", every_fusion())
def test_both_branches_reach_the_answer(fusion):
    model = build(MIXED, fusion())
    plain = answers(model)
    assert not np.allclose(answers(model, image=255 - BATCH["image"]), plain, atol=1e-6)
    assert not np.allclose(answers(model, landmarks=-BATCH["landmarks"]), plain, atol=1e-6)


@pytest.mark.parametrize("fusion", every_fusion())
def test_arms_share_the_initial_weights_of_layers_of_equal_shape(fusion):
    image, mixed = weights(build(IMAGE, fusion())), weights(build(MIXED, fusion()))
    same = [name for name in image if name in mixed and image[name].shape == mixed[name].shape]
    assert len(same) >= 8 and all(np.array_equal(image[name], mixed[name]) for name in same)


def test_a_gate_adds_one_dense_layer_and_changes_no_other():
    plain, gated = weights(build(MIXED, Features(units=UNITS))), weights(build(MIXED, Gated(units=UNITS)))
    assert {name: array.shape for name, array in gated.items() if name not in plain} == {
        "gate/kernel": (DENSE + BRANCH, BRANCH), "gate/bias": (BRANCH,)}
    assert all(np.array_equal(gated[name], plain[name]) for name in plain)


@pytest.mark.parametrize("arm", [IMAGE, LANDMARKS], ids=lambda arm: arm.name)
def test_an_arm_with_one_branch_has_no_gate(arm):
    plain, gated = build(arm, Features(units=UNITS)), build(arm, Gated(units=UNITS))
    assert weights(gated).keys() == weights(plain).keys() and np.array_equal(answers(gated), answers(plain))


def test_a_shut_gate_keeps_the_landmarks_out_and_an_open_one_lets_them_through():
    model, plain = build(MIXED, Gated(units=UNITS)), build(MIXED, Features(units=UNITS))
    gate = model.get_layer("gate")

    def set_to(value):
        gate.set_weights([np.zeros((DENSE + BRANCH, BRANCH)), np.full(BRANCH, value)])

    set_to(-50.0)
    assert np.allclose(answers(model), answers(model, landmarks=-BATCH["landmarks"]), atol=1e-6)
    set_to(50.0)
    assert np.allclose(answers(model), answers(plain), atol=1e-6)


def test_branches_that_do_not_end_in_one_number_per_class_get_a_layer_that_does():
    model = build(MIXED, Probabilities(units=5), classes=3)
    assert model.get_layer("branch1_classes").kernel.shape == (DENSE, 3)
    assert model.get_layer("branch2_classes").kernel.shape == (BRANCH, 3)
    assert model.get_layer("joint_fc1").kernel.shape == (3 + 3, 5)
    assert "branch1_classes" not in [layer.name for layer in build(MIXED, Probabilities(), classes=DENSE).layers]

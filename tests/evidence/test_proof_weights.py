"""Arms must share tensors where one builder made them, and start from the same values."""

from __future__ import annotations

import dataclasses

import pytest

from mixedfer.evidence import results
from mixedfer.learning.fusions.probabilities import Probabilities
from tests.evidence.spoiling import every, failures, on, renamed, shaped, weights_with
from tests.evidence.synthetic import build, sha


@pytest.mark.parametrize("path, shape", [("image_conv1/kernel", [3, 3, 1, 5]), ("image_conv1/kernel", [5, 3, 1, 4]),
                                         ("image_conv1/bias", [5]), ("joint_dense/kernel", [6])])
def test_arms_may_differ_in_the_width_of_an_input_alone(tmp_path, path, shape):
    failed = failures(build(tmp_path, images=60, edit=on("mixed")(weights_with(shaped(path, shape)))), tmp_path)
    assert list(failed) == ["initial weights"] and "differ in more than the width of an input" in failed["initial weights"]


def test_arms_built_by_two_builders_share_nothing(tmp_path):
    """Names that differ throughout would leave nothing to compare, which must not pass as agreement."""
    failed = failures(build(tmp_path, images=60, edit=on("mixed")(weights_with(renamed))), tmp_path)
    assert list(failed) == ["initial weights"] and "share no tensor" in failed["initial weights"]


@pytest.mark.parametrize("with_mixed", [True, False])
def test_image_and_landmarks_share_the_head_or_are_told_apart(tmp_path, with_mixed):
    """Without the head, the landmarks' arm has tensors of its own only; with "mixed" between, the two are not alone."""
    spoil = weights_with(lambda weights: {path: weights[path] for path in weights if path.startswith("landmark")})
    arms = ("image-only", "mixed", "landmarks-only") if with_mixed else ("image-only", "landmarks-only")
    found = results.load(build(tmp_path, arms, images=60, edit=on("landmarks-only")(spoil)), tmp_path)
    check = found.checks[1]
    assert check.name == "initial weights" and check.passed is with_mixed
    assert "image-only and landmarks-only share no tensor" in check.detail
    assert ("each shares some with mixed" if with_mixed else "not even after the join") in check.detail


def test_a_fusion_without_a_head_leaves_two_arms_nothing_to_share(tmp_path):
    edit = every(weights_with(lambda weights: {path: weights[path] for path in weights if path.startswith(("image", "landm"))}))
    plan = build(tmp_path, ("image-only", "landmarks-only"), images=60, recipe={"fusion": Probabilities()}, edit=edit)
    check = results.load(plan, tmp_path).checks[1]
    assert check.passed and check.detail.startswith("nothing was compared; image-only and landmarks-only share no tensor and "
                                                    "no input: this fusion has no layers of its own")


def test_seeds_of_their_own_leave_no_weights_to_compare(tmp_path):
    found = results.load(build(tmp_path, ("image-only", "image-only again"), images=60), tmp_path)
    assert found.comparable and found.checks[1].detail.startswith("nothing was compared: no two arms draw the same seeds")


def test_an_arm_with_other_inputs_and_other_seeds_is_comparable_through_a_third_alone(tmp_path):
    plan = build(tmp_path, ("image-only", "mixed", "mixed again"), images=60)
    assert results.load(plan, tmp_path).comparable
    alone = dataclasses.replace(plan, study={**plan.study, "treatments": plan.study["treatments"][1:]},
                                cells=[cell for cell in plan.cells if cell["arm"] != "mixed"])
    failed = failures(alone, tmp_path)
    assert list(failed) == ["initial weights"] and "mixed again draws other seeds than image-only" in failed["initial weights"]


def test_two_arms_with_landmarks_share_their_branch(tmp_path):
    edit = on("landmarks-only")(weights_with(renamed))
    plan = build(tmp_path, ("mixed", "landmarks-only"), images=60, edit=edit)
    assert "both see the landmarks but share no tensor" in failures(plan, tmp_path)["initial weights"]


def test_views_of_other_widths_may_standardise_other_widths(tmp_path):
    """The running averages of a landmark branch are as long as its view."""
    def edit(arm, fold, replicate, facts):
        if arm != "image-only":
            wide = {"mixed": 136, "shuffled": 51}[arm]
            facts["proof"]["initial_weights"]["landmarks/moving_mean"] = {"shape": [wide], "sha256": sha(wide)}
    found = results.load(build(tmp_path, ("image-only", "mixed", "shuffled"), images=60, edit=edit), tmp_path)
    assert found.comparable

"""Images in two parts, rows that are not those of the proof, and maps of other images are seen."""

from __future__ import annotations

import numpy as np
import pytest

from mixedfer.evidence import results
from tests.evidence.spoiling import covering, every, failures, on
from tests.evidence.synthetic import build, sha


def validated_on(which):
    """An edit that makes the first five images of another part validation images."""
    def spoil(facts):
        rows = {"train": facts["train"], "test": facts["test"]["rows"]}[which][:5]
        facts["validation"] = {"rows": rows, "probabilities": np.full((5, 2), 0.5, np.float32)}
    return spoil


@pytest.mark.parametrize("spoil, words", [
    (validated_on("test"), "5 test images in its validation set"),
    (validated_on("train"), "5 validation images in its training set"),
    (lambda facts: facts.update(train=np.union1d(facts["train"], facts["test"]["rows"][:3])),
     "3 test images in its training set"),
])
def test_an_image_in_two_parts_is_seen(tmp_path, spoil, words):
    failed = failures(build(tmp_path, images=60, edit=every(spoil)), tmp_path)
    assert list(failed) == ["test images"] and words in failed["test images"]


def test_rows_that_are_not_those_of_the_proof_are_seen(tmp_path):
    edit = every(lambda facts: facts["proof"]["split"].update(train=sha("x")))
    failed = failures(build(tmp_path, images=60, edit=edit), tmp_path)
    assert list(failed) == ["split"] and "left other training rows than its proof has the hash of" in failed["split"]


def test_a_replicate_with_other_training_images_is_seen(tmp_path):
    def edit(arm, fold, replicate, facts):
        facts["train"] = facts["train"][replicate:]
    failed = failures(build(tmp_path, images=60, edit=edit), tmp_path)
    assert list(failed) == ["split"] and "differs from image-only, replicate 1 in hash of the train rows" in failed["split"]


def test_the_split_is_told_in_images(tmp_path):
    """60 tested images are 3 in 7 of 140, of which a third of 60 is validated on."""
    detail = {check.name: check.detail for check in results.load(build(tmp_path, images=60), tmp_path).checks}
    assert f"the same rows ({140 - 60 - 20} training, 20 validation, 60 test)" in detail["split"]
    assert "the same of them were covered" in detail["test images"]


def test_an_arm_without_the_image_has_no_covered_images(tmp_path):
    edit = on("landmarks-only")(lambda facts: facts.update(occlusion=covering(slice(4))(facts["occlusion"])))
    failed = failures(build(tmp_path, ("image-only", "landmarks-only"), images=60, edit=edit), tmp_path)
    assert "does not see the image but left maps" in failed["test images"]


def test_maps_of_no_test_image_are_no_evidence(tmp_path):
    for index, which in enumerate((slice(0), slice(4, 8))):
        edit = every(lambda facts, which=which: facts.update(occlusion=covering(which)(facts["occlusion"])))
        failed = failures(build(tmp_path / str(index), images=60, edit=edit), tmp_path / str(index))
        assert "left no maps of covered test images" in failed["test images"]

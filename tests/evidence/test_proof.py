"""Every way in which arms can fail to be comparable: the check that says so, and no significance anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from mixedfer import disk, records
from mixedfer.evidence import comparing, results, summary
from tests.evidence.synthetic import build, sha

SOUND = ["recipe and data", "initial weights", "sample order", "augmentation draws and first batches", "split",
         "learning rate", "test images", "replicates differ", "software and device", "epochs"]


def test_a_sound_study_passes_every_check(drawn, folded):
    for study in (drawn, folded):
        assert [check.name for check in study.checks] == SOUND and study.comparable
        assert all(check.detail for check in study.checks)


def test_evidence_is_in_words(drawn):
    detail = {check.name: check.detail for check in drawn.checks}
    # The joint layer's kernel and bias and the answer are shared by all, the image's two by two arms, and so are the
    # landmarks'; the joint kernel is 16 wide in the mixed arm and 8 in the two others, which share it.
    assert detail["initial weights"].startswith("6 tensors that arms share")
    assert "joint_dense/kernel [8, 6] and [16, 6]" in detail["initial weights"]
    assert "15 runs of 3 arms" in detail["recipe and data"] and "400 images" in detail["test images"]


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


def other_kernel(weights):
    return weights | {"image_conv1/kernel": {"shape": [3, 3, 1, 4], "sha256": sha("another")}}


def renamed(weights):
    return {f"mixed_{path}": tensor for path, tensor in weights.items()}


BROKEN = [
    ("recipe and data", {"spec.recipe.learning_rate": 0.02}, "recipe.learning_rate"),
    ("recipe and data", {"spec.data": "another"}, "data"),
    ("recipe and data", {"spec.arm.image": False}, "saw other inputs"),
    ("recipe and data", {"spec.replicate": 7}, "trained as fold 0, replicate 7"),
    ("initial weights", {"proof.initial_weights": other_kernel}, "image_conv1/kernel"),
    ("initial weights", {"proof.initial_weights": {}}, "no hashes"),
    ("sample order", {"proof.order": lambda order: [*order[:2], sha("x"), order[3]]}, "from epoch 3"),
    ("sample order", {"proof.order": lambda order: order[:-1]}, "left 3 entries"),
    ("sample order", {"proof.order": None}, "left 0 entries"),
    ("augmentation draws and first batches", {"proof.draws": lambda draws: draws[::-1]}, "from epoch 1"),
    ("augmentation draws and first batches", {"proof.first_batches": sha("x")}, "first batches"),
    ("augmentation draws and first batches", {"proof.first_batches": None}, "left no first batches"),
    ("split", {"proof.split.train": sha("x")}, "train rows"),
    ("split", {"proof.split.validation": None}, "left no hash of the validation rows"),
    ("learning rate", {"proof.learning_rate": lambda rates: [2 * rate for rate in rates]}, "from epoch 1"),
    ("software and device", {"provenance.device": "cuda"}, "device"),
    ("software and device", {"provenance.numpy": "2.0.0", "provenance.python": "3.13.1"}, "numpy; python differs"),
    ("software and device", {"provenance": {}}, "in backend, backend_version, deterministic, device, keras"),
    ("software and device", {"provenance.making": "x", "provenance.threads": 2}, "making, threads"),
    ("epochs", {"history": lambda history: history[:-1]}, "history of 3 epochs, expected 4"),
    ("epochs", {"summary.selected_epoch": 9}, "selected epoch 9"),
]


@pytest.mark.parametrize("name, paths, words", BROKEN)
def test_a_broken_proof_means_no_significance(tmp_path, name, paths, words):
    plan = build(tmp_path, images=60, edit=change(paths))
    found = results.load(plan, tmp_path)
    failed = {check.name: check.detail for check in found.checks if not check.passed}
    assert list(failed) == [name] and not found.comparable
    assert words in failed[name] and "replicate 2" in failed[name] and "mixed" in failed[name]
    told = summary.summarise(found, comparing.compare_all(found))
    assert told["comparable"]["passed"] is False
    for comparison in told["comparisons"]:
        assert comparison["verdict"] == "inconclusive" and name in comparison["test"]
        assert {comparison[key] for key in ("p", "p_adjusted", "p_equivalence", "sign_flip_p", "mde", "se")} == {None}
        assert comparison["ci95"] is comparison["ci90"] is None
        assert {pair["mid_p"] for pair in comparison["mcnemar"]} == {None}
        assert all(entry["ci95"] is None for entry in comparison["per_class"])


def test_a_test_image_in_the_validation_set_is_seen(tmp_path):
    plan = build(tmp_path, images=60)
    run = records.run_folder(tmp_path, plan.cells[0]["run"])
    for part in ("rows", "probabilities"):
        np.save(run / f"{part}-validation.npy", disk.read_array(run / f"{part}-test.npy")[:5])
    failed = [check for check in results.load(plan, tmp_path).checks if not check.passed]
    assert [check.name for check in failed] == ["test images"] and "5 test images" in failed[0].detail


def test_arms_built_by_two_builders_share_nothing(tmp_path):
    """Names that differ throughout would leave nothing to compare, which must not pass as agreement."""
    def edit(arm, fold, replicate, facts):
        if arm == "mixed":
            facts["proof"]["initial_weights"] = renamed(facts["proof"]["initial_weights"])
    found = results.load(build(tmp_path, images=60, edit=edit), tmp_path)
    failed = [check for check in found.checks if not check.passed]
    assert [check.name for check in failed] == ["initial weights"] and "share no tensor" in failed[0].detail


def test_one_seed_twice_is_not_two_replicates(tmp_path):
    def edit(arm, fold, replicate, facts):
        if replicate == 1:
            facts["proof"]["initial_weights"], facts["proof"]["order"] = seen[arm]
        seen[arm] = facts["proof"]["initial_weights"], facts["proof"]["order"]
    seen: dict = {}
    found = results.load(build(tmp_path, images=60, replicates=2, edit=edit), tmp_path)
    failed = [check for check in found.checks if not check.passed]
    assert [check.name for check in failed] == ["replicates differ"]
    assert "repeats image-only, replicate 1" in failed[0].detail


def test_a_recipe_without_augmentation_says_so(tmp_path):
    def edit(arm, fold, replicate, facts):
        facts["proof"]["draws"] = ["none"] * len(facts["proof"]["draws"])
    found = results.load(build(tmp_path, images=60, edit=edit), tmp_path)
    detail = {check.name: check.detail for check in found.checks}["augmentation draws and first batches"]
    assert found.comparable and detail.startswith("draws: none, the recipe does not augment")


def test_failed_software_says_what_to_do(tmp_path):
    found = results.load(build(tmp_path, images=60, edit=change({"provenance.device": "cuda"})), tmp_path)
    (failed,) = [check.detail for check in found.checks if not check.passed]
    assert failed.endswith("Train all runs of the study in one store with one set of versions (a new --store)")


def test_software_that_was_not_noted_does_not_agree(tmp_path):
    def edit(arm, fold, replicate, facts):
        del facts["provenance"]["device"]
    found = results.load(build(tmp_path, images=60, edit=edit), tmp_path)
    (failed,) = [check.detail for check in found.checks if not check.passed]
    assert failed.startswith("the runs did not note device")


def test_another_python_is_told_and_not_held_against_the_runs(tmp_path):
    other = change({"provenance.python": "3.13.1", "provenance.mixedfer": "0.2.0"})
    found = results.load(build(tmp_path, images=60, edit=other), tmp_path)
    detail = {check.name: check.detail for check in found.checks}["software and device"]
    assert found.comparable and ", 1 thread, deterministic" in detail and "--store" not in detail
    assert "python differs, which is not held against them: 3.11.7, 3.13.1" in detail and "0.1.0, 0.2.0" in detail

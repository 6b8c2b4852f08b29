"""Every way in which arms can fail to be comparable: the check that says so, and no significance anywhere."""

from __future__ import annotations

import pytest

from mixedfer.evidence import comparing, results, summary
from mixedfer.learning.augmentations.affine import Affine
from mixedfer.learning.retouch import Retouch
from tests.evidence.spoiling import change, covering, every, failures, other_kernel, seen, shaped, without
from tests.evidence.synthetic import build, sha

SOUND = ["recipe and data", "initial weights", "sample order", "augmentation draws and first batches", "landmarks",
         "split", "learning rate", "test images", "replicates differ", "software and device", "epochs"]


def test_a_sound_study_passes_every_check(drawn, folded):
    for study in (drawn, folded):
        assert [check.name for check in study.checks] == SOUND and study.comparable
        assert all(check.detail for check in study.checks)


def test_evidence_is_in_words(drawn):
    detail = {check.name: check.detail for check in drawn.checks}
    # The joint layer's kernel and bias and the answer are shared by all, the image's two by two arms, and so are the
    # landmarks' (kernel, random state); the joint kernel is 16 wide in the mixed arm and 8 in the two others, which share it.
    assert detail["initial weights"].startswith("7 tensors that arms share")
    assert "joint_dense/kernel [8, 6] and [16, 6]" in detail["initial weights"]
    assert "in mixed and landmarks-only only: 2 tensors, 1,088 parameters (landmark_dense, " in detail["initial weights"]
    assert "in image-only and mixed only: 2 tensors, 40 parameters (image_conv1)" in detail["initial weights"]
    assert "by declaration" not in " ".join(detail.values())
    assert "15 runs of 3 arms" in detail["recipe and data"] and "400 images" in detail["test images"]


BROKEN = [
    ("recipe and data", {"spec.data": "another"}, "data"),
    ("recipe and data", {"spec.cell_seed": 7}, "cell seed"),
    ("initial weights", {"proof.initial_weights": other_kernel}, "image_conv1/kernel"),
    ("initial weights", {"proof.initial_weights": {}}, "no hashes"),
    ("initial weights", {"proof.initial_weights": shaped("image_conv1/kernel", [3, 3, 1, 5])}, "have other tensors"),
    ("initial weights", {"proof.initial_weights": shaped("image_conv1/bias", [5])}, "have other tensors"),
    ("initial weights", {"proof.initial_weights": shaped("landmark_dense/kernel", [6, 8])}, "have other tensors"),
    ("initial weights", {"proof.initial_weights": without("landmark_dense/kernel")}, "have other tensors"),
    ("initial weights", {"proof.initial_weights.image_conv1/bias": "x"}, "no shape and hash of image_conv1/bias"),
    ("initial weights", {"proof.initial_weights.image_conv1/bias": {"shape": [4]}}, "no shape and hash of image_conv1/bias"),
    ("sample order", {"proof.shown": seen(2, order=sha("x"))}, "from epoch 3"),
    ("sample order", {"proof.shown": seen(2, order=None)}, "left 3 entries"),
    ("sample order", {"proof.evaluated.test.order": sha("x")}, "the test images' rows and classes"),
    ("sample order", {"proof.evaluated.validation.order": None}, "left no the validation images' rows and classes"),
    ("augmentation draws and first batches", {"proof.shown": seen(0, draws=sha("x"))}, "from epoch 1"),
    ("augmentation draws and first batches", {"proof.shown": seen(0, draws=None)}, "left 3 entries of draws"),
    ("augmentation draws and first batches", {"proof.evaluated.validation.draws": sha("x")}, "validation images' affines"),
    ("landmarks", {"proof.shown": seen(1, sources=sha("x"))}, "was given other faces' landmarks"),
    ("landmarks", {"proof.evaluated.test.sources": sha("x")}, "was given other faces' landmarks"),
    ("landmarks", {"proof.shown": seen(1, sources=None)}, "left 3 entries of sources"),
    ("landmarks", {"proof.evaluated.test.landmarks": None}, "landmarks"),
    ("augmentation draws and first batches", {"proof.first_batches": sha("x")}, "first batches"),
    ("augmentation draws and first batches", {"proof.first_batches": None}, "left no first batches"),
    ("split", {"proof.split.train": sha("x")}, "train rows"),
    ("split", {"proof.split.validation": None}, "left no hash of the validation rows"),
    ("split", {"train": lambda rows: rows[1:]}, "hash of the train rows"),
    ("landmarks", {"summary.landmarks": {}}, "no word on whose landmarks"),
    ("test images", {"occlusion": covering(slice(1, 5))}, "other images covered"),
    ("test images", {"occlusion": covering(slice(0))}, "other images covered"),
    ("learning rate", {"proof.learning_rate": lambda rates: [2 * rate for rate in rates]}, "from epoch 1"),
    ("software and device", {"provenance.device": "cuda"}, "device"),
    ("software and device", {"provenance.numpy": "2.0.0", "provenance.python": "3.13.1"}, "numpy; python differs"),
    ("software and device", {"provenance": {}}, "in backend, backend_version, deterministic, device, keras"),
    ("software and device", {"provenance.making": "x", "provenance.threads": 2}, "making, threads"),
    ("epochs", {"history": lambda history: history[:-1]}, "history of 3 epochs, expected 4"),
    ("epochs", {"summary.selected_epoch": 9}, "selected epoch 9, the last is 4"),
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
        assert comparison["verdict"] == "not comparable" and name in comparison["test"]
        assert {comparison[key] for key in ("p", "p_adjusted", "p_equivalence", "sign_flip_p", "mde", "se")} == {None}
        assert comparison["ci95"] is comparison["ci90"] is None
        assert {pair["mid_p"] for pair in comparison["mcnemar"]} == {None}
        assert all(entry["ci95"] is None for entry in comparison["per_class"])


def other_states(weights):
    """Dropout drew anew, nothing else did."""
    return {path: tensor | ({"sha256": sha(id(weights))} if "seed" in path else {}) for path, tensor in weights.items()}


def same_weights(facts, first):
    facts["proof"]["initial_weights"] = other_states(first["proof"]["initial_weights"])


def same_order(facts, first):
    facts["proof"]["shown"] = [epoch | {"order": old["order"]} for epoch, old in zip(facts["proof"]["shown"],
                                                                                    first["proof"]["shown"])]


@pytest.mark.parametrize("same, what", [(same_weights, "initial weights"), (same_order, "order")])
def test_one_seed_twice_is_not_two_replicates(tmp_path, same, what):
    def edit(arm, fold, replicate, facts):
        if replicate == 1:
            same(facts, firsts[arm])
        firsts.setdefault(arm, facts)
    firsts: dict = {}
    failed = failures(build(tmp_path, images=60, replicates=2, edit=edit), tmp_path)
    assert list(failed) == ["replicates differ"]
    assert f"image-only, replicate 2 repeats image-only, replicate 1 in its {what}" in failed["replicates differ"]


def test_every_epoch_has_an_order_of_its_own(tmp_path):
    edit = every(lambda facts: facts["proof"]["shown"][3].update(order=facts["proof"]["shown"][1]["order"]))
    failed = failures(build(tmp_path, images=60, edit=edit), tmp_path)
    assert list(failed) == ["replicates differ"]
    assert "replicate 1 shows the images of epoch 4 in the order of epoch 2" in failed["replicates differ"]


def test_orders_of_a_few_images_may_repeat(tmp_path):
    def spoil(facts):
        facts["train"] = facts["train"][:4]
        facts["proof"]["shown"][3].update(order=facts["proof"]["shown"][1]["order"])
    found = results.load(build(tmp_path, images=60, edit=every(spoil)), tmp_path)
    assert found.comparable
    assert "orders were not compared" in {check.name: check.detail for check in found.checks}["replicates differ"]


@pytest.mark.parametrize("spoil, name", [
    (lambda facts: facts["proof"].update(shown=[]), "sample order"),
    (lambda facts: facts["proof"].update(evaluated={}), "sample order"),
    (lambda facts: facts["proof"].update(shown=[{key: [1] for key in ("order", "landmarks", "sources")}] * 4), "sample order"),
    (lambda facts: facts["proof"].update(shown=["x"] * 4, evaluated="x"), "landmarks"),
    (lambda facts: facts["proof"].update(initial_weights=["x"]), "initial weights"),
    (lambda facts: facts["proof"].update(initial_weights={}), "initial weights"),
    (lambda facts: facts["proof"].update(learning_rate=3), "learning rate"),
    (lambda facts: facts["proof"].update(split=None), "split"),
])
def test_what_no_run_wrote_down_does_not_agree(tmp_path, spoil, name):
    failed = failures(build(tmp_path, images=60, replicates=2, edit=every(spoil)), tmp_path)
    assert failed[name] and "Error" not in failed[name]


AGAIN = ("image-only", "mixed", "image-only again")


def test_an_arm_with_seeds_of_its_own_says_so(tmp_path):
    found = results.load(build(tmp_path, AGAIN, images=60), tmp_path)
    told = [check.name for check in found.checks if "image-only again draws other seeds by declaration" in check.detail]
    assert found.comparable and told == SOUND[1:4]


@pytest.mark.parametrize("names, spoil", [
    (["split"], lambda facts: facts.update(train=facts["train"][1:])),
    (["sample order"], lambda facts: facts["proof"]["evaluated"]["test"].update(order="x")),
    (["learning rate"], lambda facts: facts["proof"].update(learning_rate=[1, 2, 3, 4])),
    (["initial weights"], lambda facts: facts["proof"]["initial_weights"].update(more={"shape": [1], "sha256": "x"})),
    # Other data are also other inputs than those of the arm whose seeds alone should differ.
    (["recipe and data", "initial weights"], lambda facts: facts["spec"].update(data="x")),
])
def test_what_seeds_do_not_change_must_agree_all_the_same(tmp_path, names, spoil):
    def edit(arm, fold, replicate, facts):
        if arm == "image-only again":
            spoil(facts)
    assert list(failures(build(tmp_path, AGAIN, images=60, edit=edit), tmp_path)) == names


def test_declared_other_seeds_that_are_the_same_are_seen(tmp_path):
    def edit(arm, fold, replicate, facts):
        if arm == "image-only again":
            facts["proof"].update(kept[replicate])
        kept.setdefault(replicate, {name: facts["proof"][name] for name in ("initial_weights", "shown")})
    kept: dict = {}
    failed = failures(build(tmp_path, AGAIN, images=60, edit=edit), tmp_path)
    assert list(failed) == ["replicates differ"] and "again, replicate 1 repeats image-only" in failed["replicates differ"]


@pytest.mark.parametrize("selected, passes", [(2, True), (3, False), (4, False)])
def test_the_best_epoch_is_the_first_with_the_highest_accuracy(tmp_path, selected, passes):
    def spoil(facts):
        facts["summary"]["selected_epoch"] = selected
        for entry, accuracy in zip(facts["history"], (0.5, 0.7, 0.7, 0.6)):
            entry["validation_accuracy"] = accuracy
    failed = failures(build(tmp_path, images=60, recipe={"selection": "best"}, edit=every(spoil)), tmp_path)
    assert not failed if passes else f"selected epoch {selected}, the best is 2" in failed["epochs"]


def test_a_recipe_without_augmentation_says_so(drawn):
    detail = {check.name: check.detail for check in drawn.checks}["augmentation draws and first batches"]
    assert detail.startswith("draws: none, the recipe does not augment")


@pytest.mark.parametrize("recipe", [{"augmentation": Affine()}, {"frame": 24}, {"retouch": Retouch(erase=0.5)}])
def test_a_recipe_that_draws_for_each_image_says_how_often_draws_agreed(tmp_path, recipe):
    found = results.load(build(tmp_path, images=60, recipe=recipe), tmp_path)
    detail = {check.name: check.detail for check in found.checks}["augmentation draws and first batches"]
    assert found.comparable and "in each of 5 replicates (4 epochs, " in detail


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

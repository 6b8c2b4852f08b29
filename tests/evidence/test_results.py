"""Loading a study's runs, and what refuses to be pooled."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from mixedfer import disk, records
from mixedfer.errors import BadInput, Damaged
from mixedfer.evidence import results
from tests.evidence.synthetic import build, changed


def run_of(plan, arm, replicate, fold=0):
    return next(c["run"] for c in plan.cells if (c["arm"], c["replicate"], c["fold"]) == (arm, replicate, fold))


def test_shapes(drawn):
    assert list(drawn.arms) == ["image-only", "mixed", "landmarks-only"]
    assert drawn.arms["mixed"].probabilities.shape == (5, 400, 2)
    assert drawn.correct("mixed").shape == (5, 400)
    assert drawn.rows.shape == drawn.truth.shape == drawn.fold.shape == drawn.found.shape == (400,)
    assert set(drawn.fold) == {0} and drawn.comparable
    assert (drawn.truth == np.asarray(drawn.faces.labels)[drawn.rows]).all()


def test_a_run_keeps_its_place(drawn, store):
    record = records.read(records.run_folder(store, run_of(drawn.plan, "mixed", 3)))
    assert (drawn.rows == record.test.rows).all()
    assert (drawn.arms["mixed"].probabilities[3] == record.test.probabilities).all()


def test_folds_are_put_together(folded, store):
    assert folded.arms["mixed"].probabilities.shape == (3, 200, 2)
    assert (folded.rows == np.arange(200)).all() and set(folded.fold) == {0, 1, 2, 3}
    record = records.read(records.run_folder(store, run_of(folded.plan, "mixed", 1, fold=2)))
    assert (folded.rows[folded.fold == 2] == record.test.rows).all()
    assert (folded.arms["mixed"].probabilities[1][folded.fold == 2] == record.test.probabilities).all()


def test_order_of_rows_in_a_record_does_not_matter(tmp_path):
    def reverse(arm, fold, replicate, facts):
        if arm == "mixed":
            facts["test"] = {name: array[::-1] for name, array in facts["test"].items()}
    straight = results.load(build(tmp_path / "a"), tmp_path / "a")
    turned = results.load(build(tmp_path / "b", edit=reverse), tmp_path / "b")
    assert (straight.arms["mixed"].probabilities == turned.arms["mixed"].probabilities).all()


def test_missing_runs_are_named(tmp_path):
    plan = build(tmp_path, folds=2, replicates=2)
    for replicate, fold in ((0, 1), (1, 0)):
        shutil.rmtree(records.run_folder(tmp_path, run_of(plan, "mixed", replicate, fold)))
    with pytest.raises(BadInput) as caught:
        results.load(plan, tmp_path)
    assert "2 of 8 runs are missing" in str(caught.value) and "mixed, replicate 1, fold 2" in str(caught.value)
    assert "mixed, replicate 2, fold 1" in str(caught.value) and "mixedfer run" in str(caught.value)


def test_a_plan_without_a_cell_is_refused(tmp_path):
    plan = build(tmp_path)
    with pytest.raises(Damaged, match="mixed, replicate 5"):
        results.load(dataclasses.replace(plan, cells=plan.cells[:-1]), tmp_path)


def test_a_missing_face_set_is_refused(tmp_path):
    plan = build(tmp_path)
    shutil.rmtree(tmp_path / "faces")
    with pytest.raises(Damaged, match="mixedfer prepare"):
        results.load(plan, tmp_path)


def test_runs_that_the_plan_lists_under_another_arm_are_refused(tmp_path):
    plan = build(tmp_path)
    other = {"image-only": "mixed", "mixed": "image-only"}
    swapped = dataclasses.replace(plan, cells=[cell | {"arm": other[cell["arm"]]} for cell in plan.cells])
    with pytest.raises(Damaged) as caught:
        results.load(swapped, tmp_path)
    assert "lists this run as image-only, replicate 1, but they differ in arm.landmarks" in str(caught.value)
    assert f"runs/{run_of(plan, 'mixed', 0)}" in str(caught.value) and "mixedfer run" in str(caught.value)


def test_replicates_that_changed_places_are_refused(tmp_path):
    plan = build(tmp_path, replicates=2)
    swapped = dataclasses.replace(plan, cells=[cell | {"replicate": 1 - cell["replicate"]} for cell in plan.cells])
    with pytest.raises(Damaged, match="differ in replicate"):
        results.load(swapped, tmp_path)


@pytest.mark.parametrize("values, words", [
    ({"seed": 3}, "split.seed"), ({"train_share": 0.5}, "split.train_share"), ({"recipe": {"epochs": 999}}, "recipe.epochs"),
    ({"preparation": {"missed": "exclude"}}, "missed"),
])
def test_runs_under_another_recipe_or_split_are_refused(tmp_path, values, words):
    plan = build(tmp_path, images=60)
    other = {name: plan.study[name] | value if isinstance(value, dict) else value for name, value in values.items()}
    with pytest.raises(Damaged, match=f"they differ in {words}"):
        results.load(changed(plan, **other), tmp_path)


@pytest.mark.parametrize("change, words", [
    (lambda spec: spec["recipe"].update(learning_rate=0.02), "differ in recipe.learning_rate"),
    (lambda spec: spec["arm"].update(image=False), "differ in arm.image"),
    (lambda spec: spec.update(replicate=7), "differ in replicate"),
])
def test_one_run_that_is_not_as_planned_is_refused(tmp_path, change, words):
    def edit(arm, fold, replicate, facts):
        if (arm, replicate) == ("mixed", 1):
            change(facts["spec"])
    with pytest.raises(Damaged, match=f"mixed, replicate 2, but they {words}"):
        results.load(build(tmp_path, images=60, edit=edit), tmp_path)


def test_a_plan_with_fewer_or_more_replicates_than_the_study_is_refused(tmp_path):
    """Nobody may leave out the replicates that he does not like."""
    plan = build(tmp_path, images=60, replicates=3)
    fewer = dataclasses.replace(plan, cells=[cell for cell in plan.cells if cell["replicate"] < 2])
    with pytest.raises(Damaged, match="image-only, replicate 3; mixed, replicate 3"):
        results.load(fewer, tmp_path)
    with pytest.raises(Damaged, match="cells that the study has not"):
        results.load(changed(plan, replicates=2), tmp_path)


@pytest.mark.parametrize("name, change, words", [
    ("summary", {}.copy, "has no usable parameters, epochs, selected_epoch, images, landmarks"),
    ("proof", {}.copy, "has no usable initial_weights, shown"),
    ("spec", {}.copy, "has no usable data, recipe"),
    ("spec", list, "has no usable entries"),
    ("provenance", list, "has no usable entries"),
    ("history", {}.copy, "has no usable list of epochs"),
    ("history", lambda: [{"epoch": 1}], "has no usable learning_rate of epoch 1, loss of epoch 1"),
    ("summary", lambda: dict.fromkeys(("parameters", "epochs", "images", "landmarks")), "selected_epoch"),
])
def test_a_file_without_its_entries_is_refused(tmp_path, name, change, words):
    plan = build(tmp_path, images=60)
    file = records.run_folder(tmp_path, run_of(plan, "mixed", 1)) / f"{name}.json"
    disk.write_json(file, change())
    with pytest.raises(Damaged) as caught:
        results.load(plan, tmp_path)
    assert str(file) in str(caught.value) and words in str(caught.value)
    assert f"Delete {file.parent} and give the same command again" in str(caught.value)


@pytest.mark.parametrize("rows, words", [
    (np.array([0, 10_000]), "training rows outside the face set"), (np.array([1, 1]), "a training image twice"),
    (np.array([0.5, 1.5]), "no list of training rows"), (np.zeros((2, 2), np.int64), "no list of training rows"),
])
def test_rows_that_are_none_are_refused(tmp_path, rows, words):
    plan = build(tmp_path, images=60)
    np.save(records.run_folder(tmp_path, run_of(plan, "mixed", 1)) / "rows-train.npy", rows)
    with pytest.raises(Damaged, match=words):
        results.load(plan, tmp_path)


@pytest.mark.parametrize("change, words", [
    (lambda drops: drops[:, 0], r"shape \(4, 8\), expected one square each"),
    (lambda drops: drops[:, :, 1:], r"shape \(4, 8, 7\), expected one square each"),
    (lambda drops: drops * np.nan, "NaN or infinity among its maps of covered images"),
])
def test_maps_that_are_none_are_refused(tmp_path, change, words):
    plan = build(tmp_path, images=60)
    file = records.run_folder(tmp_path, run_of(plan, "mixed", 1)) / "drops-occlusion.npy"
    np.save(file, change(np.load(file)))
    with pytest.raises(Damaged, match=words):
        results.load(plan, tmp_path)


def spoil(change):
    def edit(arm, fold, replicate, facts):
        if (arm, replicate) == ("mixed", 2):
            change(facts["test"])
    return edit


def drop_a_row(test):
    test.update(rows=test["rows"][1:], probabilities=test["probabilities"][1:])


@pytest.mark.parametrize("change, words", [
    (drop_a_row, "other images"),
    (lambda test: test["probabilities"].__setitem__((0, 0), np.nan), "NaN"),
    (lambda test: test["probabilities"].__imul__(2), "sum to 1"),
    (lambda test: test["rows"].__setitem__(1, test["rows"][0]), "twice"),
    (lambda test: test["rows"].__setitem__(-1, 10_000), "outside the face set"),
    (lambda test: test.update(probabilities=test["probabilities"][:, :1]), "shape"),
    (lambda test: test.update(rows=test["rows"][:0], probabilities=test["probabilities"][:0]), "no test predictions"),
])
def test_what_cannot_be_pooled_is_refused(tmp_path, change, words):
    def on_copies(test):
        test.update(rows=test["rows"].copy(), probabilities=test["probabilities"].copy())
        change(test)
    plan = build(tmp_path, edit=spoil(on_copies))
    with pytest.raises(Damaged, match=words):
        results.load(plan, tmp_path)

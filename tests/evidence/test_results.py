"""Loading a study's runs, and what refuses to be pooled."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from mixedfer import records
from mixedfer.errors import BadInput, Damaged
from mixedfer.evidence import results
from tests.evidence.synthetic import build


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

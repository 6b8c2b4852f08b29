"""Real training of tiny networks: the proof, exact resume, several cells in one process, selection, bad losses."""

import dataclasses
import errno
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixedfer import disk, faceset, records
from mixedfer.cells import Job
from mixedfer.errors import Busy, Diverged, Fault
from mixedfer.faces.splits import split
from mixedfer.identity import digest
from mixedfer.learning.schedules.plateau import Plateau
from mixedfer.learning.views.normalised import normalised
from mixedfer.study import Arm
from tests.commands import ROOT
from tests.tiny import STUDY

pytestmark = pytest.mark.usefixtures("keras_ready")
FACTS = [f"{name}.json" for name in records.FACTS] + [f"{name}.npy" for name in records.ARRAYS] + ["weights.npz"]


def train(cell, faces, store, run=None, watch=lambda history: None, say=pytest.fail):
    from mixedfer.learning import training

    run = run or digest(cell.spec(faces.content))
    training.train(cell, faces, store, run, 1, watch, say)
    return records.run_folder(store, run)


def same(first, second):
    return [name for name in FACTS if (first / name).read_bytes() != (second / name).read_bytes()] == []


@pytest.fixture(scope="module")
def trained(whole):
    """The four arms of replicate 0, as the command's workers trained them. Only to be read."""
    store = whole[0] / ".mixedfer"
    faces = faceset.load(next((store / "faces").glob("*/meta.json")).parent)
    return faces, {cell.arm.name: records.run_folder(store, Job.of(cell, faces, store, 1).run) for cell in STUDY.cells()[:4]}


def test_a_record_holds_what_came_out(trained):
    faces, runs = trained
    record = records.read(runs["mixed"])
    parts = split(faces, STUDY)
    assert np.array_equal(record.test.rows, parts.test) and np.array_equal(record.validation.rows, parts.validation)
    assert np.array_equal(record.train, parts.train)
    assert record.test.probabilities.shape == (len(parts.test), 2)
    assert np.allclose(record.test.probabilities.sum(1), 1, atol=1e-5)
    assert [entry["epoch"] for entry in record.history] == list(range(1, 9))
    rates = [entry["learning_rate"] for entry in record.history]
    assert rates[:5:2] == pytest.approx([0.01, 0.01 * (1 + 0.5**0.5) / 2, 0.005])  # cosine at 0, 45 and 90 degrees
    assert record.spec["data"] == faces.content and record.provenance["device"] == "cpu"
    assert record.summary["parameters"] > 1000


def test_the_proof_is_equal_across_arms_where_it_must_be(trained):
    _, runs = trained
    proofs = {arm: records.read(folder).proof for arm, folder in runs.items()}
    for name in ("first_batches", "split", "learning_rate"):
        assert len({json.dumps(proof[name]) for proof in proofs.values()}) == 1, name
    image, mixed = proofs["image-only"]["initial_weights"], proofs["mixed"]["initial_weights"]
    differing = {name for name in image if image[name] != mixed[name]}
    assert differing == {"joint_fc1/kernel"}  # wider, because more is joined


def test_the_proof_changes_when_something_changes(trained, tmp_path):
    faces, runs = trained
    proof = records.read(runs["landmarks-only"]).proof
    other = records.read(train(STUDY.cells()[7], faces, tmp_path)).proof  # replicate 1
    assert proof["split"] == other["split"] and proof["learning_rate"] == other["learning_rate"]
    assert proof["evaluated"] == other["evaluated"]
    for name in ("shown", "first_batches", "initial_weights"):
        assert proof[name] != other[name], name


def test_an_arm_that_is_shown_other_data_is_found_out(trained, tmp_path, monkeypatch):
    """The proof is what was handed to Keras: repeat one batch all epoch, or change a label, and its hashes change."""
    from mixedfer.learning.batches import Batches

    faces, runs = trained
    honest, epoch = records.read(runs["landmarks-only"]).proof, Batches.epoch
    monkeypatch.setattr(Batches, "epoch", lambda self, number: itertools.repeat(next(epoch(self, number)), self.steps))
    cheated = records.read(train(STUDY.cells()[3], faces, tmp_path)).proof
    for one, other in zip(honest["shown"], cheated["shown"], strict=True):
        assert all(one[name] != other[name] for name in ("order", "draws", "landmarks")) and one["sources"] == other["sources"]
    assert honest["first_batches"] != cheated["first_batches"] and honest["initial_weights"] == cheated["initial_weights"]


def test_several_cells_in_one_process_give_the_bytes_of_each_alone(trained, tmp_path):
    """And this process those of workers, which had other cells before."""
    faces, runs = trained
    for cell in STUDY.cells()[3::-3]:
        assert same(train(cell, faces, tmp_path), runs[cell.arm.name])


class Killed(BaseException):
    pass


def killed_after(end):
    """A watch under which training ends after epoch `end`, as in a process that is killed."""
    def watch(history):
        if len(history) == end:
            raise Killed
    return watch


AVERAGED = {"epochs": 3, "optimizer": "adamw", "average": 0.9, "clip_norm": 1.0, "labels": "drawn", "pixels": "centred"}


@pytest.mark.parametrize(("arm", "ends", "change"), [
    (1, [2], AVERAGED),
    (1, [2], {**AVERAGED, "precision": "mixed_float16"}),
    (3, [1, 2], {"epochs": 3, "optimizer": "sgd", "selection": "last", "weight_decay": 0.01, "precision": "mixed_bfloat16",
                 "schedule": Plateau(factor=0.1, patience=1)})])
def test_a_run_that_ends_in_the_middle_goes_on_to_the_same_bytes(prepared, tmp_path, arm, ends, change):
    _, faces = prepared
    cell = STUDY.varying(**change).cells()[arm]
    whole = train(cell, faces, tmp_path / "whole")
    for epochs in ends:
        with pytest.raises(Killed):
            train(cell, faces, tmp_path / "cut", watch=killed_after(epochs))
        assert not list((tmp_path / "cut").glob("runs/*/DONE"))
    seen = []
    cut = train(cell, faces, tmp_path / "cut", watch=lambda history: seen.append(len(history)))
    assert seen == [3], "it must not start again"
    assert same(whole, cut)
    assert not list((tmp_path / "cut" / "work").iterdir())
    test = records.read(whole).test.probabilities
    assert test.dtype == np.float32 and np.allclose(test.sum(1), 1, atol=1e-3)
    if arm == 1:  # its pixels are centred
        mean = faces.images[split(faces, STUDY).train].astype(float).mean(0)
        assert np.allclose(np.load(whole / "weights.npz")["pixels/mean"], mean, atol=1e-3)


@pytest.mark.parametrize(("damaged", "told", "first"), [
    (["checkpoint.npz"], "landmarks-only, replicate 1: checkpoint.npz cannot be gone on from .* goes on after epoch 2", 3),
    (["checkpoint.npz", "checkpoint-before.npz"], "checkpoint-before.npz .* starts again from its first epoch", 1)])
def test_a_damaged_checkpoint_costs_epochs_not_the_result(trained, tmp_path, damaged, told, first):
    faces, runs = trained
    cell, seen, said = STUDY.cells()[3], [], []
    with pytest.raises(Killed):
        train(cell, faces, tmp_path, watch=killed_after(3))
    for name in damaged:
        path = next(tmp_path.glob(f"work/*/{name}"))
        path.write_bytes(path.read_bytes()[:1000])
    run = train(cell, faces, tmp_path, watch=lambda history: seen.append(len(history)), say=said.append)
    assert same(run, runs["landmarks-only"]) and seen == list(range(first, 9))
    assert len(said) == 1 and re.search(told, said[0])


def test_a_disk_that_is_full_costs_the_epoch_that_found_no_place(trained, tmp_path, monkeypatch):
    """As where the system takes what is written and has no place for it when it is to be flushed."""
    faces, runs = trained
    cell, seen, written = STUDY.cells()[3], [], []

    def fsync(descriptor):
        written.append(descriptor)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full, pytest.raises(Fault, match=r"checkpoint.*disk is full.*everything finished is kept"):
        full.setattr(os, "fsync", fsync)
        train(cell, faces, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("work/*/*")) == ["checkpoint-before.npz", "checkpoint.npz"]
    assert same(train(cell, faces, tmp_path, watch=lambda history: seen.append(len(history))), runs["landmarks-only"])
    assert seen[0] == 3


def test_a_plateau_lowers_the_rate_where_validation_got_no_better(prepared, tmp_path):
    _, faces = prepared
    cell = STUDY.varying(epochs=4, schedule=Plateau(factor=0.5, patience=1, watched="validation_accuracy")).cells()[3]
    record = records.read(train(cell, faces, tmp_path))
    values, expected = [entry["validation_accuracy"] for entry in record.history], [0.01]
    for epoch in range(1, 4):
        better = epoch == 1 or values[epoch - 1] > max(values[:epoch - 1])
        expected.append(expected[-1] * (1 if better else 0.5))
    assert record.proof["learning_rate"] == pytest.approx(expected) and record.proof["follows"] == "history"
    assert expected[-1] < 0.01, "a case in which nothing happens shows nothing"


def test_the_best_epoch_is_selected_on_validation(trained):
    faces, runs = trained
    for record in map(records.read, runs.values()):
        accuracies = [entry["validation_accuracy"] for entry in record.history]
        assert record.summary["selected_epoch"] == int(np.argmax(accuracies)) + 1
        truth = faces.labels[record.validation.rows]
        assert np.mean(record.validation.probabilities.argmax(1) == truth) == pytest.approx(max(accuracies))


def test_a_network_learns(prepared, tmp_path):
    _, faces = prepared
    cell = STUDY.varying(epochs=30, selection="last").cells()[3]
    history = records.read(train(cell, faces, tmp_path)).history
    assert history[-1]["loss"] < 0.5 * history[0]["loss"] and history[-1]["accuracy"] > 0.85


def test_an_arm_with_an_image_trains_in_bfloat16(prepared, tmp_path):
    _, faces = prepared
    record = records.read(train(STUDY.varying(precision="mixed_bfloat16", epochs=1).cells()[1], faces, tmp_path))
    assert record.test.probabilities.dtype == np.float32 and np.allclose(record.test.probabilities.sum(1), 1, atol=1e-3)


@pytest.mark.parametrize("rate", [1e10, 1e30], ids=["loss", "weights"])
def test_what_is_not_a_number_is_a_fault_with_a_remedy(rate, prepared, tmp_path, monkeypatch):
    """With the larger rate the weights are no numbers and the loss is one, for pooling hides them. What TensorFlow never lets
    go of, the run, is empty after a failure too.
    """
    from mixedfer.learning import training

    _, faces = prepared
    runs, make = [], training.Run
    monkeypatch.setattr(training, "Run", lambda *given: runs.append(make(*given)) or runs[-1])
    told = r"image-only, replicate 1: the loss or a weight is not a number in epoch \d.*learning_rate"
    with pytest.raises(Diverged, match=told):
        train(STUDY.varying(learning_rate=rate, momentum=0.0).cells()[0], faces, tmp_path)
    assert not list(tmp_path.glob("runs/*")) and vars(runs[0]) == {}


def test_a_finished_run_is_not_trained_again(trained, tmp_path):
    faces, runs = trained
    folder = Path(shutil.copytree(runs["image-only"], tmp_path / "runs" / runs["image-only"].name))
    before = (folder / "timing.json").read_bytes()
    train(STUDY.cells()[0], faces, tmp_path, folder.name, watch=lambda history: pytest.fail("trained again"))
    assert (folder / "timing.json").read_bytes() == before


def test_two_runs_of_one_cell_at_once_are_refused(prepared, tmp_path):
    _, faces = prepared
    with disk.lock(tmp_path / "locks" / "a-run", "the cell"):
        import threading

        caught = []

        def attempt():
            try:
                train(STUDY.cells()[0], faces, tmp_path, run="a-run")
            except Busy as error:
                caught.append(str(error))

        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    assert caught and "image-only, replicate 1" in caught[0]


def test_the_proof_tells_whose_landmarks_an_arm_was_shown(trained):
    _, runs = trained
    shown = {name: records.read(run).proof["shown"] for name, run in runs.items()}
    assert all(epoch["sources"] == "own" for epoch in shown["mixed"])
    assert all(len(epoch["sources"]) == 64 for epoch in shown["shuffled"])  # a hash: no face's own
    assert [epoch["landmarks"] for epoch in shown["mixed"]] == [epoch["landmarks"] for epoch in shown["landmarks-only"]]


def test_a_widened_arm_has_as_many_parameters_as_one_with_landmarks(trained, tmp_path):
    faces, runs = trained
    arm = Arm("wide", image=True, widened=normalised)
    cell = dataclasses.replace(STUDY.varying(epochs=1), treatments=(arm,)).cells()[1]
    plain, mixed, wide = (records.read(run).summary["parameters"]
                          for run in (runs["image-only"], runs["mixed"], train(cell, faces, tmp_path)))
    assert plain < wide and abs(wide - mixed) < 0.1 * (mixed - plain)


def test_what_is_tested_is_the_moving_average(prepared, tmp_path):
    _, faces = prepared
    plain, averaged = (records.run_folder(tmp_path, name) for name in ("plain", "averaged"))
    for folder, average in ((plain, 0.0), (averaged, 0.5)):
        train(STUDY.varying(epochs=2, average=average, selection="last").cells()[3], faces, tmp_path, folder.name)
    losses = [[entry["loss"] for entry in records.read(folder).history] for folder in (plain, averaged)]
    assert losses[0] == losses[1], "an average changes nothing in training"
    one, other = (np.load(folder / "weights.npz") for folder in (plain, averaged))
    assert all(not np.array_equal(one[name], other[name]) for name in one.files if name.endswith("kernel"))
    assert not np.array_equal(records.read(plain).test.probabilities, records.read(averaged).test.probabilities)


def test_an_arm_that_sees_the_image_tells_which_pixels_it_looks_at(trained):
    _, runs = trained
    seen = {name: records.read(run).occlusion for name, run in runs.items()}
    assert np.array_equal(seen["image-only"].rows, seen["mixed"].rows) and len(seen["mixed"].rows)
    assert np.abs(seen["image-only"].drops).max() > 0.001 and not np.array_equal(seen["image-only"].drops, seen["mixed"].drops)
    assert len(seen["landmarks-only"].rows) == 0


@pytest.mark.slow
def test_a_moving_average_trains_on_jax_too(prepared, tmp_path):
    """JAX gives up a weight's memory when it predicts: an average that lay in the same memory would be lost."""
    pytest.importorskip("jax", reason="the extra jax is not installed")
    program = ("import pathlib, sys; from mixedfer import faceset; from mixedfer.learning import backend, training; "
               "from tests.tiny import STUDY; backend.setup(1); faces = faceset.load(pathlib.Path(sys.argv[1])); "
               "training.train(STUDY.varying(epochs=2, average=0.9).cells()[3], faces, pathlib.Path(sys.argv[2]), 'run')")
    subprocess.run([sys.executable, "-c", program, prepared[1].folder, tmp_path], check=True, cwd=ROOT,
                   env=os.environ | {"KERAS_BACKEND": "jax"})
    assert records.read(records.run_folder(tmp_path, "run")).summary["epochs"] == 2

"""What a checkpoint holds is put back, or the one before is; whatever happened to the file, it is noticed and said."""

import errno
import os
import random

import numpy as np
import pytest

from mixedfer.errors import Fault
from mixedfer.learning import checkpoints
from mixedfer.learning.checkpoints import Progress, load, previous, save

MADE = {"keras": "3", "threads": 1}


@pytest.fixture
def variable(keras_ready):
    """One Keras variable of six numbers, all 0."""
    import keras

    return keras.Variable(np.zeros(6, np.float32))


def save_epochs(path, variable, epochs, made=MADE):
    """What training leaves after so many epochs; after each, the variable holds its number."""
    for epoch in range(1, epochs + 1):
        variable.assign(np.full(6, epoch, np.float32))
        save(path, [variable], Progress(history=[{"epoch": number} for number in range(1, epoch + 1)], selected=epoch,
                                        best=[np.full(2, epoch)]), made)
    variable.assign(np.zeros(6, np.float32))


def loaded(path, variable, made=MADE):
    """(epochs that were loaded, what the variable then holds, what was said)."""
    variable.assign(np.zeros(6, np.float32))
    said = []
    progress = load(path, [variable], made, said.append)
    (value,) = set(variable.numpy().tolist())
    assert progress.epochs == value, "values and history are of one epoch"
    return progress, "; ".join(said)


def test_what_was_saved_last_is_put_back_and_the_one_before_is_kept(variable, tmp_path):
    path = tmp_path / "c.npz"
    assert loaded(path, variable) == (Progress(), "")
    save_epochs(path, variable, 3)
    progress, said = loaded(path, variable)
    assert (progress.epochs, progress.selected, progress.best[0].tolist(), said) == (3, 3, [3, 3], "")
    assert loaded(previous(path), variable)[0].epochs == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c-before.npz", "c.npz"]


def test_killed_between_two_renames_nothing_is_said(variable, tmp_path):
    save_epochs(tmp_path / "c.npz", variable, 2)
    os.remove(tmp_path / "c.npz")
    progress, said = loaded(tmp_path / "c.npz", variable)
    assert progress.epochs == 1 and said == ""


def test_killed_before_the_renames_the_newest_is_taken(variable, tmp_path):
    path, apart = tmp_path / "c.npz", tmp_path / "apart"
    save_epochs(path, variable, 2)
    save_epochs(apart / "c.npz", variable, 3)
    os.replace(apart / "c.npz", tmp_path / "c-new.npz")
    progress, said = loaded(path, variable)
    assert progress.epochs == 3 and said == ""


def test_whatever_bit_is_another_the_values_are_those_of_an_epoch(variable, tmp_path):
    """Of a flip in what the file says twice, such as the time, nothing comes; of any other, the epoch before."""
    path, draw, fallen = tmp_path / "c.npz", random.Random(0), 0
    save_epochs(path, variable, 2)
    whole = path.read_bytes()
    for place in draw.sample(range(len(whole)), 300):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << draw.randrange(8)]) + whole[place + 1:])
        progress, said = loaded(path, variable)
        assert progress.epochs == (1 if said else 2)
        assert not said or "training goes on after epoch 1, to the same result" in said
        fallen += bool(said)
    assert fallen > 150


def test_checkpoints_of_other_threads_are_not_gone_on_from(variable, tmp_path):
    save_epochs(tmp_path / "c.npz", variable, 2)
    progress, said = loaded(tmp_path / "c.npz", variable, {**MADE, "threads": 2})
    assert progress == Progress() and said.count("made with other versions, threads or on another device") == 2
    assert said.endswith("training starts again from its first epoch, to the same result")


def test_a_full_disk_leaves_both_as_they_were(variable, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "c.npz"
    save_epochs(path, variable, 2)
    with monkeypatch.context() as patch, pytest.raises(Fault, match="disk is full"):
        patch.setattr(os, "fsync", full)
        save_epochs(path, variable, 3)
    assert [loaded(place, variable)[0].epochs for place in (path, previous(path))] == [2, 1]
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_left_half_written_is_removed(variable, tmp_path):
    (tmp_path / "c-new.npz.0123.part").write_bytes(b"half")
    checkpoints.load(tmp_path / "c.npz", [variable], MADE, pytest.fail)
    assert list(tmp_path.iterdir()) == []

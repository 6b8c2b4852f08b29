"""Label modes: what is trained on, drawn alike for every arm; evaluation stays on the majority label."""

import dataclasses

import numpy as np
import pytest

from mixedfer.errors import StudyError
from mixedfer.faces.splits import split
from mixedfer.learning import labels
from mixedfer.learning.batches import Batches
from tests.tiny import STUDY

pytestmark = pytest.mark.usefixtures("keras_ready")
VOTES = np.array([[.5, .25, .25], [0, 1, 0], [.4, .6, 0]], np.float32)
LABELS = np.array([0, 1, 1])


@pytest.fixture(scope="module")
def voted(prepared):
    """The tiny set, in which every face of class 0 has a quarter of its votes on class 1."""
    _, faces = prepared
    votes = np.eye(2, dtype=np.float32)[faces.labels]
    votes[faces.labels == 0] = (.75, .25)
    return dataclasses.replace(faces, votes=votes)


def batches(faces, rows, seed=1, **changes):
    return Batches(faces, rows, "train", STUDY.varying(**changes).recipe, seed)


@pytest.mark.parametrize(("mode", "expected"), [
    ("majority", np.eye(3)[LABELS]), ("soft", VOTES), ("multi-target", [[1, 0, 0], [0, 1, 0], [1, 1, 0]]),
    ("drawn", [[0, 1, 0], [0, 1, 0], [1, 0, 0]])])  # cumulated votes: .5 .75 1; 0 1 1; .4 1 1
def test_targets_of_every_mode(mode, expected):
    found = labels.targets(mode, LABELS, VOTES, np.array([.6, .99, .39]), 0)
    assert found.dtype == np.float32 and np.allclose(found, expected)


def test_no_class_without_votes_is_ever_drawn():
    votes, luck = np.float32([[1 / 3, 1 / 3, .33333, 0]]), np.array([1 - 1e-9])
    assert labels.targets("drawn", np.zeros(1, int), votes, luck, 0).tolist() == [[0, 0, 1, 0]]


def test_emotions_with_three_of_ten_votes_are_targets_alike():
    """As in the paper's program; where the votes are spread further, those with the most are."""
    votes = np.array([[.3, .4, .2, .1], [.25, .25, .25, .25], [.2, .2, .28, .32]], np.float32)
    found = labels.targets("multi-target", np.array([1, 0, 3]), votes, np.zeros(3), 0)
    assert found.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]]


def test_smoothing_takes_from_whatever_the_target_is():
    found = labels.targets("soft", LABELS, VOTES, np.zeros(3), .3)
    assert np.allclose(found, .7 * VOTES + .1)
    with pytest.raises(StudyError, match="every class would do"):
        STUDY.varying(labels="multi-target", label_smoothing=.1)


def test_one_target_met_is_enough():
    from mixedfer.learning import losses

    loss = losses.of("multi-target")
    truth, said = np.float32([[.5, .5, 0]]), np.float32([[.01, .9, .09]])
    assert float(loss(truth, said)) == pytest.approx(-np.log(.5 * .9), abs=1e-6)
    assert float(losses.of("soft")(truth, said)) == pytest.approx(-.5 * np.log(.01) - .5 * np.log(.9), abs=1e-5)


def test_classes_count_alike():
    given = np.array([0] * 6 + [1] * 3 + [3])
    found = labels.weights(given, 4)
    assert found[given].mean() == pytest.approx(3 / 4)  # a class without a face has no share
    assert np.bincount(given, found[given], 4).tolist() == pytest.approx([2.5, 2.5, 0, 2.5])


def test_a_face_draws_its_label_anew_in_every_epoch_and_alike_for_every_arm(voted):
    rows = np.arange(40)

    def drawn(seed, order):
        chosen = batches(voted, order, seed, labels="drawn", batch_size=40)
        return np.stack([dict_of(chosen, epoch) for epoch in range(60)])

    def dict_of(chosen, epoch):
        batch = next(chosen.epoch(epoch))
        return batch.targets.argmax(1)[np.argsort(batch.rows)]

    found = drawn(1, rows)
    assert np.array_equal(found, drawn(1, rows[::-1])) and not np.array_equal(found, drawn(2, rows))
    unsure, share = voted.labels[:40] == 0, found.mean(0)
    assert (share[~unsure] == 1).all()
    assert abs(share[unsure].mean() - .25) < 4 * (.25 * .75 / (60 * unsure.sum()))**.5


def test_evaluation_is_on_the_majority_label(voted):
    for mode in ("soft", "drawn", "multi-target"):
        for batch in batches(voted, np.arange(40), labels=mode, label_smoothing=0).still():
            assert np.array_equal(batch.targets, np.eye(2)[voted.labels[batch.rows]]) and batch.weights is None


def test_weights_come_with_training_batches_where_asked_for(voted):
    rows = np.flatnonzero((voted.labels == 0) | (np.arange(len(voted)) < 20))
    counts = np.bincount(voted.labels[rows])
    for batch in batches(voted, rows, class_weights="balanced").epoch(0):
        assert np.allclose(batch.weights, (len(rows) / (2 * counts))[voted.labels[batch.rows]])
    assert next(batches(voted, rows).epoch(0)).weights is None


@pytest.mark.parametrize("change", [
    {"labels": "soft"}, {"labels": "drawn", "class_weights": "balanced"}, {"labels": "multi-target"}])
def test_every_mode_trains(voted, tmp_path, change):
    from mixedfer import records
    from mixedfer.learning import training

    cell = STUDY.varying(epochs=12, selection="last", **change).cells()[3]
    training.train(cell, voted, tmp_path, "run", 1)
    record = records.read(records.run_folder(tmp_path, "run"))
    losses = [entry["loss"] for entry in record.history]
    assert losses[-1] < losses[0]
    assert np.array_equal(record.test.rows, split(voted, STUDY).test)

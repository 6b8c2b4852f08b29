import os
import shutil

import numpy as np
import pytest

from mixedfer import faceset, geometry
from mixedfer.errors import Damaged, StudyError
from mixedfer.learning.batches import TOGETHER, Batches
from mixedfer.learning.retouch import NONE, Retouch
from mixedfer.learning.views.noise import Noise
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.pixels import pixels
from mixedfer.learning.views.shuffled import Shuffled
from tests.tiny import STUDY

RECIPE = STUDY.recipe


def batches(faces, view=None, seed=1, recipe=RECIPE, part="train"):
    return Batches(faces, np.arange(0, 40), part, recipe, seed, view)


def test_arms_get_the_same_images_order_and_draws(prepared):
    _, faces = prepared
    views = (None, normalised, Shuffled(normalised))
    for epoch in (0, 1):
        for plain, mixed, shuffled in zip(*(batches(faces, view).epoch(epoch) for view in views)):
            for name in ("image", "affine"):
                assert np.array_equal(plain.inputs[name], mixed.inputs[name])
                assert np.array_equal(plain.inputs[name], shuffled.inputs[name])
            assert np.array_equal(plain.targets, mixed.targets) and np.array_equal(plain.rows, mixed.rows)
            assert not np.array_equal(mixed.inputs["landmarks"], shuffled.inputs["landmarks"])


def test_an_epoch_shows_every_row_once_and_another_order_each_time(prepared):
    _, faces = prepared
    orders = [batches(faces).order(epoch) for epoch in range(3)]
    for order in orders:
        assert sorted(order) == list(range(40))
    assert not np.array_equal(orders[0], orders[1])
    assert [len(batch.targets) for batch in batches(faces).epoch(0)] == [8] * 5
    assert not np.array_equal(batches(faces, seed=2).order(0), orders[0])


def test_draws_belong_to_rows_not_to_batches(prepared):
    _, faces = prepared
    small, large = batches(faces), batches(faces, recipe=STUDY.varying(batch_size=40).recipe)
    assert np.array_equal(small.draws(3), large.draws(3))
    assert len(small.draws(3)) == len(faces)
    assert not np.array_equal(small.draws(3), small.draws(4))


def test_shuffled_landmarks_are_another_faces_of_the_same_part_for_the_whole_run(prepared):
    _, faces = prepared
    view = Shuffled(normalised)
    first, again = batches(faces, view), batches(faces, view)
    assert np.array_equal(first.sources, again.sources)
    assert sorted(first.sources) == sorted(first.rows)
    assert (first.sources != first.rows).all()
    assert not np.array_equal(first.sources, batches(faces, view, part="test").sources)
    assert np.array_equal(batches(faces, normalised).sources, first.rows)


def test_views_follow_the_augmentation(prepared):
    """An inter-ocular view does not change with shift, scale and rotation; with skew or mirror it does."""
    _, faces = prepared
    calm = STUDY.varying(skew=0.0, mirror=False, shift=0.1, rotation=30.0, scale=1.3).recipe
    for recipe, follows in ((calm, True), (RECIPE, False)):
        moved = batches(faces, normalised, recipe=recipe)
        batch = next(moved.epoch(0))
        still = moved.look(batch.rows).inputs["landmarks"]
        assert np.allclose(batch.inputs["landmarks"], still, atol=1e-5 if follows else 1e-3) == follows


def test_prediction_batches_have_one_size_and_all_rows_in_order(prepared):
    _, faces = prepared
    images = [batch.inputs["image"] for batch in batches(faces).still()]
    assert [len(image) for image in images] == [TOGETHER]
    assert np.array_equal(images[0][:40], faces.images[:40])


def test_no_batch_of_one_face_is_left_over(prepared):
    _, faces = prepared
    uneven = batches(faces, recipe=STUDY.varying(batch_size=13).recipe)  # 40 = 3 x 13 + 1
    assert sorted(len(batch.rows) for batch in uneven.epoch(0)) == [10, 10, 10, 10]


def test_noise_is_one_faces_own_for_the_whole_run_and_no_arms_seed(prepared):
    _, faces = prepared
    noise = batches(faces, Noise(normalised), recipe=STUDY.varying(batch_size=40).recipe)
    one, two = (np.concatenate([batch.inputs["landmarks"][np.argsort(batch.rows)] for batch in noise.epoch(epoch)])
                for epoch in (0, 1))
    assert np.array_equal(one, two) and one.std(0).min() > 0
    assert np.array_equal(one, noise.look(np.arange(40)).inputs["landmarks"])
    other = batches(faces, Noise(normalised), seed=2, recipe=STUDY.varying(batch_size=40).recipe)
    assert not np.array_equal(one, other.look(np.arange(40)).inputs["landmarks"])


def test_noise_lies_where_landmarks_lie_in_the_frame(prepared):
    _, faces = prepared
    recipe = STUDY.varying(augmentation=None, frame=16).recipe  # 8 of 32 pixels are left out on every side
    assert batches(faces, Noise(pixels), recipe=recipe).drawn.mean() == pytest.approx(faces.landmarks[:40].mean() - 8, abs=0.5)


def test_a_crop_lies_anywhere_when_training_and_in_the_middle_when_testing(prepared):
    """In a view of pixels the points say where the frame lies: every face has a place of its own, landmarks move along."""
    _, faces = prepared
    cropped = batches(faces, pixels, recipe=STUDY.varying(augmentation=None, frame=28, batch_size=40).recipe)
    assert np.allclose(cropped.look(np.arange(40)).inputs["landmarks"] + 2, faces.landmarks[:40], atol=1e-3)
    batch = next(cropped.epoch(0))
    offsets = (faces.landmarks[batch.rows] - batch.inputs["landmarks"]).mean(1)
    assert np.allclose(offsets, offsets.round(), atol=1e-3)
    assert set(offsets.round().ravel()) == {0, 1, 2, 3, 4}  # 32 - 28 and all between
    with pytest.raises(StudyError, match=r"frame=33.*images of 32 pixels"):
        _ = batches(faces, recipe=STUDY.varying(frame=33).recipe).side


def test_mirrored_when_testing_the_landmarks_are_the_mirrored_faces(prepared):
    _, faces = prepared
    both = batches(faces, pixels, recipe=STUDY.varying(test_views="mirror").recipe)
    assert len(both.frames) == 2 and len(batches(faces).frames) == 1
    plain, mirrored = (next(both.still(frame)).inputs["landmarks"][:40] for frame in (0, 1))
    assert np.allclose(mirrored, geometry.mirror(plain, 32), atol=1e-4)


def test_ten_crops(prepared):
    _, faces = prepared
    ten = batches(faces, recipe=STUDY.varying(test_views="ten-crop", frame=24).recipe)
    assert len({frame.tobytes() for frame in ten.frames}) == 10
    with pytest.raises(StudyError, match=r"frame=32.*all crops of images of 32 pixels are one"):
        _ = batches(faces, recipe=STUDY.varying(test_views="ten-crop", frame=32).recipe).side
    corners = geometry.transform(np.array([[0.0, 0], [31, 31]]), ten.frames)  # of a 32 x 32 image, in frames of 24
    assert corners.min() == -8 and corners.max() == 31


def test_retouching_is_drawn_for_each_face_and_only_when_training(prepared):
    _, faces = prepared
    recipe = STUDY.varying(retouch=Retouch(brightness=0.2, contrast=0.3, erase=0.5)).recipe
    first, again = (next(batches(faces, view, recipe=recipe).epoch(1)).inputs["retouch"] for view in (None, normalised))
    assert np.array_equal(first, again) and len(np.unique(first, axis=0)) == len(first)
    assert not np.array_equal(first, next(batches(faces, recipe=recipe).epoch(2)).inputs["retouch"])
    assert (next(batches(faces, recipe=recipe).still()).inputs["retouch"] == NONE).all()


def test_targets_are_distributions(prepared):
    _, faces = prepared
    for batch in batches(faces, recipe=STUDY.varying(label_smoothing=0.2).recipe).epoch(0):
        assert np.allclose(batch.targets.sum(1), 1)
        assert np.array_equal(batch.targets.argmax(1), faces.labels[batch.rows])
        assert np.allclose(batch.targets.max(1), 0.9)  # 1 - 0.2 + 0.2 / 2 classes


def test_rows_read_from_the_file_are_those_of_the_map(prepared):
    _, faces = prepared
    rows = np.array([5, 0, 47, 5])
    assert isinstance(faces.images, np.memmap)
    for name in ("images", "landmarks"):
        assert np.array_equal(faces.take(name, rows), getattr(faces, name)[rows])
    assert faces.take("images", rows[:0]).shape == (0, *faces.images.shape[1:])


def test_a_file_that_was_cut_while_it_was_read_is_no_face(prepared, tmp_path):
    shutil.copytree(prepared[1].folder, tmp_path / "set")
    faces = faceset.load(tmp_path / "set")
    os.truncate(tmp_path / "set" / "images.npy", faces.images.offset + 40 * 32 * 32)
    assert np.array_equal(faces.take("images", np.array([39]))[0], prepared[1].images[39])
    with pytest.raises(Damaged, match=r"images\.npy: it has become shorter.*again"):
        faces.take("images", np.array([3, 40]))

"""Answers for pictures are those of training, whoever is beside them."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixedfer import faceset, geometry, records
from mixedfer.errors import BadInput, Fault, Unreadable
from mixedfer.faces.alignments.eyes import Eyes
from mixedfer.faces.detectors.whole_image import WholeImage
from mixedfer.faces.pools import AHEAD
from mixedfer.use.finder import CUT, NO_FACE
from mixedfer.use.network import Look, Network
from mixedfer.use.placement import Placement
from mixedfer.use.prediction import Predictor
from tests.tiny import STUDY

PICTURES = STUDY.dataset.list(None).keys


def picture(number):
    return STUDY.dataset.read(None, PICTURES[number])


@pytest.fixture(scope="module")
def run(whole, predictor):
    """The record that the bundle was made of, and its face set."""
    store, said = whole[0] / ".mixedfer", predictor.bundle.said
    record = records.read(records.run_folder(store, said["members"][0]["run"]))
    sets = [faceset.load(folder.parent) for folder in store.glob("faces/*/meta.json")]
    return record, next(faces for faces in sets if faces.content == record.spec["data"])


def test_pictures_of_the_test_partition_are_answered_as_in_the_record(run, predictor):
    record, faces = run
    assert len(record.test.rows) == 12
    seen = list(predictor.predict_many([STUDY.dataset.read(None, faces.name(row)) for row in record.test.rows]))
    assert all(len(one.faces) == 1 for one in seen)
    assert np.array_equal(np.stack([one.faces[0].probabilities for one in seen]), record.test.probabilities)
    assert np.array_equal([one.faces[0].found for one in seen], faces.found[record.test.rows])
    assert np.array_equal([one.faces[0].box for one in seen], faces.boxes[record.test.rows])
    answers = np.array(faces.classes)[record.test.probabilities.argmax(1)]
    assert [one.faces[0].label for one in seen] == answers.tolist()


def test_every_face_of_a_picture_is_answered_from_left_to_right(predictor):
    group = np.concatenate([picture(number) for number in (0, 5, 20)], axis=1)
    faces = predictor(group)
    assert [int(face.box.left // 200) for face in faces] == [0, 1, 2]
    assert all(face.found and face.box.left < x < face.box.left + face.box.width
               for face in faces for x in [face.landmarks[30, 0]])
    assert all(abs(face.probabilities.sum() - 1) < 1e-5 and face.spread is None for face in faces)


def test_a_picture_without_a_face_is_taken_whole_as_in_training(predictor):
    seen, = predictor.predict_many([np.full((90, 120), 128, np.uint8)])
    face, = seen.faces
    assert seen.why == NO_FACE and not face.found and face.box == (0, 0, 120, 90)


def test_answers_do_not_depend_on_other_pictures(predictor):
    pool = [picture(3), np.full((60, 60), 9, np.uint8), np.concatenate([picture(7), picture(9)], 0), picture(12)]
    alone = [[face.probabilities for face in predictor(one)] for one in pool]
    for order in itertools.islice(itertools.permutations(range(4)), 0, 24, 5):
        together = predictor.predict_many([pool[number] for number in order])
        for number, seen in zip(order, together, strict=True):
            assert np.array_equal([face.probabilities for face in seen.faces], alone[number])


@given(st.lists(st.integers(0, 47), min_size=1, max_size=200))
@settings(max_examples=20, deadline=None)
def test_answers_do_not_depend_on_how_many_are_asked_together(run, predictor, rows):
    _, faces = run
    every = predictor.network.answers(faces, np.arange(48))
    assert np.array_equal(predictor.network.answers(faces, np.array(rows)), every[:, rows])


def test_workers_find_the_same_and_look_ahead_but_not_far(predictor):
    given = []

    def pictures():
        for number in range(30):
            given.append(picture(number))
            yield given[-1]
    shared = predictor.predict_many(pictures(), together=4, workers=2)
    first = next(shared)
    assert len(given) <= 4 + 2 * AHEAD
    alone = list(predictor.predict_many(given[:3]))
    for one, other in zip(alone, [first, *itertools.islice(shared, 2)], strict=True):
        assert one.faces[0].box == other.faces[0].box
        assert one.faces[0].probabilities == pytest.approx(other.faces[0].probabilities, abs=1e-6)
    assert len(list(shared)) == 27


def test_an_ensemble_gives_mean_and_spread(run, ensemble):
    predictor = Predictor(ensemble)
    face, = predictor(picture(4))
    _, faces = run
    each = predictor.network.answers(faces, np.array([4]))[:, 0]
    assert len(each) == 2 and face.probabilities.tolist() == ((each[0] + each[1]) / 2).tolist()
    assert face.spread == pytest.approx(abs(each[0] - each[1]) / 2**0.5, rel=1e-4)  # of two: their distance by root 2


def test_what_cannot_be_read_is_told_and_the_others_go_on(predictor, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    seen = list(predictor.predict_many([tmp_path / "broken.jpg", picture(0), tmp_path / "gone.png"]))
    assert [len(one.faces) for one in seen] == [0, 1, 0]
    assert "not a picture" in seen[0].why and "cannot be opened" in seen[2].why
    with pytest.raises(Unreadable, match="not a picture"):
        predictor(tmp_path / "broken.jpg")


@pytest.mark.parametrize("pixels", [np.zeros((9, 9)), np.zeros((9, 9, 4), np.uint8), np.zeros((0, 9), np.uint8),
                                    np.zeros(9, np.uint8)])
def test_other_pixels_are_refused(predictor, pixels):
    with pytest.raises(BadInput, match="expected uint8"):
        predictor(pixels)


def test_gray_with_a_third_axis_is_gray(predictor):
    gray = picture(0)[..., 0]
    assert np.array_equal(predictor(gray[..., None])[0].probabilities, predictor(gray)[0].probabilities)


def otherwise(predictor, **changes):
    """The predictor of a bundle that was prepared in another way."""
    bundle = dataclasses.replace(predictor.bundle, preparation=dataclasses.replace(predictor.bundle.preparation, **changes))
    return Predictor(bundle)


def test_pictures_without_a_face_can_be_left_out(predictor):
    wall = np.full((90, 120), 128, np.uint8)
    strict = otherwise(predictor, missed="exclude")
    seen = list(strict.predict_many([wall, picture(0)]))
    assert strict(wall) == [] and seen[0] == ([], NO_FACE) and len(seen[1].faces) == 1


def test_pictures_without_a_face_do_not_pile_up(predictor):
    wall, given = np.full((90, 120), 128, np.uint8), []

    def pictures():
        for one in [picture(0), *[wall] * 9]:
            given.append(one)
            yield one
    seen = otherwise(predictor, missed="exclude").predict_many(pictures(), together=4)
    assert len(next(seen).faces) == 1 and len(given) == 4
    assert [one.why for one in seen] == [NO_FACE] * 9


def test_a_network_of_whole_pictures_is_shown_each_face_of_several_by_itself(predictor):
    placed = Placement(0.5, 0.6, 0.8, 0.5)
    whole = Predictor(dataclasses.replace(otherwise(predictor, crop=False).bundle, placed=placed))
    group, alone = whole.predict_many([np.concatenate([picture(0), picture(5)], axis=1), picture(0)])
    assert group.why == CUT and not np.array_equal(*(face.probabilities for face in group.faces)) and alone.why == ""


def test_answers_that_are_no_numbers_are_a_fault(run, predictor):
    _, faces = run
    network = Network(predictor.bundle)
    network.models[0].trainable_variables[-1].assign(np.float32([np.nan, 0]))
    with pytest.raises(Fault, match="no number"):
        network.answers(faces, np.arange(3))


def test_without_a_detector_the_picture_is_the_face(predictor):
    face, = otherwise(predictor, detector=WholeImage())(picture(0))
    assert face.found and face.box == (0, 0, 200, 200)


def test_faces_are_aligned_where_training_aligned_them(predictor):
    upright = otherwise(predictor, alignment=Eyes())
    looked = upright.finder(picture(0))
    right, left = geometry.eye_centres(looked.points[0])
    # Eyes lie 0.4 of the side apart, 0.25 below the top; a pixel's centre is a whole number.
    assert right == pytest.approx([0.3 * 32 - 0.5, 0.25 * 32 - 0.5], abs=1e-3)
    assert left == pytest.approx([0.7 * 32 - 0.5, 0.25 * 32 - 0.5], abs=1e-3)
    assert len(upright(picture(0))) == 1


def test_what_has_no_alignment_is_told_and_the_others_go_on(predictor):
    class Broken(Eyes):
        def matrix(self, points, box, size):
            if box.left > 100:
                raise Unreadable("its landmarks lie in one place")
            return super().matrix(points, box, size)
    seen, = otherwise(predictor, alignment=Broken()).predict_many([np.concatenate([picture(0), picture(5)], axis=1)])
    assert len(seen.faces) == 1 and seen.why == "a face was left out: its landmarks lie in one place"


def test_answers_are_means_over_the_frames_of_the_recipe(run, predictor):
    _, faces = run
    rows, network = np.arange(48), Network(predictor.bundle)
    images, points = np.array(faces.images), np.array(faces.landmarks)
    mirrored = dataclasses.replace(faces, images=images[:, :, ::-1], landmarks=geometry.mirror(points, 32))
    plain, other = network.answers(faces, rows), network.answers(mirrored, rows)
    network.look = Look(frame=0, test_views="mirror")
    assert network.answers(faces, rows) == pytest.approx((plain + other) / 2, abs=1e-5)
    assert abs(plain - other).max() > 1e-3

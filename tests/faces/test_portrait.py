"""The embedded data set: the same pictures everywhere, faces dlib finds, expressions that move the right points."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixedfer import geometry, seeds
from mixedfer.errors import BadInput, StudyError
from mixedfer.faces import landmarks
from mixedfer.faces.datasets import _expressions
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.faces.sightings import chosen
from mixedfer.study import PREDICTOR

FACES = Portrait()
MOUTH_CORNERS, INNER_BROWS, OUTER_BROWS = [48, 54], [21, 22], [18, 25]


def digest(picture: np.ndarray) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()


def mean_face(expression: str, people: int = 40) -> np.ndarray:
    """`(68, 2)`: the true landmarks of an expression over the same people, in inter-ocular units."""
    keys = [f"{person:03d}/{expression}/{number}" for person in range(people) for number in range(2)]
    return geometry.normalise(np.array([FACES.truth(key) for key in keys])).mean(0)


def height(points: np.ndarray, which: list[int]) -> float:
    """How high points lie: image coordinates grow downwards."""
    return -points[which, 1].mean()


def opening(points: np.ndarray, upper: int, lower: int) -> float:
    return points[lower, 1] - points[upper, 1]


def test_reading_twice_and_in_another_process_gives_the_same_bytes():
    keys = ["003/happy/1", "041/surprise/2"]
    here = [digest(FACES.read(None, key)) for key in keys]
    assert here == [digest(FACES.read(None, key)) for key in reversed(keys)][::-1]
    code = ("import hashlib; from mixedfer.faces.datasets.portrait import Portrait; "
            f"print(*[hashlib.sha256(Portrait().read(None, key).tobytes()).hexdigest() for key in {keys}])")
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert here == there


def test_importing_brings_in_neither_opencv_nor_matplotlib_nor_dlib():
    code = ("import sys, mixedfer.faces.datasets.portrait; "
            "print([name for name in ('cv2', 'matplotlib', 'dlib', 'scipy') if name in sys.modules])")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_listing_is_consistent():
    faces = Portrait(identities=3, per_class=12)
    listing = faces.list(None)
    assert len(listing.keys) == 3 * 5 * 12 == len(set(listing.ids)) == len(listing.labels) == len(listing.subjects)
    for key, label, subject in zip(listing.keys, listing.labels, listing.subjects, strict=True):
        person, expression, _ = key.split("/")
        assert (int(person), expression) == (subject, faces.classes[label])
    assert listing.partition is None and listing.classes == faces.classes
    assert listing.labels.dtype == listing.subjects.dtype == np.int64
    assert "synthesised" in listing.note and "Grace Hopper" in listing.note
    assert pickle.loads(pickle.dumps(faces)) == faces and pickle.loads(pickle.dumps(listing.keys)) == listing.keys


def test_fewer_classes_or_people_leave_the_other_pictures_as_they_were():
    few = Portrait(classes=("sad", "happy"), identities=4, per_class=2)
    assert set(few.list(None).keys) < set(FACES.list(None).keys)
    assert few.classes[few.list(None).labels[0]] == "sad"
    for key in ("003/sad/1", "000/happy/0"):
        assert np.array_equal(few.read(None, key), FACES.read(None, key))


def test_a_mirrored_person_keeps_left_and_right_in_order():
    x = np.array([FACES.truth(f"{person:03d}/neutral/0")[:, 0] for person in range(12)])
    assert (x[:, 36] < x[:, 45]).all() and (x[:, 48] < x[:, 54]).all() and (x[:, 0] < x[:, 16]).all()


@pytest.mark.parametrize("wrong, said", [
    ({"classes": ("happy", "sed")}, "Did you mean 'sad'?"),
    ({"classes": ()}, "at least one class"),
    ({"classes": ("sad", "sad")}, "twice"),
    ({"identities": 0}, "expected 1 to 1000000"),
    ({"per_class": 2.5}, "expected int"),
    ({"noise": -1.0}, "expected 0 to 100"),
    ({"pose": "strong"}, "expected float"),
    ({"cue": float("nan")}, "expected float"),
])
def test_a_wrong_field_is_an_error_that_says_what_is_expected(wrong, said):
    with pytest.raises(StudyError, match=said.replace("?", r"\?")):
        Portrait(**wrong)


def test_data_from_elsewhere_is_refused(tmp_path):
    for use in (FACES.list, FACES.fingerprint, lambda data: FACES.read(data, "000/sad/0")):
        with pytest.raises(BadInput, match="Leave --data out"):
            use(tmp_path)


def test_the_fingerprint_is_the_photographs_hash():
    assert len(FACES.fingerprint(None)) == 64 and FACES.fingerprint(None) == Portrait(identities=1).fingerprint(None)


def test_dlib_finds_nearly_all_faces_without_upsampling_and_lands_near_the_truth():
    predictor, detector = landmarks.find_predictor(None, PREDICTOR), DlibHog()
    keys = FACES.list(None).keys[::13]
    errors = []
    for key in keys:
        picture, truth = FACES.read(None, key), FACES.truth(key)
        for box, _ in chosen(detector.find(picture), "largest"):
            right, left = geometry.eye_centres(truth)
            distance = np.linalg.norm(landmarks.extract([picture], [box], predictor)[0] - truth, axis=1)
            errors.append(distance.mean() / np.linalg.norm(left - right))
    assert len(keys) == 93 and len(errors) >= .97 * len(keys)
    # Measured over all 1,200 pictures: median 0.04 inter-ocular distances, 95% below 0.11.
    assert np.median(errors) < .05 and np.quantile(errors, .95) < .15


def test_expressions_move_the_points_that_make_them():
    neutral, happy, sad, surprise, anger = map(mean_face, ("neutral", "happy", "sad", "surprise", "anger"))
    assert height(happy, MOUTH_CORNERS) > height(neutral, MOUTH_CORNERS) + .05
    assert height(sad, MOUTH_CORNERS) < height(neutral, MOUTH_CORNERS) - .05
    assert np.ptp(happy[MOUTH_CORNERS, 0]) > np.ptp(neutral[MOUTH_CORNERS, 0]) + .05
    assert height(sad, INNER_BROWS) > height(neutral, INNER_BROWS) + .03
    assert height(surprise, OUTER_BROWS) > height(neutral, OUTER_BROWS) + .05
    assert opening(surprise, 62, 66) > opening(neutral, 62, 66) + .1
    assert opening(surprise, 37, 41) > opening(neutral, 37, 41) + .02
    assert height(anger, INNER_BROWS) < height(neutral, INNER_BROWS) - .05
    assert opening(anger, 51, 57) < opening(neutral, 51, 57) - .02


def test_without_strength_a_face_says_nothing_about_its_class():
    faces = [_expressions.acted(seeds.generator("test"), name, 0.0, .05) for name in _expressions.EXPRESSIONS]
    assert all(np.array_equal(face, faces[0]) for face in faces)


def test_the_truth_follows_the_pixels():
    """Undisturbed, the picture is the photograph: its landmarks are those measured on it, moved by one similarity."""
    still = Portrait(strength=0, variety=0, fidgets=0, pose=0, lighting=0, noise=0)
    points = geometry.normalise(still.truth("000/happy/0"))
    own = geometry.normalise(_expressions.PORTRAIT)
    mirrored = geometry.normalise(geometry.mirror(_expressions.PORTRAIT, 512))
    assert min(abs(points - own).max(), abs(points - mirrored).max()) < 1e-9


def test_even_wild_faces_do_not_fold():
    wild = Portrait(strength=3.0, variety=3.0, fidgets=5.0, pose=3.0)
    found, inside = _expressions.triangles()
    least = .1 * _expressions._areas(_expressions.base(), found[~inside])
    for person in range(6):
        points, _ = wild._face(f"{person:03d}/surprise/0")
        assert (_expressions._areas(points, found[~inside]) >= least).all()
        assert (points[[67, 66, 65], 1] >= points[[61, 62, 63], 1]).all()


def test_the_mouth_of_a_surprised_face_is_dark_inside():
    open_mouthed = Portrait(strength=1.5, fidgets=0, pose=0, lighting=0, noise=0)
    key = max((f"{person:03d}/surprise/0" for person in range(8)),
              key=lambda key: opening(open_mouthed.truth(key), 62, 66))
    picture, truth = open_mouthed.read(None, key), open_mouthed.truth(key)
    inside, chin = truth[60:68].mean(0).round().astype(int), ((truth[57] + truth[8]) / 2).round().astype(int)
    assert picture[inside[1], inside[0]].mean() < 60 < picture[chin[1], chin[0]].mean()


# Where the signal lies: `strength` in the landmarks (pixels follow them), `cue` in the pixels alone.

PLANTED = {"landmarks": (1, 0), "none": (0, 0), "both": (1, 1), "pixels": (0, 1)}


@lru_cache(maxsize=1)
def pictures(strength: float, cue: float) -> tuple[Portrait, list[np.ndarray]]:
    """Two classes of 30 people with such a signal, and what they look like, in the order of the list."""
    faces = Portrait(classes=("happy", "sad"), identities=30, strength=strength, cue=cue)
    return faces, [faces.read(None, key) for key in faces.list(None).keys]


def recognised(planted: str) -> tuple[float, float]:
    """Accuracy on strangers, happy against sad, of a logistic regression on true landmarks and of one on pixels.

    The pixels are those beside the face, at places that follow the true eyes, so that expressions hardly show in them.
    """
    faces, seen = pictures(*PLANTED[planted])
    listing = faces.list(None)
    truths = np.array([faces.truth(key) for key in listing.keys])
    beside = np.array([_beside(picture, truth) for picture, truth in zip(seen, truths, strict=True)])
    return accuracy(geometry.normalise(truths), listing), accuracy(beside, listing)


def _beside(picture: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`(8, 4)`: blurred log brightness on a coarse net to the left and right of the face, exposure removed."""
    middle, unit = truth[[36, 45]].mean(0), np.linalg.norm(truth[45] - truth[36]) / 1.35
    gray = gaussian_filter(picture.astype(np.float32).mean(2), 3)
    x, y = np.meshgrid([-1.4, -1.2, 1.2, 1.4], np.linspace(-.9, 2, 8))
    places = (np.stack([middle[1] + unit * y, middle[0] + unit * x]).round().astype(int)).clip(0, len(gray) - 1)
    seen = np.log(gray[tuple(places)] + 5)
    return seen - seen.mean()


def accuracy(seen: np.ndarray, listing) -> float:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=.05, max_iter=1000))
    return cross_val_score(model, seen.reshape(len(seen), -1), listing.labels, groups=listing.subjects,
                           cv=GroupKFold(5)).mean()


def chance(answers: int) -> float:
    """Four standard errors of so many independent answers at chance."""
    return 4 * np.sqrt(.25 / answers)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_signal_is_found_where_it_is_and_nowhere_else(planted):
    by_landmarks, by_pixels = recognised(planted)
    strength, cue = PLANTED[planted]
    assert by_landmarks > .9 if strength else abs(by_landmarks - .5) < chance(240)
    assert by_pixels > .68 if cue else abs(by_pixels - .5) < chance(240)


def test_the_cue_moves_no_landmark_and_dlib_does_not_follow_it():
    with_cue, seen = pictures(*PLANTED["pixels"])
    without, listing = dataclasses.replace(with_cue, cue=0), with_cue.list(None)
    assert all(np.array_equal(with_cue.truth(key), without.truth(key)) for key in listing.keys[::20])
    assert not np.array_equal(seen[0], without.read(None, listing.keys[0]))
    predictor, points = landmarks.find_predictor(None, PREDICTOR), []
    for key, picture in zip(listing.keys, seen, strict=True):
        found = chosen(DlibHog().find(picture), "largest")
        points.append(landmarks.extract([picture], [found[0].box], predictor)[0] if found else with_cue.truth(key))
    assert abs(accuracy(geometry.normalise(np.array(points)), listing) - .5) < chance(len(points)) == chance(240)


def test_a_neutral_face_has_no_cue_and_other_classes_have_different_ones():
    places = [tuple(sorted(spots.items())) for spots in _expressions.CUES.values()]
    assert _expressions.CUES["neutral"] == {} and len(set(places)) == len(places)
    assert _expressions.CUES.keys() == _expressions.EXPRESSIONS.keys()


def test_the_reference_face_is_the_mean_of_these():
    truths = np.array([FACES.truth(key) for key in FACES.list(None).keys[::7]])
    mirrored = geometry.mirror(truths, FACES.side)
    mean = geometry.normalise(geometry.procrustes(np.concatenate([truths, mirrored])).mean(0))
    assert abs(mean - geometry.REFERENCE).max() < .01

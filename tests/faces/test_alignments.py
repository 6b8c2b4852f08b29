"""What every alignment promises, whoever wrote it: adding a file to `mixedfer/faces/alignments` adds its tests."""

import dataclasses
import importlib
import pickle
import pkgutil

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixedfer import geometry
from mixedfer.errors import StudyError, Unreadable
from mixedfer.faces import alignments
from mixedfer.faces.alignments.eyes import Eyes
from mixedfer.faces.alignments.five_points import FivePoints
from mixedfer.faces.alignments.mean_shape import MeanShape
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors import Box
from mixedfer.identity import canonical

SIZE = 64
BOX = Box(40.0, 50.0, 120.0, 120.0)
FACE = geometry.generic(200) + np.random.default_rng(0).normal(0, 3, (68, 2))


def every_alignment() -> list:
    names = [found.name for found in pkgutil.iter_modules(alignments.__path__)]
    modules = [importlib.import_module(f"{alignments.__name__}.{name}") for name in names]
    return [getattr(module, name.title().replace("_", ""))() for module, name in zip(modules, names)]


every = pytest.mark.parametrize("alignment", every_alignment(), ids=lambda alignment: type(alignment).__name__)


def aligned(alignment, points, size=SIZE):
    return geometry.transform(points, alignment.matrix(points, BOX, size))


@every
@settings(max_examples=50)
@given(angle=st.floats(-3.2, 3.2), scale=st.floats(0.1, 10), x=st.floats(-1000, 1000), y=st.floats(-1000, 1000))
def test_a_face_turned_grown_or_moved_gives_the_same_image(alignment, angle, scale, x, y):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = geometry.transform(FACE, np.column_stack([turn, [x, y]]))
    assert np.allclose(aligned(alignment, moved), aligned(alignment, FACE), atol=1e-6)


@every
def test_a_similarity_of_float64_that_neither_shears_nor_mirrors(alignment):
    before = FACE.copy()
    matrix = alignment.matrix(FACE, BOX, SIZE)
    (a, b), (c, d) = matrix[:, :2]
    assert matrix.shape == (2, 3) and matrix.dtype == np.float64
    assert a == pytest.approx(d) and b == pytest.approx(-c) and np.linalg.det(matrix[:, :2]) > 0
    assert np.array_equal(FACE, before)
    assert np.allclose(alignment.matrix(FACE.astype(np.float32), BOX, SIZE), matrix, atol=1e-4)


@every
def test_the_size_of_the_image_is_its_resolution_alone(alignment):
    """In fractions of the side, counted from the picture's corner at -0.5, every place stays."""
    small, large = aligned(alignment, FACE, 48), aligned(alignment, FACE, 224)
    assert np.allclose((small + 0.5) / 48, (large + 0.5) / 224)


@every
def test_true_landmarks_lie_inside_the_image(alignment):
    faces = Portrait(identities=20, per_class=1)
    points = np.stack([aligned(alignment, faces.truth(key)) for key in faces.list(None).ids])
    inside = ((points >= -0.5) & (points <= SIZE - 0.5)).all(-1)
    assert inside.mean() > 0.95
    assert inside[:, 27:].all()  # nose, eyes and mouth of every face


@every
def test_by_default_a_generic_face_stays_in_the_middle(alignment):
    """So that two alignments at their defaults differ in what they hold still, and not in how large the face is."""
    assert np.allclose(aligned(alignment, geometry.generic(SIZE)), geometry.generic(SIZE), atol=0.01 * SIZE)


@every
@pytest.mark.parametrize("landmark", [8, 30, 36, 54])
def test_points_follow_pixels(alignment, landmark):
    turn = cv2.getRotationMatrix2D((100, 100), 25, 0.9)
    points = geometry.transform(FACE, turn)
    picture = np.zeros((220, 220), np.uint8)
    x, y = points[landmark]
    cv2.circle(picture, (round(x * 16), round(y * 16)), 6 * 16, 255, cv2.FILLED, shift=4)
    matrix = alignment.matrix(points, BOX, 128)
    image = cv2.warpAffine(picture, matrix, (128, 128), flags=cv2.INTER_LINEAR).astype(float)
    seen = np.array([(image.sum(0) * np.arange(128)).sum(), (image.sum(1) * np.arange(128)).sum()]) / image.sum()
    assert np.abs(seen - geometry.transform(points, matrix)[landmark]).max() < 0.25


@every
@pytest.mark.parametrize(("value", "why"), [(7.0, "one place"), (np.nan, "not numbers"), (np.inf, "not numbers")])
def test_landmarks_of_no_face_are_refused(alignment, value, why):
    with pytest.raises(Unreadable, match=why):
        alignment.matrix(np.full((68, 2), value), BOX, SIZE)


@every
def test_it_is_frozen_reaches_workers_and_has_a_name(alignment):
    field = dataclasses.fields(alignment)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(alignment, field, 0.5)
    assert pickle.loads(pickle.dumps(alignment)) == alignment
    assert f"{type(alignment).__module__}:{type(alignment).__name__}@" in str(canonical(alignment))
    assert canonical(dataclasses.replace(alignment, **{field: 0.3})) != canonical(alignment)


@given(st.integers(0, 10**6))
def test_the_fit_is_what_linear_least_squares_finds(seed):
    """A similarity is linear in (a, b, x, y): x' = a x - b y + x0, y' = b x + a y + y0."""
    rng = np.random.default_rng(seed)
    points, target = rng.normal(0, 5, (2, 7, 2)) + 3
    rows = np.concatenate([[(x, -y, 1, 0), (y, x, 0, 1)] for x, y in points])
    a, b, right, down = np.linalg.lstsq(rows, target.ravel(), rcond=None)[0]
    assert np.allclose(alignments.fit(points, target), [[a, -b, right], [b, a, down]])


def test_the_fit_is_procrustes_analysis():
    fitted = geometry.transform(FACE, alignments.fit(FACE, geometry.REFERENCE))
    assert np.allclose(fitted - fitted.mean(0), geometry.procrustes(FACE))


def test_a_mirror_image_that_no_turn_brings_nearer_is_refused():
    square = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    with pytest.raises(Unreadable, match="no face"):
        alignments.fit(square * (1, -1), square)


def test_eyes_come_to_their_places():
    right, left = geometry.eye_centres(aligned(Eyes(distance=0.5, height=0.3), FACE, 100))
    assert np.allclose(right, [24.5, 29.5]) and np.allclose(left, [74.5, 29.5])


@pytest.mark.parametrize(("alignment", "factor"), [(FivePoints(margin=0.25), 1 / 1.5), (MeanShape(scale=0.8), 0.8)])
def test_the_generic_face_gets_its_margin(alignment, factor):
    middle = (SIZE - 1) / 2
    expected = (geometry.generic(SIZE) - middle) * factor + middle
    assert np.allclose(aligned(alignment, geometry.generic(SIZE)), expected)


def test_a_smile_moves_five_points_and_not_the_eyes():
    smiling = FACE.copy()
    smiling[[48, 54]] += [(-8, -4), (8, -4)]
    for alignment, still in ((Eyes(), True), (FivePoints(), False)):
        assert np.allclose(alignment.matrix(smiling, BOX, SIZE), alignment.matrix(FACE, BOX, SIZE)) == still


@pytest.mark.parametrize("make", [lambda: Eyes(distance=0.0), lambda: Eyes(height=2), lambda: FivePoints(margin=-0.1),
                                  lambda: MeanShape(scale=0)])
def test_values_that_leave_no_face_are_refused(make):
    with pytest.raises(StudyError, match="expected"):
        make()

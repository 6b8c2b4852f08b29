"""Predictions per second on pictures with many faces, over a loop that asks Keras about one face after the other."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from mixedfer import processes
from tests.commands import TINY, mixedfer
from tests.tiny import STUDY

#: Pictures of so many rows and columns of faces for the loop; for `predict_many`, which starts processes, times as many.
PICTURES, ROWS, COLUMNS, TIMES = 6, 6, 8, 4
ROUNDS = 3


def ratio(folder: Path) -> float:
    """The tiny study's mixed network, as `mixedfer predict` asks it, over the loop; in turns, the median. Finding faces is part
    of both, and of the former the start of the processes that find them.
    """
    mixedfer("run", TINY, "--quiet", cwd=folder)
    mixedfer("export", TINY, "--arm", "mixed", "--out", "bundle", cwd=folder)
    from mixedfer.learning import backend

    backend.setup(1)
    from mixedfer.use.prediction import Predictor

    predictor, groups = Predictor(folder / "bundle"), _groups()
    for one in (_plainly, _together):  # what is traced and loaded once is no matter here
        one(predictor, groups[:1])
    return statistics.median(_round(predictor, groups) for _ in range(ROUNDS))


def _round(predictor, groups: list[np.ndarray]) -> float:
    plain, together = _plainly(predictor, groups), _together(predictor, TIMES * groups)
    print(f"  {together:.0f} faces/s, one after the other {plain:.0f}")
    return together / plain


def _groups() -> list[np.ndarray]:
    keys, draw = STUDY.dataset.list(None).keys, np.random.default_rng(0)
    faces = [STUDY.dataset.read(None, key) for key in keys]
    return [np.concatenate([np.concatenate([faces[face] for face in row], axis=1)
                            for row in draw.integers(0, len(faces), (ROWS, COLUMNS))]) for _ in range(PICTURES)]


def _together(predictor, groups: list[np.ndarray]) -> float:
    began = time.perf_counter()
    faces = sum(len(seen.faces) for seen in predictor.predict_many(groups, workers=processes.cores()))
    return faces / (time.perf_counter() - began)


def _plainly(predictor, groups: list[np.ndarray]) -> float:
    """The model called with each face as soon as it is cut out, which Keras advises for few inputs: `model.predict` would take
    several times as long.
    """
    from mixedfer.learning.batches import Batches
    from mixedfer.use.prediction import face_set

    (model,), bundle, faces, began = predictor.network.models, predictor.bundle, 0, time.perf_counter()
    for group in groups:
        looked = predictor.finder(group)
        for image, points, found in zip(looked.images, looked.points, looked.found["found"]):
            one = face_set(image[None], points[None], np.array([found]), bundle.classes)
            inputs = Batches(one, np.arange(1), "test", predictor.network.look, 0, bundle.view).look(np.arange(1)).inputs
            np.asarray(model({tensor.name: inputs[tensor.name] for tensor in model.inputs}, training=False))
            faces += 1
    return faces / (time.perf_counter() - began)

"""Predictions per second on pictures with many faces, over a loop that asks Keras about one face after the other."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tests.commands import TINY, mixedfer
from tests.tiny import STUDY

#: Pictures of so many rows and columns of faces.
PICTURES, ROWS, COLUMNS = 6, 6, 8


def ratio(folder: Path) -> float:
    """The tiny study's mixed network; finding faces is part of both."""
    mixedfer("run", TINY, "--quiet", cwd=folder)
    mixedfer("export", TINY, "--arm", "mixed", "--out", "bundle", cwd=folder)
    from mixedfer.learning import backend

    backend.setup(1)
    from mixedfer.use.prediction import Predictor

    predictor, groups = Predictor(folder / "bundle"), _groups()
    for one in (_plainly, _together):  # what is traced and loaded once is no matter here
        one(predictor, groups[:1])
    rates = {one: one(predictor, groups) for one in (_together, _plainly)}
    print(f"  {rates[_together]:.0f} faces/s, one after the other {rates[_plainly]:.0f}")
    return rates[_together] / rates[_plainly]


def _groups() -> list[np.ndarray]:
    keys, draw = STUDY.dataset.list(None).keys, np.random.default_rng(0)
    faces = [STUDY.dataset.read(None, key) for key in keys]
    return [np.concatenate([np.concatenate([faces[face] for face in row], axis=1)
                            for row in draw.integers(0, len(faces), (ROWS, COLUMNS))]) for _ in range(PICTURES)]


def _together(predictor, groups: list[np.ndarray]) -> float:
    began = time.perf_counter()
    return sum(len(seen.faces) for seen in predictor.predict_many(groups)) / (time.perf_counter() - began)


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

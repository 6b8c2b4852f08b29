import numpy as np

from mixedfer import geometry
from mixedfer.learning.views.distances import distances

FACES = geometry.generic(48) + np.random.default_rng(0).normal(0, 1, (4, 68, 2))


def test_every_pair_once_in_units_of_the_distance_of_the_eyes():
    shown = distances(FACES, np.ones(4, bool), 48)
    assert shown.shape == (4, 68 * 67 // 2)
    right, left = geometry.eye_centres(FACES)
    unit = np.linalg.norm(left - right, axis=1)
    assert np.allclose(shown[:, 0], np.linalg.norm(FACES[:, 0] - FACES[:, 1], axis=1) / unit, atol=1e-5)
    assert np.allclose(shown[:, 66], np.linalg.norm(FACES[:, 0] - FACES[:, 67], axis=1) / unit, atol=1e-5)
    assert np.allclose(shown[:, -1], np.linalg.norm(FACES[:, 66] - FACES[:, 67], axis=1) / unit, atol=1e-5)

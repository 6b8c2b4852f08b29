import numpy as np

from mixedfer.learning.views.found_flag import FoundFlag


def test_one_number_per_face_whatever_its_points():
    found, points = np.array([True, False, True]), np.random.default_rng(0).normal(size=(3, 68, 2))
    assert np.array_equal(FoundFlag()(points, found, 48), FoundFlag()(0 * points, found, 48))
    assert FoundFlag()(points, found, 48).tolist() == [[1], [0], [1]]

import numpy as np

from mixedfer.learning.views.scaled import scaled


def test_the_edges_of_the_image_are_0_and_1():
    """The centre of the top-left pixel is (0, 0), so an image of 48 pixels reaches from -0.5 to 47.5."""
    corners = np.full((1, 68, 2), -0.5)
    corners[0, 1:] = 47.5
    assert scaled(corners, np.ones(1, bool), 48)[0, :2].tolist() == [[0, 0], [1, 1]]


def test_a_larger_image_of_the_same_face_looks_the_same():
    faces = np.random.default_rng(0).uniform(0, 47, (3, 68, 2))
    larger = (faces + 0.5) * 2 - 0.5
    assert np.allclose(scaled(larger, np.ones(3, bool), 96), scaled(faces, np.ones(3, bool), 48))

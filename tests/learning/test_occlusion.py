import numpy as np

from mixedfer.learning import occlusion
from mixedfer.learning.batches import TOGETHER, Batches
from tests.tiny import STUDY


def test_the_square_that_an_answer_hangs_on_is_the_one_whose_cover_costs_most(prepared):
    """The "network" believes in the true class as far as the pixels around (6, 26) keep their values."""
    _, faces = prepared
    batches = Batches(faces, np.arange(len(faces)), "test", STUDY.recipe, 1)
    places = occlusion.chosen(faces.labels)
    spot = np.s_[:, 4:8, 24:28]
    own = {faces.images[row][spot[1:]].tobytes(): faces.labels[row] for row in places}

    def predict(inputs):
        kept = np.array([piece.tobytes() in own for piece in inputs["image"][spot]])
        return np.stack([np.where(kept, 0.9, 0.4)] * 2, 1)

    found = occlusion.look(batches, predict)
    assert np.array_equal(found.rows, places) and found.drops.shape == (len(places), occlusion.GRID, occlusion.GRID)
    # 8 places on 32 pixels: centres at 2, 6, .. 30; the square, 8 wide, touches rows 4..8 from the first three places.
    touched = np.zeros((8, 8), bool)
    touched[0:3, 5:8] = True
    assert np.allclose(found.drops, np.where(touched, 0.5, 0.0))


def test_every_class_is_looked_at_and_batches_have_the_size_of_prediction(prepared):
    _, faces = prepared
    sizes = []

    def predict(inputs):
        sizes.append(len(inputs["image"]))
        return np.full((len(inputs["image"]), 2), 0.5)

    found = occlusion.look(Batches(faces, np.arange(len(faces)), "test", STUDY.recipe, 1), predict)
    assert set(sizes) == {TOGETHER} and not found.drops.any()
    assert np.bincount(faces.labels[found.rows]).tolist() == [6, 6]


def test_windows_cover_the_whole_image_and_a_quarter_of_its_side():
    windows = occlusion.windows(48)
    assert windows.any(0).all() and windows.any(2).sum(1).max() == 12


def test_a_cover_is_the_images_mean_and_leaves_the_rest():
    image = np.zeros((1, 4, 4, 1), np.uint8)
    image[0, 0] = 200
    cover = np.zeros((1, 4, 4), bool)
    cover[0, 3, 3] = True
    hidden = occlusion.covered(image, cover)
    assert hidden.dtype == np.uint8 and hidden[0, 3, 3, 0] == 50 and (hidden != image).sum() == 1

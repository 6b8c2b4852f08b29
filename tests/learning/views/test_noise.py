import numpy as np

from mixedfer import geometry
from mixedfer.learning.views.noise import Noise
from mixedfer.learning.views.normalised import normalised

SIZE, COUNT = 48, 4000
FACES = geometry.generic(SIZE) + np.random.default_rng(0).normal(0, 1, (COUNT, 68, 2))
FOUND = np.ones(COUNT, bool)
REAL = normalised(FACES, FOUND, SIZE)


def drawn(seed=1):
    return Noise(normalised).drawn(FACES, FOUND, SIZE, np.random.default_rng(seed))


def test_each_number_has_the_mean_and_spread_of_the_real_one():
    """Over n draws a mean errs by sd / sqrt(n), a standard deviation by sd / sqrt(2 n); 136 of them, so 5 times that."""
    spread = REAL.std(0)
    assert drawn().shape == REAL.shape and drawn().dtype == np.float32
    assert (abs(drawn().mean(0) - REAL.mean(0)) <= 5 * spread / np.sqrt(COUNT)).all()
    assert (abs(drawn().std(0) - spread) <= 5 * spread / np.sqrt(2 * COUNT)).all()


def test_it_knows_nothing_of_the_face():
    flat, real = drawn().reshape(COUNT, -1), REAL.reshape(COUNT, -1)
    varied = flat.std(0) > 1e-6
    correlations = [np.corrcoef(a, b)[0, 1] for a, b in zip(flat.T[varied], real.T[varied])]
    assert max(map(abs, correlations)) < 5 / np.sqrt(COUNT)


def test_it_is_the_seeds():
    assert np.array_equal(drawn(), drawn()) and not np.array_equal(drawn(), drawn(2))


def test_outside_a_run_no_face_shows_through():
    assert not np.ptp(Noise(normalised)(FACES[:9], FOUND[:9], SIZE), axis=0).any()

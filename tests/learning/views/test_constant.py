import numpy as np
import pytest

from mixedfer import geometry
from mixedfer.learning.views.constant import Constant
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.pixels import pixels

FACES = np.random.default_rng(0).uniform(0, 48, (5, 68, 2))


@pytest.mark.parametrize(("view", "face"), [(normalised, geometry.REFERENCE), (pixels, geometry.generic(48))])
def test_every_face_is_the_generic_one(view, face):
    shown = Constant(view)(FACES, np.zeros(5, bool), 48)
    assert shown.shape == (5, 68, 2) and np.allclose(shown, face, atol=1e-3)

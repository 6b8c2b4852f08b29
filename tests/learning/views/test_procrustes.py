import numpy as np

from mixedfer import geometry
from mixedfer.learning.views.procrustes import procrustes

FACES = geometry.generic(48) + np.random.default_rng(0).normal(0, 1, (4, 68, 2))


def test_position_size_and_roll_are_gone_and_an_expression_is_not():
    found, turn = np.ones(4, bool), 2 * np.array([[0.6, 0.8], [-0.8, 0.6]])
    assert np.allclose(procrustes(FACES @ turn + (3, 4), found, 96), procrustes(FACES, found, 48), atol=1e-5)
    smiling = FACES.copy()
    smiling[:, [48, 54], 1] -= 3
    assert abs(procrustes(smiling, found, 48) - procrustes(FACES, found, 48))[:, [48, 54]].max() > 0.05


def test_one_slipped_eye_turns_the_whole_face_less_than_by_the_eyes_alone():
    slipped = FACES.copy()
    slipped[:, 36:42, 1] += 3
    others, found = np.r_[0:36, 42:68], np.ones(4, bool)
    by_all = abs(procrustes(slipped, found, 48) - procrustes(FACES, found, 48))[:, others].mean()
    by_eyes = abs(geometry.normalise(slipped) - geometry.normalise(FACES))[:, others].mean()
    assert by_all < by_eyes / 2

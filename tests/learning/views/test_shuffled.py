import numpy as np
import pytest

from mixedfer.errors import StudyError
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled

ROWS = np.arange(100, 140)
LABELS = np.arange(40) % 4


def sources(seed, rows=ROWS):
    return Shuffled(normalised).sources(rows, LABELS[:len(rows)], np.random.default_rng(seed))


def test_no_face_keeps_its_own_and_each_is_used_once():
    for seed in range(50):
        assert (sources(seed) != ROWS).all() and sorted(sources(seed)) == ROWS.tolist()


def test_the_pairing_is_the_seeds():
    assert np.array_equal(sources(1), sources(1)) and not np.array_equal(sources(1), sources(2))


def test_classes_are_met_as_often_as_chance_has_it():
    """Of the 39 other faces 9 have the same class."""
    same = np.mean([(LABELS[sources(seed) - 100] == LABELS).mean() for seed in range(400)])
    assert same == pytest.approx(9 / 39, abs=0.02)


def test_a_face_alone_is_refused():
    with pytest.raises(StudyError, match="no other face"):
        sources(0, ROWS[:1])

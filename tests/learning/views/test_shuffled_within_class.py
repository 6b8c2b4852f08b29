import numpy as np
import pytest

from mixedfer.errors import StudyError
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled_within_class import ShuffledWithinClass

VIEW = ShuffledWithinClass(normalised)
ROWS, LABELS = np.arange(100, 140), np.arange(40) % 4


def test_another_face_of_the_same_class_each_used_once():
    for seed in range(50):
        sources = VIEW.sources(ROWS, LABELS, np.random.default_rng(seed))
        assert (sources != ROWS).all() and sorted(sources) == ROWS.tolist()
        assert np.array_equal(LABELS[sources - 100], LABELS)


def test_a_class_with_one_face_is_refused():
    with pytest.raises(StudyError, match="one face"):
        VIEW.sources(ROWS[:5], LABELS[:5], np.random.default_rng(0))


def test_it_says_that_it_leaks():
    assert VIEW.shows == "others of its class"
    assert "leaks" in VIEW.rules_out and "no evidence" in VIEW.rules_out and "LEAKS" in VIEW.__doc__

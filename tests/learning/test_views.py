"""What every view promises, whoever wrote it: adding a file to `mixedfer/learning/views` adds its tests."""

import dataclasses
import importlib
import pkgutil

import numpy as np
import pytest

from mixedfer import geometry
from mixedfer.errors import StudyError
from mixedfer.identity import canonical
from mixedfer.learning import views
from mixedfer.learning.views import Wrapping
from mixedfer.learning.views.distances import distances
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.region import Region
from mixedfer.learning.views.shuffled import Shuffled

SIZE = 48
FACES = geometry.generic(SIZE) + np.random.default_rng(0).normal(0, 1, (6, 68, 2))
FOUND = np.array([True, True, False, True, False, True])
#: Views that need more than a view to be made.
OPTIONS = {Region: {"keep": ("mouth", "jaw")}}


def every_view() -> list:
    made = []
    for found in pkgutil.iter_modules(views.__path__):
        module = importlib.import_module(f"{views.__name__}.{found.name}")
        thing = getattr(module, found.name, None) or getattr(module, found.name.title().replace("_", ""))
        if isinstance(thing, type):
            thing = thing(*[normalised] if issubclass(thing, Wrapping) else [], **OPTIONS.get(thing, {}))
        made.append(pytest.param(thing, id=found.name))
    return made


@pytest.mark.parametrize("view", every_view())
def test_a_view_shows_finite_float32_face_by_face(view):
    shown = view(FACES, FOUND, SIZE)
    assert shown.dtype == np.float32 and len(shown) == len(FACES) and np.isfinite(shown).all()
    assert np.array_equal(view(FACES[2:4], FOUND[2:4], SIZE), shown[2:4])
    assert view(np.zeros((0, 68, 2)), np.zeros(0, bool), SIZE).shape == (0, *shown.shape[1:])


@pytest.mark.parametrize("view", every_view())
def test_a_degenerate_face_gives_numbers(view):
    assert np.isfinite(view(np.full((1, 68, 2), 7.0), np.zeros(1, bool), SIZE)).all()


@pytest.mark.parametrize("view", every_view())
def test_a_view_changes_nothing_that_it_gets_and_can_be_written_down(view):
    before = FACES.copy()
    view(FACES, FOUND, SIZE)
    assert np.array_equal(FACES, before)
    assert str(canonical(view)).count("@") >= 1


@pytest.mark.parametrize("view", every_view())
def test_controls_say_in_one_sentence_what_they_rule_out(view):
    words = getattr(view, "rules_out", "")
    control = getattr(view, "shows", "own") != "own"
    assert control or not (hasattr(view, "sources") or hasattr(view, "drawn"))
    assert bool(words) == control and (not words or (words.endswith(".") and len(words) < 250))
    assert "rules_out" not in str(canonical(view))


@pytest.mark.parametrize("view", every_view())
def test_no_wrapper_hides_whose_landmarks_are_shown(view):
    if isinstance(view, Wrapping):
        with pytest.raises(StudyError, match="outermost"):
            dataclasses.replace(view, view=Shuffled(normalised))


@pytest.mark.parametrize(("view", "moved"), [(view, name) for view in (normalised, distances) for name in ("turned", "grown")])
def test_forms_without_position_size_and_roll(view, moved):
    turn = {"turned": np.array([[0.8, -0.6], [0.6, 0.8]]), "grown": 3 * np.eye(2)}[moved]
    assert np.allclose(view(FACES @ turn.T + (5, -9), FOUND, SIZE), view(FACES, FOUND, SIZE), atol=1e-5)

"""A model before and after fine-tuning: the paired comparison, and warnings when it got worse."""

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence import before_after

SURE = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])


def answers(truth, before, after):
    """Answers to pictures: the class that is said before and after."""
    names = [f"{number}.png" for number in range(len(truth))]
    return names, np.array(truth), np.ones(len(truth), bool), SURE[before], SURE[after]


def test_wins_and_losses_are_counted_on_the_same_pictures():
    told = before_after.compare(np.array([0] * 5), SURE[[0, 0, 1, 1, 1]], SURE[[0, 1, 0, 0, 0]])
    assert told["accuracy"] == [2 / 5, 4 / 5] and told["gain"] == pytest.approx(2 / 5)
    assert (told["gained"], told["lost"]) == (3, 1)
    # Binomial(4, 1/2): twice P(0 or 1) less P(1) is 2 * 5/16 - 4/16.
    assert told["mid_p"] == pytest.approx(6 / 16)
    # Bonett and Price: (3 + 1) / 7 and (1 + 1) / 7 about 2 / 7, with a variance of (6/7 - 4/49) / 7.
    half = 1.959964 * ((6 / 7 - 4 / 49) / 7) ** 0.5
    assert told["ci95"] == pytest.approx([2 / 7 - half, 2 / 7 + half], abs=1e-6)


def test_a_warning_when_it_got_worse():
    better, worse = answers([0, 1], [1, 1], [0, 1]), answers([0, 1], [0, 1], [0, 0])
    fine = before_after.judge(better, better, "", 0, 3)
    assert fine["warnings"] == [] and "test images (2): accuracy 50.0% before, 100.0% after" in fine["summary"][1]
    told = before_after.judge(better, worse, "", 2, 3)
    warning, = told["warnings"]
    assert warning.startswith("Warning: it got worse on the study's own test images: do not use it for other people")
    assert told["summary"][-1] == warning and "2 of the study's test images" in told["summary"][1]
    assert "keep the bundle" in before_after.judge(worse, None, "there are none", 0, 3)["warnings"][0]


def test_new_classes_are_told_apart_from_known_ones():
    told = before_after.judge(answers([0, 1, 2, 2], [0, 1, 0, 0], [0, 0, 2, 2]), None, "there are none", 0, 2)
    assert told["held_out"]["gain"] == 1 / 4 and told["known_classes"]["gain"] == -1 / 2
    assert told["warnings"] == ["Warning: it got worse on the classes that were known before."]
    assert told["test"] is None and "not checked, for there are none." in told["summary"][2]


def test_no_picture_is_an_error():
    with pytest.raises(BadInput):
        before_after.compare(np.zeros(0, int), SURE[:0], SURE[:0])

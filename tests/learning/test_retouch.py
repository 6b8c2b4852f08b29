import numpy as np
import pytest

from mixedfer.errors import StudyError
from mixedfer.learning.retouch import NONE, Retouch


def test_no_range_is_no_change():
    drawn = Retouch().draw(np.random.default_rng(0), 100)
    assert np.array_equal(drawn[:, :2], np.tile(NONE[:2], (100, 1)))
    assert (drawn[:, 2] == drawn[:, 4]).all() and (drawn[:, 3] == drawn[:, 5]).all()  # a place without width


def test_ranges_are_kept():
    drawn = Retouch(brightness=.2, contrast=.3, erase=.4, area=(.05, .1)).draw(np.random.default_rng(0), 5000)
    assert .7 <= drawn[:, 0].min() < .72 and 1.28 < drawn[:, 0].max() <= 1.3
    assert -.2 <= drawn[:, 1].min() < -.19 and .19 < drawn[:, 1].max() <= .2
    width, height = (drawn[:, 4:] - drawn[:, 2:4]).T
    erased = width > 0
    assert abs(erased.mean() - .4) < 4 * (.4 * .6 / 5000)**.5
    area, ratio = (width * height)[erased], width[erased] / height[erased]
    assert area.min() > .0499 and area.max() < .1001 and .29 < ratio.min() < .32 and 3.1 < ratio.max() < 3.4


def test_an_impossible_area():
    for area in ((.2,), (.3, .2), (0.0, .2), (.2, 1.5)):
        with pytest.raises(StudyError, match="two shares of the image"):
            Retouch(area=area)

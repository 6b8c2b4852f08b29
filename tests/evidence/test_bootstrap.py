"""The bootstrap interval beside the two-way one: about as wide, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from mixedfer.evidence.statistics import bootstrap, two_way
from tests.evidence.synthetic import scores


def share(sums):
    return sums[..., 0] / sums[..., 1]


def right_of(seed: int, replicates: int = 10, images: int = 500):
    right = scores(np.random.default_rng(seed), replicates, images, (0.7, 0.74))
    return right, np.stack([right, np.ones_like(right)], -1)


def test_about_as_wide_as_the_two_way_interval():
    ratios = []
    for seed in range(6):
        right, sums = right_of(seed)
        low, high = bootstrap.interval(share, *sums)
        wanted = two_way.estimate(*right).interval(0.95)
        ratios.append((high - low) / (wanted[1] - wanted[0]))
        assert low < right[1].mean() - right[0].mean() < high
    assert 0.85 < np.mean(ratios) < 1.3


def test_the_same_each_time():
    _, sums = right_of(0)
    assert bootstrap.interval(share, *sums) == bootstrap.interval(share, *sums)


def test_identical_arms():
    _, sums = right_of(0)
    assert bootstrap.interval(share, sums[0], sums[0]) == (0, 0)


def test_resampling_draws_as_many_as_there_are():
    times = bootstrap._times_drawn(np.random.default_rng(0), 40)
    assert (times.sum(1) == 40).all() and times.mean(0) == pytest.approx(np.ones(40), abs=0.35)

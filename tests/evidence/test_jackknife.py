"""Pseudovalues against leaving each case out by hand, for every metric."""

from __future__ import annotations

import numpy as np
import pytest

from mixedfer import metrics
from mixedfer.evidence.statistics import jackknife


@pytest.fixture
def answered():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 120)
    probabilities = rng.dirichlet(np.ones(4), 120)
    probabilities[np.arange(120), truth] += 0.4
    return truth, probabilities / probabilities.sum(-1, keepdims=True), rng.integers(0, 15, 120)


@pytest.mark.parametrize("metric", metrics.METRICS)
def test_leaving_out_by_hand(answered, metric):
    truth, probabilities, subject = answered
    measure, cases = metrics.of(metric), len(np.unique(subject))
    whole = measure(truth, probabilities)
    without = np.array([measure(truth[subject != one], probabilities[subject != one]) for one in range(cases)])
    raw = cases * whole - (cases - 1) * without
    sums = jackknife.by_case(metrics.of(metric).parts(truth, probabilities), subject)
    found = jackknife.pseudovalues(metrics.score, sums)
    assert found == pytest.approx(raw - raw.mean() + whole)
    assert found.mean() == pytest.approx(whole)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_a_mean_over_images_is_its_own_pseudovalue(answered, metric):
    truth, probabilities, _ = answered
    parts = metrics.of(metric).parts(truth, probabilities)
    assert jackknife.pseudovalues(metrics.score, parts) == pytest.approx(parts[:, 0, 0])

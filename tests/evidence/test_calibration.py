"""Calibration by arithmetic, and Brier's score against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from mixedfer.evidence import calibration


def test_two_bins_by_hand():
    """8 answers at .8, 6 right: gap .05; 2 at .6, none right: gap .6. ECE .8 x .05 + .2 x .6 = .16."""
    probabilities = np.array([[0.8, 0.2]] * 8 + [[0.6, 0.4]] * 2)
    truth = np.array([0] * 6 + [1] * 4)
    assert calibration.expected_error(truth, probabilities) == pytest.approx(0.16)
    low, high = calibration.reliability(truth, probabilities)
    assert low == pytest.approx({"confidence": 0.6, "accuracy": 0.0, "share": 0.2})
    assert high == pytest.approx({"confidence": 0.8, "accuracy": 0.75, "share": 0.8})


def test_a_calibrated_model_has_little_error():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 40_000)
    truth = (rng.random(40_000)[:, None] > probabilities.cumsum(1)).sum(1).clip(max=2)
    assert calibration.expected_error(truth, probabilities) < 0.015
    assert calibration.expected_error(truth, np.eye(3)[probabilities.argmax(1)]) > 0.3


def test_brier_is_the_squared_distance_to_the_truth():
    rng = np.random.default_rng(1)
    truth, probabilities = rng.integers(0, 4, 50), rng.dirichlet(np.ones(4), 50)
    assert calibration.brier(truth, probabilities) == pytest.approx(((probabilities - np.eye(4)[truth])**2).sum(1).mean())


def test_certainty():
    assert calibration.reliability(np.array([0]), np.array([[1.0, 0.0]])) == [
        {"confidence": 1.0, "accuracy": 1.0, "share": 1.0}]

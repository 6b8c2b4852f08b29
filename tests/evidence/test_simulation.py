"""How often the default test is right, in studies whose truth is known; `python -m tests.evidence.simulating` prints it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evidence import simulating


def test_images_of_one_person_are_not_independent():
    """Equal arms with an effect per arm and subject: 5% are told apart with subjects as cases, a third with images."""
    by_subject, by_image = simulating.subject_error_rates(np.random.default_rng(1), 150, 20, 20, replicates=5)
    assert by_subject <= 0.10 < 0.25 < by_image


def test_verdicts_of_equal_arms():
    told = simulating.verdicts(np.random.default_rng(2), 200, 0.0, margin=0.02)
    assert 0.01 <= told["p"] <= 0.10 and told["helps"] + told["hurts"] <= 0.01 and told["equivalent"] > 0.5


@pytest.mark.slow
def test_error_rate_of_the_default_verdict():
    """1,000 studies of equal arms: a standard error of 0.7 points around 5%."""
    told = simulating.verdicts(np.random.default_rng(3), 1000, 0.0)
    assert 0.03 <= told["p"] <= 0.07 and told["helps"] + told["hurts"] <= 0.005


@pytest.mark.slow
def test_a_true_difference_at_the_margin_is_seldom_misjudged():
    """At the margin itself "helps" and "equivalent" are both wrong: at most 2.5% and 5%."""
    told = simulating.verdicts(np.random.default_rng(4), 1000, 0.01)
    assert told["helps"] <= 0.045 and told["equivalent"] <= 0.07


@pytest.mark.slow
def test_power_at_a_planted_gap():
    """A difference of 3 points against a margin of 1 is told to help in about 9 of 10 studies."""
    told = simulating.verdicts(np.random.default_rng(5), 1000, 0.03)
    assert told["helps"] >= 0.85 and told["hurts"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("subjects, images, replicates", [(5, 40, 10), (10, 30, 5), (20, 20, 5), (20, 20, 10), (60, 10, 10)])
def test_error_rate_over_subjects(subjects, images, replicates):
    by_subject, by_image = simulating.subject_error_rates(np.random.default_rng(6), 1000, subjects, images, replicates)
    assert 0.03 <= by_subject <= 0.07 and by_image > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["macro_f1", "balanced_accuracy", "log_loss"])
def test_error_rate_of_other_metrics(metric):
    by_subject, _ = simulating.subject_error_rates(np.random.default_rng(7), 500, 20, 20, 10, metric=metric)
    assert 0.02 <= by_subject <= 0.08

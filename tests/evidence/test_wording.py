"""What is said of a comparison is true of it."""

from __future__ import annotations

import numpy as np
import pytest

from mixedfer.evidence import wording


def _told(ci95, verdict, p=0.01, metric="accuracy", margin=0.01, collapse=()):
    row = {"control": "a", "treatment": "b", "estimate": sum(ci95) / 2, "ci95": ci95, "verdict": verdict, "lean": "",
           "p_adjusted": p, "p_beyond_adjusted": 0.07}
    arms = [{"name": name, "collapse": list(collapse), "replicates": [0, 1]} for name in ("a", "b")]
    return wording.meaning(row, {"margin": margin, "metric": metric, "arms": arms})


@pytest.mark.parametrize(("ci95", "verdict", "p", "words"), [
    ((0.02, 0.04), "helps", 0.01, "above +1 point: the gain is real"),
    ((-0.04, -0.02), "hurts", 0.01, "below −1 point: the loss is real"),
    ((-0.004, 0.006), "equivalent", 0.6, "too small to matter"),
    ((-0.02, 0.03), "inconclusive", 0.6, "holds 0 and also differences larger than 1 point"),
    ((0.002, 0.03), "inconclusive", 0.01, "above 0, but not beyond the margin: there is a gain"),
    ((-0.03, -0.002), "inconclusive", 0.01, "there is a loss"),
    ((0.012, 0.03), "inconclusive", 0.06, "above +1 point. But several treatments"),
    ((-0.03, -0.002), "inconclusive", 0.06, "below 0. But several treatments"),
    ((0.012, 0.03), "inconclusive", 0.01, "the gain is still significant, but not that it exceeds 1 point (p = 0.070)"),
])
def test_the_meaning_fits_the_interval(ci95, verdict, p, words):
    assert words in _told(ci95, verdict, p)


def test_a_collapsed_arm_has_no_real_gain():
    told = _told((0.02, 0.04), "helps", collapse=["one"])
    assert "Training failed" in told and "real" not in told


def test_less_log_loss_is_better():
    row = {"control": "a", "treatment": "b", "estimate": -0.05, "ci95": (-0.08, -0.02), "verdict": "helps", "lean": ""}
    told = wording.sentence(row, {"margin": 0.01, "metric": "log_loss"})
    assert told == "b is 0.050 nats better than a (95% CI −0.080 to −0.020), margin 0.01 nats: helps"
    assert "below −0.01 nats: the gain is real" in _told((-0.08, -0.02), "helps", metric="log_loss")


def test_another_metric_is_another_margin():
    told = {"first_margin": 0.02, "margin": 0.02, "first_metric": "accuracy", "metric": "accuracy"}
    assert wording.moved_margin(told) == ""
    assert wording.moved_margin({**told, "metric": "macro_f1"}) == (
        "The margin was 2 points of accuracy when these runs were made and is 2 points of macro F1 now")


def test_no_verdict_survives_a_failed_proof():
    summary = {"comparable": {"passed": False}, "margin": 0.01, "metric": "accuracy", "arms": [],
               "comparisons": [{"control": "a", "treatment": "b", "estimate": 0.2, "ci95": (0.1, 0.3), "ci90": (0.1, 0.3),
                                "verdict": "helps", "lean": "positive"}]}
    row, = wording.judged(summary)
    assert row["verdict"] == "not comparable" and row["ci95"] is None and not row["lean"]
    assert "proves nothing" in wording.sentence(row, summary) and wording.meaning(row, summary) == wording.NOT_COMPARABLE


def test_a_number_of_a_figure_is_rounded_as_that_of_a_table():
    for value in (0.05, 0.35, 0.45, 8.75, 28.749999999999996):
        assert wording.number(np.float64(value), 1, "+") == wording.number(value, 1, "+")

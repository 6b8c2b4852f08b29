"""Agreement with labels that are shares: against scikit-learn and SciPy, and by arithmetic."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mixedfer.evidence import agreement, comparing, sections, summary, tables


@pytest.fixture
def drawn_shares():
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(4), 200), rng.dirichlet(2 * np.ones(4), 200)


def test_kappa_is_scikit_learns(drawn_shares):
    from sklearn.metrics import cohen_kappa_score

    one, other = (shares.argmax(1) for shares in drawn_shares)
    for answers in (other, one, np.where(np.arange(200) % 3, one, other), np.zeros(200, int)):
        assert agreement.kappa(one, answers) == pytest.approx(cohen_kappa_score(one, answers))


def test_divergences_are_scipys(drawn_shares):
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import entropy

    votes, answers = drawn_shares
    assert agreement.divergence(votes, answers) == pytest.approx(entropy(votes, answers, axis=1).mean())
    assert agreement.jensen_shannon(votes, answers) == pytest.approx((jensenshannon(votes, answers, axis=1)**2).mean())


def test_ends_of_the_scales():
    """Equal: 1, 1, 0, 0. A class that is sure and wrong costs a finite divergence, though its logarithm has none."""
    sure, truth = np.eye(2)[[0, 1, 1]], np.array([0, 1, 1])
    assert agreement.measure(truth, sure, sure) == {"share": 1.0, "kappa": 1.0, "divergence": 0.0, "jensen_shannon": 0.0}
    wrong = agreement.measure(truth, sure, 1 - sure)
    assert wrong["share"] == 0 and wrong["kappa"] < 0 and math.isfinite(wrong["divergence"])
    assert wrong["jensen_shannon"] == pytest.approx(math.log(2))
    assert agreement.kappa(np.zeros(3, int), np.zeros(3, int)) == 0  # both always say the same: chance gives it all
    assert not agreement.shared(sure) and agreement.shared(np.array([[1, 0], [0.75, 0.25]]))
    assert agreement.constant(truth, sure)["divergence"] == pytest.approx(-(math.log(1 / 3) + 2 * math.log(2 / 3)) / 3)


def test_less_agreement_than_by_chance_has_a_minus():
    spread = {key: {"mean": -0.05, "sd": 0.01} for key in agreement.MEASURES}
    found = {"arms": {"mixed": spread}, "constant": dict.fromkeys(agreement.MEASURES, 0.0)}
    shown = agreement.table({"agreement": found}).shown()
    assert shown[0][2] == "−0.050 ± 0.010" and shown[1][2] == "0.000"


def test_a_report_tells_it_where_labels_are_shares(drawn):
    plain = summary.summarise(drawn, comparing.compare_all(drawn))
    assert plain["agreement"] is None and "agreement" not in [table.name for table in tables.every(drawn, plain)]
    votes = 0.8 * np.asarray(drawn.faces.votes) + 0.2 / len(drawn.faces.classes)
    shares = dataclasses.replace(drawn, faces=dataclasses.replace(drawn.faces, votes=votes.astype(np.float32)))
    found = summary._agreement(shares)
    made = agreement.table({"agreement": found})
    assert [row[0] for row in made.rows] == [*drawn.arms, agreement.CONSTANT]
    for name in drawn.arms:
        assert found["arms"][name]["share"]["mean"] == pytest.approx(drawn.correct(name).mean())
    numbers = plain | {"agreement": found}
    told = sections.sections(shares, numbers, [], tables.every(shares, numbers), None)
    section, = (one for one in told if one.name == "agreement")
    assert section.blocks[1] == ("table", made)

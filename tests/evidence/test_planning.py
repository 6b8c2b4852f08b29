"""The planner against the test itself, repeated studies and its own promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence import comparing, planning, results
from mixedfer.evidence.statistics import two_way
from tests.evidence import simulating
from tests.evidence.synthetic import build, changed, scores


def pilot(replicates: int, images: int, accuracies=(0.70, 0.75), seed: int = 0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 7, images)
    right = scores(rng, replicates, images, accuracies)
    return right, simulating.results(simulating.answers(right, truth, rng), truth)


def test_a_pilot_planned_as_it_was_is_what_it_found():
    _, made = pilot(8, 2000)
    found = planning.resolution(planning.measured(made, "treatment"), 8, 2000)
    finding = comparing.difference(made, "treatment")
    assert found["se"] == pytest.approx(finding.se)
    assert (found["mde"], found["smallest_margin"]) == pytest.approx((finding.mde, finding.smallest_margin), rel=1e-6)


def test_components_are_discordances():
    """`within` is how often exactly one of two replicates of an arm is right, averaged over both arms; `floor` how much
    more often that is so across arms (less the squared difference)."""
    right, found = pilot(6, 3000)
    pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
    within = np.mean([(arm[i] != arm[j]).mean() for arm in right for i, j in pairs])
    across = np.mean([(right[0][i] != right[1][j]).mean() for i, j in pairs])
    parts = planning.measured(found, "treatment")
    gap = right[1].mean() - right[0].mean()
    assert parts.within == pytest.approx(within, rel=0.03)
    assert parts.floor == pytest.approx(across - within - gap**2, rel=0.03)


def test_variance_is_that_of_repeated_studies():
    parts = planning.measured(pilot(10, 50_000)[1], "treatment")
    rng = np.random.default_rng(3)
    differences = [np.subtract(*scores(rng, 4, 200, (0.70, 0.75)).mean((1, 2))) for _ in range(2000)]
    assert planning.variance(parts, replicates=4, cases=200) == pytest.approx(np.var(differences), rel=0.12)


def test_the_planned_effect_is_found_in_8_of_10_studies():
    parts = planning.measured(pilot(10, 20_000, (0.70, 0.76))[1], "treatment")
    gap, rng = planning.resolution(parts, 10, 300)["mde"], np.random.default_rng(6)
    found = [two_way.estimate(*scores(rng, 10, 300, (0.70, 0.70 + gap))).p < 0.05 for _ in range(400)]
    assert 0.70 <= np.mean(found) <= 0.90


def test_the_smallest_number_of_replicates():
    parts = planning.assumed(0.7)
    (row,) = planning.plan(parts, margin=0.01, cases=[10_000])["needed"]
    assert planning.resolution(parts, row["replicates"], 10_000)["mde"] <= 0.01
    assert planning.resolution(parts, row["replicates"] - 1, 10_000)["mde"] > 0.01


def test_never_and_how_many_images_it_would_take():
    parts = planning.assumed(0.7)
    (row,) = planning.plan(parts, margin=0.01, cases=[1000])["needed"]
    assert row["replicates"] is None and row["mde_unlimited_replicates"] > 0.01
    needed = row["cases_needed"]
    assert planning.resolution(parts, math.inf, needed)["mde"] < 0.01 <= planning.resolution(parts, math.inf, needed - 1)["mde"]


def test_a_pilot_with_subjects_plans_subjects():
    rng = np.random.default_rng(0)
    subject = simulating.people(rng, 30, 10)
    truth = rng.integers(0, 7, len(subject))
    found = simulating.results(simulating.answers(simulating.clustered(rng, subject, 5), truth, rng), truth, subjects=subject)
    parts = planning.measured(found, "treatment")
    assert parts.cases == "subjects"
    assert planning.resolution(parts, 5, 30)["se"] == pytest.approx(comparing.difference(found, "treatment").se)


def test_pilots_that_say_nothing(folded):
    with pytest.raises(BadInput, match="folds"):
        planning.measured(folded, "mixed")
    with pytest.raises(BadInput, match="one replicate"):
        planning.measured(pilot(1, 100)[1], "treatment")


def test_pilots_that_failed(store):
    def spoil(arm, fold, replicate, facts):
        facts["proof"]["learning_rate"][0] += arm == "mixed"
    spoilt = results.load(build(store, edit=spoil, name="spoilt"), store)
    with pytest.raises(BadInput, match="not comparable"):
        planning.measured(spoilt, "mixed")
    fallen = results.load(build(store, collapsed=("image-only",), name="fallen"), store)
    with pytest.raises(BadInput, match="image-only collapsed in every run"):
        planning.measured(fallen, "mixed")


def test_log_loss_is_planned_in_nats(store):
    found = results.load(changed(build(store), metric="log_loss"), store)
    made = planning.plan(planning.measured(found, "mixed"), 0.02, [300])
    assert "a margin of 0.02 nats" in planning.describe(made)
    (axes,) = planning.draw(made).axes
    assert axes.lines[0].get_ydata() == pytest.approx([row["mde"] for row in made["grid"]])
    assert "nats" in axes.get_ylabel() and "nats" in axes.get_title("right")
    with pytest.raises(BadInput, match="--pilot"):
        planning.assumed(0.7, metric="log_loss")


@pytest.mark.parametrize("accuracy, options", [(1.2, {}), (0.9, {"within": 0.3}), (0.7, {"within": 0.2, "across": 0.1}),
                                               (0.7, {"spread": -1})])
def test_impossible_assumptions(accuracy, options):
    with pytest.raises(BadInput):
        planning.assumed(accuracy, **options)


@pytest.mark.parametrize("margin, cases, replicates", [(0.0, [100], [5]), (0.01, [], [5]), (0.01, [100], [1]),
                                                       (0.01, [100], [])])
def test_empty_plans(margin, cases, replicates):
    with pytest.raises(BadInput):
        planning.plan(planning.assumed(), margin, cases, replicates)


def test_it_can_be_drawn():
    made = planning.plan(planning.assumed(), 0.01, [1000, 3589])
    (axes,) = planning.draw(made).axes
    assert [line.get_label() for line in axes.lines] == ["1,000 images", "3,589 images"]
    assert axes.lines[0].get_ydata() == pytest.approx([100 * row["mde"] for row in made["grid"][:6]])


def test_the_same_plan_gives_the_same_files(tmp_path):
    made = planning.plan(planning.assumed(0.7), 0.01, [1000], [5, 10])
    files = [planning.save(made, tmp_path / name) for name in "ab"]
    for kind in (".svg", ".png"):
        one, two = (file.with_suffix(kind).read_bytes() for file in files)
        assert one == two

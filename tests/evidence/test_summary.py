"""results.json: the contract, plain values, the same bytes each time."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from mixedfer import disk
from mixedfer.evidence import comparing, results, summary
from mixedfer.evidence.proof import Check
from mixedfer.metrics import METRICS
from tests.evidence.synthetic import build, changed


def summarise(study):
    return summary.summarise(study, comparing.compare_all(study))


def test_the_contract(drawn):
    told = summarise(drawn)
    assert {"schema", "study", "question", "metric", "margin", "comparisons", "arms", "comparable", "faces",
            "provenance", "varied"} <= set(told)
    assert (told["schema"], told["study"], told["metric"], told["margin"]) == (1, "drawn", "accuracy", 0.02)
    for comparison in told["comparisons"]:
        assert {"control", "treatment", "estimate", "ci95", "ci90", "p", "p_adjusted", "verdict", "mde", "test", "lean",
                "smallest_margin", "mcnemar", "per_class"} <= set(comparison)
        assert comparison["verdict"] in ("helps", "hurts", "equivalent", "inconclusive")
    assert [arm["name"] for arm in told["arms"]] == ["image-only", "mixed", "landmarks-only"]
    for arm in told["arms"]:
        assert {"name", "parameters", "collapsed", "mean", "sd", "replicates"} <= set(arm)
        assert arm["collapsed"] is False and len(arm["replicates"]) == 5
        assert {"replicate", "fold", "accuracy", "macro_f1", "balanced_accuracy"} <= set(arm["replicates"][0])
    assert {"images", "found", "by_class", "by_partition"} <= set(told["faces"])
    assert (told["first_metric"], told["first_margin"], told["design"]["train_images"]) == ("accuracy", 0.02, 400)
    assert told["provenance"]["keras"] == "3.15.1" and told["provenance"]["runs"] == 15
    assert all(set(check) == {"name", "passed", "detail"} for check in told["comparable"]["checks"])


def test_numbers_belong_together(drawn):
    told = summarise(drawn)
    arms = {arm["name"]: arm for arm in told["arms"]}
    for comparison in told["comparisons"]:
        gap = arms[comparison["treatment"]]["mean"] - arms[comparison["control"]]["mean"]
        assert comparison["estimate"] == pytest.approx(gap)
        assert sum(entry["estimate"] * entry["images"] for entry in comparison["per_class"]) / 400 == pytest.approx(gap)
        for pair, replicate_gap in zip(comparison["mcnemar"], comparison["by_replicate"]):
            assert (pair["treatment_only"] - pair["control_only"]) / 400 == pytest.approx(replicate_gap)
        assert 0 < comparison["mde_unlimited_replicates"] < comparison["mde"]
    for arm in arms.values():
        parts = arm["accuracy"]
        assert parts["all"]["mean"] == pytest.approx(arm["mean"]) and parts["found"]["images"] == drawn.found.sum()
        assert sum(parts[part]["mean"] * parts[part]["images"] for part in ("found", "missed")) / 400 == pytest.approx(
            arm["mean"])


def test_folds_and_one_replicate(folded, tmp_path):
    told = summarise(folded)
    assert told["design"]["folds"] == 4 and len(told["arms"][0]["replicates"]) == 12
    assert told["comparisons"][0]["mde_unlimited_replicates"] is None
    alone = summarise(results.load(build(tmp_path, replicates=1), tmp_path))
    assert alone["arms"][0]["sd"] is None and alone["comparisons"][0]["sign_flip_p"] is None
    assert 0 < alone["comparisons"][0]["mcnemar"][0]["mid_p"] <= 1
    disk.to_json([told, alone])


def test_folds_with_one_replicate(tmp_path):
    """The folds are tested; one replicate has no signs to flip."""
    told = summarise(results.load(build(tmp_path, folds=3, replicates=1), tmp_path))
    assert told["comparisons"][0]["p"] is not None and told["comparisons"][0]["sign_flip_p"] is None


def test_folds_of_unequal_size_count_alike_everywhere(tmp_path):
    """110 images in folds of 30, 30, 30 and 20: an arm has one accuracy, the mean over folds, wherever it is told."""
    told = summarise(results.load(build(tmp_path, folds=4, images=110, replicates=3), tmp_path))
    for arm in told["arms"]:
        assert arm["accuracy"]["all"]["mean"] == pytest.approx(arm["mean"])
    row, (control, mixed) = told["comparisons"][0], told["arms"]
    assert row["estimate"] == pytest.approx(row["by_found"]["all"]["estimate"])
    for part in row["per_class"]:
        gap = mixed["recall"][part["class"]]["mean"] - control["recall"][part["class"]]["mean"]
        assert part["estimate"] == pytest.approx(gap)
    assert told["design"]["train_images"] == round(110 - 110 / 4)


def test_the_same_runs_give_the_same_bytes(tmp_path):
    texts = [disk.to_json(summarise(results.load(build(tmp_path / name), tmp_path / name))) for name in "ab"]
    assert texts[0] == texts[1] and json.loads(texts[0])["schema"] == 1
    assert "seconds" not in texts[0] and str(tmp_path) not in texts[0]


def test_collapse_is_told(tmp_path):
    told = summarise(results.load(build(tmp_path, collapsed=("mixed",)), tmp_path))
    control, mixed = told["arms"]
    assert (control["collapsed"], mixed["collapsed"]) == (False, True)
    assert len(mixed["collapse"]) == 5 and "one constant output" in mixed["collapse"][0]["reason"]
    no_significance(told)


def test_a_class_without_test_images(tmp_path):
    study = results.load(build(tmp_path, classes=("happy", "sad", "fear")), tmp_path)
    study.faces.meta["classes"].append("disgust")
    study.arms.update({name: _with_a_class_more(arm) for name, arm in study.arms.items()})
    told = summarise(study)
    assert told["comparisons"][0]["per_class"][3] == {
        "class": "disgust", "images": 0, "estimate": None, "ci95": None, "p": None, "p_bh": None}
    assert told["arms"][0]["recall"]["disgust"] == {"images": 0, "mean": None, "sd": None}


def _with_a_class_more(arm):
    wider = np.concatenate([arm.probabilities, np.zeros((*arm.probabilities.shape[:2], 1), np.float32)], -1)
    return results.Arm(arm.name, arm.records, wider, arm.faces)


def test_differing_software_is_listed(tmp_path):
    def edit(arm, fold, replicate, facts):
        facts["provenance"]["device"] = "cuda" if arm == "mixed" else "cpu"
    told = summarise(results.load(build(tmp_path, edit=edit), tmp_path))
    assert told["provenance"]["device"] == ["cpu", "cuda"] and told["provenance"]["keras"] == "3.15.1"


def test_what_stands_beside_the_verdict(drawn):
    told = summarise(drawn)
    assert told["design"]["cases"] == "subjects" and told["higher_is_better"] is True
    for row, finding in zip(told["comparisons"], comparing.compare_all(drawn)):
        low, high = row["bootstrap_ci95"]
        assert low < row["estimate"] < high and 0.6 < (high - low) / (row["ci95"][1] - row["ci95"][0]) < 1.4
        assert row["posterior"] is None and row["p_bh"] >= row["p"]
        assert [entry["metric"] for entry in row["other_metrics"]] == list(METRICS)
        for entry in row["other_metrics"]:
            assert entry["estimate"] == pytest.approx(entry["treatment"] - entry["control"])
            assert entry["ci95"][0] < entry["estimate"] < entry["ci95"][1] and entry["adjusted"] is False
        accuracy = row["other_metrics"][0]
        assert (accuracy["estimate"], accuracy["ci95"]) == (pytest.approx(finding.estimate), pytest.approx(row["ci95"]))
        assert row["by_found"]["all"]["ci95"] == pytest.approx(row["ci95"])
        assert row["by_found"]["found"]["images"] + row["by_found"]["missed"]["images"] == 400
        assert all(part["p"] <= part["p_bh"] <= 1 for part in row["per_class"])
        assert all(pair["mid_p"] <= pair["exact_p"] for pair in row["mcnemar"])
    for arm in told["arms"]:
        assert 0 < arm["calibration"]["ece"]["mean"] < 1 and 0 < arm["calibration"]["brier"]["mean"] < 2
        bins = arm["calibration"]["bins"]
        assert sum(part["share"] for part in bins) == pytest.approx(1)
        assert sum(part["share"] * part["accuracy"] for part in bins) == pytest.approx(arm["mean"])


def test_folds_have_a_posterior_and_no_bootstrap(folded):
    (row,) = summarise(folded)["comparisons"]
    assert row["bootstrap_ci95"] is None and sum(row["posterior"].values()) == pytest.approx(1)
    assert row["posterior"]["better"] > row["posterior"]["worse"]
    assert np.mean(row["by_replicate"]) == pytest.approx(row["estimate"])


def test_a_study_of_another_metric(drawn):
    study = dataclasses.replace(drawn, plan=changed(drawn.plan, metric="log_loss"))
    told = summarise(study)
    assert (told["metric"], told["higher_is_better"]) == ("log_loss", False)
    control, mixed = told["arms"][:2]
    row = told["comparisons"][0]
    assert row["verdict"] == "helps" and row["estimate"] == pytest.approx(mixed["mean"] - control["mean"])
    assert np.mean(row["by_replicate"]) == pytest.approx(row["estimate"])
    # Classes and found faces are told by accuracy, whatever the study's metric is.
    assert row["by_found"]["all"]["estimate"] == pytest.approx(
        mixed["accuracy"]["all"]["mean"] - control["accuracy"]["all"]["mean"])


def test_a_failed_proof_leaves_no_significance_anywhere(drawn):
    failed = dataclasses.replace(drawn, checks=[*drawn.checks, Check("split", False, "")])
    told = summarise(failed)
    assert {row["verdict"] for row in told["comparisons"]} == {"not comparable"}
    no_significance(told)


def no_significance(told):
    for row in told["comparisons"]:
        assert {row[key] for key in ("p", "p_bh", "bootstrap_ci95", "posterior", "sign_flip_p")} == {None}
        parts = [*row["other_metrics"], *row["per_class"], *row["by_found"].values()]
        assert {part["ci95"] for part in parts} == {None} == {pair["exact_p"] for pair in row["mcnemar"]}
        assert {part.get("p") for part in parts} == {None}

"""results.json: the contract, plain values, the same bytes each time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from synthetic import build

from mixedfer import disk
from mixedfer.evidence import comparing, results, summary


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


def test_the_same_runs_give_the_same_bytes(tmp_path):
    texts = [disk.to_json(summarise(results.load(build(tmp_path / name), tmp_path / name))) for name in "ab"]
    assert texts[0] == texts[1] and json.loads(texts[0])["schema"] == 1
    assert "seconds" not in texts[0] and str(tmp_path) not in texts[0]


def test_collapse_is_told(tmp_path):
    told = summarise(results.load(build(tmp_path, collapsed=("mixed",)), tmp_path))
    control, mixed = told["arms"]
    assert (control["collapsed"], mixed["collapsed"]) == (False, True)
    assert len(mixed["collapse"]) == 5 and "one constant output" in mixed["collapse"][0]["reason"]


def test_a_class_without_test_images(tmp_path):
    study = results.load(build(tmp_path, classes=("happy", "sad", "fear")), tmp_path)
    study.faces.meta["classes"].append("disgust")
    study.arms.update({name: _with_a_class_more(arm) for name, arm in study.arms.items()})
    told = summarise(study)
    assert told["comparisons"][0]["per_class"][3] == {"class": "disgust", "images": 0, "estimate": None, "ci95": None}
    assert told["arms"][0]["recall"]["disgust"] == {"images": 0, "mean": None, "sd": None}


def _with_a_class_more(arm):
    wider = np.concatenate([arm.probabilities, np.zeros((*arm.probabilities.shape[:2], 1), np.float32)], -1)
    return results.Arm(arm.name, arm.records, wider)


def test_differing_software_is_listed(tmp_path):
    def edit(arm, fold, replicate, facts):
        facts["provenance"]["device"] = "cuda" if arm == "mixed" else "cpu"
    told = summarise(results.load(build(tmp_path, edit=edit), tmp_path))
    assert told["provenance"]["device"] == ["cpu", "cuda"] and told["provenance"]["keras"] == "3.15.1"

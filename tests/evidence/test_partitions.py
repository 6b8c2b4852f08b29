"""Which pictures trained, validated and tested are those that the runs wrote down."""

from __future__ import annotations

import numpy as np

from mixedfer.evidence import partitions, results
from tests.evidence.synthetic import build


def test_training_images_are_those_that_the_runs_trained_on(tmp_path):
    """60 tested images are 3 in 7 of 140; with a share of the 60 that are neither tested nor among the 20 validated on."""
    def share(arm, fold, replicate, facts):
        facts["train"] = facts["train"][:15]
    found = results.load(build(tmp_path, images=60, edit=share), tmp_path)
    parts = partitions.of(found)
    assert {name: int(rows.sum()) for name, rows in parts.items()} == {"training": 15, "validation": 20, "test": 60}
    assert found.comparable and (np.flatnonzero(parts["training"]) == found.arms["mixed"].records[0][0].train).all()
    assert (np.flatnonzero(parts["test"]) == found.rows).all()


def test_with_folds_every_image_is_tested_once(folded):
    parts = partitions.of(folded)
    assert list(parts) == [f"test, fold {fold}" for fold in (1, 2, 3, 4)]
    assert (sum(rows.astype(int) for rows in parts.values()) == 1).all()

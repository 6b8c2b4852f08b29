"""Test images that were seen in training are counted, and the effect is told without them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mixedfer.evidence import leakage, results
from tests.evidence.synthetic import build


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    return results.load(build(store, images=120, replicates=3), store)


def leaking(study, change):
    images = np.array(study.faces.images)
    change(images, study.rows)
    return dataclasses.replace(study, faces=dataclasses.replace(study.faces, images=images))


def test_drawn_faces_are_not_duplicates(study):
    found = leakage.summarise(study)
    assert (found["exact"], found["constant"], found["images_without"] + found["near"]) == (0, 0, 120)


def test_copies_brighter_copies_and_empty_pictures_are_told_apart(study):
    before = leakage.summarise(study)

    def change(images, rows):
        images[rows[:3]] = images[:3]                                        # three copies of training pictures
        images[rows[3:5]] = np.minimum(images[3:5].astype(int) + 9, 255)     # two of them a little brighter
        images[rows[5]] = 7                                                  # of one gray value, nowhere else
    found = leakage.summarise(leaking(study, change))
    assert found["exact"] == 3 and found["constant"] == 1
    assert before["near"] + 1 <= found["near"] <= before["near"] + 2
    assert found["images_without"] == 120 - found["exact"] - found["near"]
    assert found["without"][0]["treatment"] == "mixed" and found["without"][0]["ci95"]


def test_the_effect_without_duplicates_is_that_of_the_images_that_are_left(study):
    copied = leaking(study, lambda images, rows: images.__setitem__(rows[:40], images[:40]))
    exact, near, _ = leakage.duplicates(copied)
    left = ~(exact | near)
    gap = copied.correct("mixed")[:, left].mean() - copied.correct("image-only")[:, left].mean()
    assert exact.sum() == 40 and leakage.summarise(copied)["without"][0]["estimate"] == pytest.approx(gap)


def test_a_collapsed_arm_has_no_interval_without_duplicates_either(tmp_path):
    fallen = results.load(build(tmp_path, images=120, replicates=3, collapsed=("image-only",)), tmp_path)
    copied = leaking(fallen, lambda images, rows: images.__setitem__(rows[:40], images[:40]))
    assert [row["ci95"] for row in leakage.summarise(copied)["without"]] == [None]


def test_subjects_in_both_are_counted(study):
    subjects = np.arange(len(study.faces))
    apart = dataclasses.replace(study, faces=dataclasses.replace(study.faces, subjects=subjects))
    assert leakage.summarise(apart)["subjects"] == 0
    shared = subjects.copy()
    shared[study.rows[:4]] = [0, 0, 1, -1]
    both = dataclasses.replace(study, faces=dataclasses.replace(study.faces, subjects=shared))
    assert leakage.summarise(both)["subjects"] == 2


def test_the_hash_follows_the_steps_not_the_level():
    images = np.random.default_rng(0).integers(0, 200, (50, 48, 48, 1), np.uint8)
    hashes = leakage.difference_hash(images)
    assert len(np.unique(hashes)) == 50
    assert np.array_equal(leakage.difference_hash(images + np.uint8(40)), hashes)

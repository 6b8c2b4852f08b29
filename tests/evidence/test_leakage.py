"""Test images that were seen in training are counted, and the effect is told without them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mixedfer.evidence import duplicates, leakage, results
from tests.evidence.synthetic import build


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    return results.load(build(store, images=120, replicates=3), store)


def leaking(study, change):
    images = np.array(study.faces.images)
    change(images, study.rows)
    return dataclasses.replace(study, faces=dataclasses.replace(study.faces, images=images))


def summarised(study):
    return leakage.summarise(study, duplicates.find(study.faces))


def test_drawn_faces_are_not_duplicates(study):
    found = summarised(study)
    assert (found["exact"], found["near"], found["constant"], found["images_without"]) == (0, 0, 0, 120)


def test_copies_brighter_copies_and_empty_pictures_are_told_apart(study):
    def change(images, rows):
        images[rows[:3]] = images[:3]                                        # three copies of training pictures
        images[rows[3:5]] = images[3:5] + np.uint8(9)                        # two of them a little brighter
        images[rows[5]] = 7                                                  # of one gray value, nowhere else
    found = summarised(leaking(study, change))
    assert found["exact"] == 3 and found["constant"] == 1
    assert found["near"] == 2 and found["images_without"] == 120 - 3 - 2
    assert found["without"][0]["treatment"] == "mixed" and found["without"][0]["ci95"]


def test_the_effect_without_duplicates_is_that_of_the_images_that_are_left(study):
    copied = leaking(study, lambda images, rows: images.__setitem__(rows[:40], images[:40]))
    exact, near = leakage.seen(copied, duplicates.find(copied.faces))
    left = ~(exact | near)
    gap = copied.correct("mixed")[:, left].mean() - copied.correct("image-only")[:, left].mean()
    assert exact.sum() == 40 and summarised(copied)["without"][0]["estimate"] == pytest.approx(gap)


def test_a_collapsed_arm_has_no_interval_without_duplicates_either(tmp_path):
    fallen = results.load(build(tmp_path, images=120, replicates=3, collapsed=("image-only",)), tmp_path)
    copied = leaking(fallen, lambda images, rows: images.__setitem__(rows[:40], images[:40]))
    assert [row["ci95"] for row in summarised(copied)["without"]] == [None]


def test_subjects_in_both_are_counted(study):
    subjects = np.arange(len(study.faces))
    apart = dataclasses.replace(study, faces=dataclasses.replace(study.faces, subjects=subjects))
    assert summarised(apart)["subjects"] == 0
    shared = subjects.copy()
    shared[study.rows[:4]] = [0, 0, 1, -1]
    both = dataclasses.replace(study, faces=dataclasses.replace(study.faces, subjects=shared))
    assert summarised(both)["subjects"] == 2


def test_with_folds_seen_is_what_the_own_fold_was_trained_on(tmp_path):
    folded = results.load(build(tmp_path, images=120, folds=3, replicates=2), tmp_path)
    first, second = (np.flatnonzero(folded.fold == fold)[0] for fold in (0, 1))
    copied = leaking(folded, lambda images, rows: images.__setitem__(rows[first], images[rows[second]]))
    assert summarised(copied)["exact"] == 2  # each was trained on where the other was tested
    # As with a smaller share of the training pictures: the models that were tested on the first never saw the second.
    control = copied.arms["image-only"]
    lists = [[dataclasses.replace(run, train=run.train[run.train != copied.rows[second]]) if fold == 0 else run
              for fold, run in enumerate(group)] for group in control.records]
    without = {**copied.arms, "image-only": dataclasses.replace(control, records=lists)}
    assert summarised(dataclasses.replace(copied, arms=without))["exact"] == 1

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mixedfer import pairing, runner
from mixedfer.cells import Job
from mixedfer.errors import BadInput, StudyError
from mixedfer.evidence import results
from mixedfer.learning.augmentations.affine import Affine
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.fusions.features import Features
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled_within_class import ShuffledWithinClass
from mixedfer.learning.weights.archive import Archive
from mixedfer.study import Arm, Axis
from tests.own_process import OwnProcess
from tests.tiny import STUDY


def labels(*axes):
    return [point.label for point in runner.points(dataclasses.replace(STUDY, grid=axes), "study")]


def test_points_have_readable_labels():
    assert labels(Axis("fusion.units", ((64,), (64, 32), ())), Axis("missed", ("exclude", "whole-image")))[::2] == [
        "units=64,missed=exclude", "units=64-32,missed=exclude", "units=empty,missed=exclude"]
    assert labels(Axis("augmentation", (None, Affine()))) == ["augmentation=none", "augmentation=Affine"]
    assert labels(Axis("fusion.dropout", (0.1, 0.2)), Axis("backbone.dropout", (0.3, 0.4)))[0] == \
        "fusion.dropout=0.1,backbone.dropout=0.3"
    assert [point.name for point in runner.points(STUDY, "study")] == ["study"]


def test_no_two_points_have_one_label():
    one, other = labels(Axis("fusion", (Features(units=(8,)), Features(units=(8, 8)))))
    assert one != other and all(label.startswith("fusion=Features-") for label in (one, other))
    assert len(set(labels(Axis("predictor", ("A b?", "a-b-", "x" * 300 + "1", "x" * 300 + "2"))))) == 4
    assert max(map(len, labels(Axis("predictor", ("A?", "x" * 300))))) < 60


def test_every_run_is_entered_under_the_margin_it_was_first_asked_for(tmp_path):
    faces = SimpleNamespace(folder=Path("faces"), content="content")

    def plan(study):
        jobs = [Job.of(cell, faces, tmp_path, 1) for cell in study.cells()]
        sets = {arm.name: faces for arm in study.arms}
        return runner.plan_for(runner.Point("study", {}, study), sets, jobs, [], {}, tmp_path)

    assert plan(STUDY.varying(replicates=1, metric="macro_f1")).first_margin == 0.05
    again = plan(STUDY.varying(replicates=3, margin=0.2))
    assert (again.first_margin, again.first_metric) == (0.05, "macro_f1")
    # Two replicates were new then, so 0.2 is what they were first asked for under.
    assert {0.05, 0.2} == {runner.records.decided(tmp_path, cell["run"], 0.3, "accuracy")[0] for cell in again.cells}
    assert plan(STUDY.varying(replicates=1, margin=0.05)).first_metric == "macro_f1"


def test_a_view_that_finds_no_other_face_is_refused_before_training(prepared):
    _, faces = prepared
    leaky = dataclasses.replace(STUDY, treatments=(Arm("leaks", image=True, landmarks=ShuffledWithinClass(normalised)),))
    sets = dict.fromkeys([arm.name for arm in leaky.arms], faces)
    runner.check(leaky, sets)
    partition = np.zeros(len(faces), np.int8)
    for label in (0, 1):
        rows = np.flatnonzero(faces.labels == label)
        partition[rows[:4]], partition[rows[4:5 + 3 * label]] = 1, 2
    alone = dataclasses.replace(faces, partition=partition, subjects=np.full(len(faces), -1))
    with pytest.raises(StudyError, match="'leaks', test partition"):
        runner.check(leaky, dict.fromkeys(sets, alone))


def test_a_frame_larger_than_an_arms_images_is_refused_before_training(prepared):
    _, faces = prepared
    sets = dict.fromkeys([arm.name for arm in STUDY.arms], faces)
    runner.check(STUDY.varying(frame=32), sets)
    with pytest.raises(StudyError, match=r"^Recipe\(frame=33\).*images of 32 pixels"):
        runner.check(STUDY.varying(frame=33), sets)


def test_two_preparations_are_trained_on_the_same_pictures_and_proven(prepared, keras_ready):
    own = dataclasses.replace(STUDY.preparation, crop=False, size=16)
    plain = dataclasses.replace(STUDY, treatments=(Arm("again", image=True, seed=1),)).varying(epochs=1, blocks=1, replicates=1)
    study = dataclasses.replace(plain, treatments=(Arm("whole", image=True, preparation=own),
                                                   Arm("whole mixed", image=True, landmarks=normalised, preparation=own)))
    store, faces = prepared
    said = []
    place = runner.Place(store=store, engine=OwnProcess(), quiet=True)
    (plan,) = runner.run(study, "prepared", place, file=Path("prepared.py"), say=said.append)
    assert said[0].startswith("image-only:\n") and said[1].startswith("whole, whole mixed:\n")
    assert plan.faces["image-only"] == faces.folder.name != plan.faces["whole"] == plan.faces["whole mixed"]
    controls = {cell["run"] for cell in plan.cells if cell["arm"] == "image-only"}
    assert controls == {Job.of(cell, faces, store, 1).run for cell in plain.cells() if cell.arm.name == "image-only"}
    found = results.load(plan, store)
    assert found.comparable, [check for check in found.checks if not check.passed]
    assert found.arms["whole"].faces.images.shape[1] == 16 and found.arms["whole"].predictions.shape == (1, len(found.rows))


def test_weights_that_the_study_does_not_expect_are_refused_before_training(prepared, tmp_path):
    store, _ = prepared
    recipe = dataclasses.replace(STUDY.recipe, backbone=Vgg16(weights=Archive(), batch_normalisation=False), pixels="raw")
    path = tmp_path / "weights.npz"
    path.write_bytes(b"other")
    place = runner.Place(store=store, quiet=True, weights=path)
    with pytest.raises(BadInput, match=r"weights\.npz: its SHA-256 is"):
        runner.run(dataclasses.replace(STUDY, recipe=recipe), "study", place, file=Path("study.py"))


def test_face_sets_of_other_pictures_are_no_study(prepared):
    _, faces = prepared
    other = dataclasses.replace(faces, folder=Path("other"), ids=faces.ids[::-1])
    with pytest.raises(BadInput, match=r"arm 'whole' and arm 'image-only' would not see the same pictures: .* in ids"):
        pairing.refuse_other_rows({"image-only": faces, "mixed": faces, "whole": other})
    fewer = dataclasses.replace(faces, folder=Path("fewer"), labels=faces.labels[1:])
    with pytest.raises(BadInput, match="gives 47 pictures of 2 classes, that of arm 'image-only' 48 of 2"):
        pairing.refuse_other_rows({"image-only": faces, "whole": fewer})

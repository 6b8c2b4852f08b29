"""A bundle holds all that a run was, and answers as it did."""

import dataclasses
import json

import numpy as np
import pytest

from mixedfer import disk, records, runner
from mixedfer.errors import BadInput, Damaged, Fault
from mixedfer.evidence import measured, results
from mixedfer.use import bundle, card, trained
from tests.learning import pretraining
from tests.tiny import STUDY
from tests.use.conftest import export


@pytest.fixture(scope="module")
def found(whole):
    store = whole[0] / ".mixedfer"
    return results.load(runner.read_plans(STUDY, "tiny", [], store)[0], store)


def test_what_a_bundle_says(kept, found):
    said, card = json.loads((kept / "bundle.json").read_text()), (kept / "card.md").read_text()
    assert set(said["files"]) == {"model.keras", "card.md", "trained.npy"} and said["image"] == [32, 32, 1]
    assert all(disk.hash_file(kept / name) == content for name, content in said["files"].items())
    number = said["members"][0]["replicate"]
    right = (found.arms["mixed"].predictions[number] == found.truth).mean()
    assert said["measured"]["metrics"]["accuracy"] == right and f"Accuracy {100 * right:.1f}%" in card
    assert f"replicate {number + 1} of 2" in card and "excludes commercial use".replace("excludes", "exclude") in card
    assert "Rear Admiral Grace Hopper (U.S. Navy; public domain) that matplotlib ships" in card.partition("## Licence")[2]


def test_a_bundle_knows_the_images_that_it_was_trained_on(kept, whole, found):
    read, store = bundle.read(kept), whole[0] / ".mixedfer"
    record = records.read(records.run_folder(store, read.said["members"][0]["run"]))
    known = trained.read(kept, read.said["files"])
    assert np.isin(trained.of(found.faces, record.train), known).all() and len(known) == len(record.train)
    assert not np.isin(trained.of(found.faces, record.test.rows), known).any()
    assert read.placed is None and read.said["placement"] is None  # its faces are cut out


def test_the_median_is_the_lower_of_the_two_in_the_middle(found):
    accuracy = found.correct("mixed").mean(1)
    assert accuracy[measured.choose(found, "mixed", "median")[0]] == accuracy.min()
    assert measured.choose(found, "mixed", "all") == [0, 1] and measured.choose(found, "mixed", "2") == [1]
    for which in ("0", "3", "best", "-1"):
        with pytest.raises(BadInput, match="a number from 1 to 2"):
            measured.choose(found, "mixed", which)
    with pytest.raises(BadInput, match="no arm 'mixd'"):
        measured.choose(found, "mixd", "all")


def test_an_interval_of_wilson(found):
    # Wilson's interval for 12 of 12 right is (n / (n + z^2), 1).
    certain = dataclasses.replace(found, truth=found.arms["mixed"].predictions[0])
    assert measured.measure(certain, "mixed", [0])["accuracy_ci95"] == pytest.approx([12 / (12 + 1.959964**2), 1])


def test_an_ensemble_has_a_file_for_each_run(ensemble):
    said = json.loads((ensemble / "bundle.json").read_text())
    assert [member["file"] for member in said["members"]] == ["model-1.keras", "model-2.keras"]
    assert "An ensemble of 2 networks: replicate 1, 2 of 2." in (ensemble / "card.md").read_text()


def test_a_card_names_the_parts_that_an_arm_has(kept):
    said = json.loads((kept / "bundle.json").read_text())
    view = said["arm"]["landmarks"]
    told = {(image, bool(landmarks)): card.write(said | {"arm": {"name": "arm", "image": image, "landmarks": landmarks}},
                                                 STUDY.dataset, {}, False)
            for image, landmarks in ((True, view), (True, None), (False, view))}
    assert "- Backbone Vgg16, joined by Features.\n" in told[True, True] and "- Backbone Vgg16.\n" in told[True, False]
    assert "Backbone" not in told[False, True]


def test_a_card_tells_of_folds_and_of_whole_pictures(kept):
    said = json.loads((kept / "bundle.json").read_text())
    plain = card.write(said, STUDY.dataset, {}, False)
    assert "has not been measured" not in plain and "trained on whole pictures" not in plain
    said["members"] = [said["members"][0] | {"fold": fold} for fold in range(3)]
    said["preparation"]["crop"] = False
    told = card.write(said, STUDY.dataset, {}, False)
    assert "of 3 folds each." in told and "answer together has not been measured" in told
    assert "trained on whole pictures" in told


def test_controls_that_look_at_others_are_refused(whole, keras_ready, tmp_path):
    with pytest.raises(BadInput, match="'shuffled' is a control"):
        export(whole, "shuffled", "1", tmp_path / "bundle")


def test_nothing_is_written_over(whole, kept):
    with pytest.raises(BadInput, match="something lies there already"):
        export(whole, "mixed", "1", kept)


def test_a_bundle_must_answer_as_its_run_did(whole, keras_ready, tmp_path, monkeypatch):
    from mixedfer.use import export as exporting

    answers = exporting.Network.answers
    monkeypatch.setattr(exporting.Network, "answers", lambda *given: answers(*given) + 0.05)
    with pytest.raises(Fault, match=r"does not answer as its run did: probabilities differ by up to 0\.05"):
        export(whole, "mixed", "all", tmp_path / "bundle")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(exporting.backend, "device", lambda: "a GPU")  # the products of another device have fewer bits
    export(whole, "mixed", "1", tmp_path / "bundle")
    assert exporting.near("a GPU", "float32") < exporting.near("a GPU", "mixed_bfloat16")


def test_a_run_of_another_network_is_refused(keras_ready, tmp_path):
    from mixedfer.use.export import rebuild

    arm, folder = STUDY.arms[1], records.run_folder(tmp_path, "run")
    folder.mkdir(parents=True)
    np.savez(folder / "weights.npz", other=np.zeros(3))
    with pytest.raises(Damaged, match="have no block1_conv1/kernel"):
        rebuild(STUDY, arm, STUDY.preparation, 2, tmp_path, "run")


def test_a_frozen_backbone_is_part_of_the_bundle(keras_ready, tmp_path):
    from mixedfer.learning import models, pretrained
    from mixedfer.use.export import rebuild

    source = pretraining.archive(tmp_path / "weights.npz")
    study = pretraining.study(source)
    pretrained.keep([source], tmp_path / "weights.npz", tmp_path)
    given = pretrained.load(source, tmp_path)
    trunk = models.trunk(study.recipe, (32, 32, 1), given)
    head = models.build(study.recipe, study.control, (32, 32, 1), None, 2, 5, given=given, features=trunk.output.shape[1])
    folder = records.run_folder(tmp_path, "run")
    folder.mkdir(parents=True)
    np.savez(folder / "weights.npz", **{variable.path: np.asarray(variable.numpy()) for variable in head.weights})
    images = np.random.default_rng(0).integers(0, 256, (64, 32, 32, 1), np.uint8)
    expected = head.predict_on_batch({"features": trunk.predict_on_batch({"image": images})})
    model = rebuild(study, study.control, study.preparation, 2, tmp_path, "run")
    assert np.array_equal(model.predict_on_batch({"image": images}), expected)
    model.save(tmp_path / "model.keras")
    from mixedfer.use import architecture

    loaded = architecture.load(tmp_path / "model.keras", (32, 32, 1), 2)
    assert np.array_equal(loaded.predict_on_batch({"image": images}), expected)

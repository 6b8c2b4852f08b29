"""A bundle is adapted to a person's pictures: what learns, what stays, what is held out, and what is said of it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from mixedfer import disk, faceset, records
from mixedfer.cli import app
from mixedfer.errors import BadInput, Diverged, StudyError
from mixedfer.evidence import duplicates
from mixedfer.faces.datasets.folder import Folder
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.learning.backbones.original import Original
from mixedfer.learning.backbones.residual import Residual
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.fusions.features import Features
from mixedfer.learning.fusions.gated import Gated
from mixedfer.learning.fusions.probabilities import Probabilities
from mixedfer.seeds import generator
from mixedfer.use import adaptation
from mixedfer.use import bundle as bundles
from mixedfer.use.adaptation import AdaptationPlace
from mixedfer.use.finetuning import RESULT, Finetuning
from mixedfer.use.prediction import face_set
from tests.tiny import STUDY

CLASSES = ("happy", "sad", "surprise")
ASKED = Finetuning(new_classes=("surprise",), epochs_frozen=2, epochs=1, head_rate=1e-2)
SET = ("--set", "new_classes=surprise", "--set", "epochs_frozen=2", "--set", "epochs=1", "--set", "head_rate=1e-2")


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    """Class folders of one person whom no study has seen, and a store for what is found in the pictures."""
    folder, faces = tmp_path_factory.mktemp("person"), Portrait(classes=CLASSES, identities=1, per_class=5, population=7)
    for key in faces.list(None).keys:
        _, name, number = key.split("/")
        (folder / "photos" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(faces.read(None, key)).save(folder / "photos" / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def given(kept):
    return bundles.read(kept)


@pytest.fixture(scope="module")
def faces(given, person):
    return adaptation.gather(given, Folder(), ("surprise",), AdaptationPlace(person / "photos", person / "store", quiet=True))


@pytest.fixture(scope="module")
def parts(given, faces, person):
    return adaptation.hold_out(faces, given, duplicates.find(faces).alike, 0.3, 0, person)


def command(kept, person, out, *more):
    result = CliRunner().invoke(app, ["finetune", str(kept), "--data", str(person / "photos"), "--store", str(person / "store"),
                                      "--out", str(out), "--quiet", *more])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result.stdout


@pytest.fixture(scope="module")
def made(kept, person, faces, keras_ready):
    """The bundle that the command makes, and what it prints."""
    return person / "tuned", command(kept, person, person / "tuned", *SET)


@pytest.fixture(scope="module")
def network(given, keras_ready):
    """The bundle's own network. Only to be read."""
    return loaded(given)


@pytest.fixture(scope="module")
def grown(network):
    """The same with an answer more. Only to be read."""
    from mixedfer.use import heads

    return heads.grown(network, 3)


def weights(model):
    return {f"{layer.name}/{place}": value for layer in model.layers for place, value in enumerate(layer.get_weights())}


def changed(one, other):
    return {name for name, value in weights(one).items() if not np.array_equal(value, weights(other)[name])}


def loaded(bundle):
    from mixedfer.use import architecture

    return architecture.load(bundle.models[0], bundle.image, len(bundle.classes))


def test_the_new_bundle_says_where_it_comes_from(made, given):
    new, told = bundles.read(made[0]), disk.read_json(made[0] / RESULT)
    assert new.classes == CLASSES and new.said["tuned"]["from"] == given.said["digest"]
    # Of five pictures of each class, 0.3 * 5 = 1.5, rounded to the even 2.
    assert told["pictures"]["by_class"] == {name: {"train": 3, "held_out": 2} for name in CLASSES}
    assert new.said["measured"]["images"] == len(told["answers"]) == told["held_out"]["images"] == 6
    right = np.mean([np.argmax(row["after"]) == row["truth"] for row in told["answers"]])
    assert new.said["measured"]["metrics"]["accuracy"] == told["held_out"]["accuracy"][1] == right
    assert [row["before"][2] for row in told["answers"]] == [0] * 6 and told["known_classes"]["images"] == 4
    assert [row["learns"] for row in told["history"]] == ["the last layer"] * 2 + ["all layers"]
    assert set(new.said["files"]) == {"model.keras", "card.md", "trained.npy", RESULT}


def test_what_is_told(made, given):
    folder, printed = made
    assert "9 trained on, 6 held out" in printed and f"Bundle: {folder}" in printed
    assert "New classes: surprise" in printed and "not checked, for the runs of its study are not in" in printed
    card = (folder / "card.md").read_text()
    assert f"Made of the bundle {given.said['digest']}" in card and "on 6 held-out pictures" in card
    assert "Classes: happy, sad, surprise." in card and "on 12 test images" in card.partition("## Measured, of")[2]
    assert "ships" in card.partition("## Licence")[2] and "It was adapted to a few pictures" in card


def test_it_answers_with_all_classes(made, person, keras_ready):
    from mixedfer.use.prediction import Predictor

    face, = Predictor(made[0])(person / "photos" / "surprise" / "0.png")
    assert face.probabilities.shape == (3,) and face.label in CLASSES


def test_the_same_command_gives_the_same_bytes_and_what_is_held_out_teaches_nothing(made, kept, person, parts, monkeypatch):
    """Training is shown black pictures of another class in place of those that are held out."""
    from mixedfer.use import finetuning

    tune, hidden = finetuning.tune, []

    def hiding(bundle, faces, train, *more):
        images, labels = np.array(faces.images), faces.labels.copy()
        images[parts.held_out], labels[parts.held_out] = 0, 0
        assert np.array_equal(train, parts.train) and images.any() and not np.array_equal(labels, faces.labels)
        hidden.append(parts.held_out)
        return tune(bundle, dataclasses.replace(faces, images=images, labels=labels), train, *more)

    monkeypatch.setattr(finetuning, "tune", hiding)
    command(kept, person, person / "again", *SET)
    assert len(hidden) == 1
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in (made[0], person / "again"))
    assert first == second and len(first) == 6


def test_nothing_is_written_over(made, kept, person):
    with pytest.raises(BadInput, match="something lies there already"):
        command(kept, person, made[0])


def test_everything_moves_but_batch_normalisation(grown, made):
    every = {name for name in weights(grown) if "_bn/" not in name and "standardise" not in name}
    assert changed(grown, loaded(bundles.read(made[0]))) == every and any("_bn/" in name for name in weights(grown))


def test_old_classes_keep_their_weights(given, network, faces):
    from mixedfer.use import heads
    from mixedfer.use.network import Network

    rows = np.arange(len(faces))
    old = Network(given, [network]).answers(faces, rows)[0]
    new = Network(given, [heads.grown(network, 4)]).answers(faces, rows)[0]
    assert np.allclose(new[:, :2] / new[:, :2].sum(1, keepdims=True), old, atol=1e-6)
    # A score of 0 beside the old ones: both new classes are as likely.
    assert np.array_equal(new[:, 2], new[:, 3]) and (new[:, 2] > 0).all()


def test_dropout_is_drawn_from_the_seed(given, network, faces):
    from mixedfer.learning.batches import Batches
    from mixedfer.use import heads
    from mixedfer.use.network import Look

    inputs = Batches(faces, np.arange(8), "test", Look(0, "one"), 0, given.view).look(np.arange(8)).inputs

    def answer(seed):
        model = heads.learner(network, seed)
        return np.asarray(model({tensor.name: inputs[tensor.name] for tensor in model.inputs}, training=True))
    assert np.array_equal(answer(1), answer(1)) and not np.array_equal(answer(1), answer(2))


@pytest.mark.parametrize("arm", range(2))
@pytest.mark.parametrize("fusion, backbone, name", [
    (Features(units=()), Vgg16(width=0.0625, blocks=1, dense=()), "classes"),
    (Gated(units=(4,)), Residual(filters=(2,), depth=1), "classes"),
    (Probabilities(units=4), Original(filters=(2,), dense=(4,)), ("fc2", "classes")),
])
def test_every_way_of_joining_has_a_head(arm, fusion, backbone, name, keras_ready):
    from mixedfer.learning import models
    from mixedfer.use import heads

    recipe = dataclasses.replace(STUDY.recipe, fusion=fusion, backbone=backbone)
    model = heads.grown(models.build(recipe, STUDY.arms[arm], (16, 16, 1), (68, 2) if arm else None, 2, 0), 3)
    assert heads.head(model).name == (name if isinstance(name, str) else name[arm]) and model.output.shape == (None, 3)


def test_a_network_without_a_head_is_refused(keras_ready):
    import keras

    from mixedfer.use import heads

    inputs = keras.Input((4,))
    two = keras.layers.Average()([keras.layers.Dense(2)(inputs), keras.layers.Dense(2)(inputs)])
    with pytest.raises(BadInput, match="does not end in a dense layer"):
        heads.head(keras.Model(inputs, keras.layers.Softmax()(two)))


def test_before_and_after_on_the_test_images_of_the_study(given, network, whole):
    from mixedfer.use import tuned_answers

    store, nothing = whole[0] / ".mixedfer", np.zeros((0, 32, 32, 1), np.uint8)
    record = records.read(records.run_folder(store, given.said["members"][0]["run"]))
    told = tuned_answers.check(given, [network], nothing, store)
    assert np.allclose(told.answers.before, record.test.probabilities, atol=1e-5) and told.why == ""
    assert np.array_equal(told.answers.before, told.answers.after)
    study = next(faceset.load(path.parent) for path in (store / "faces").glob("*/meta.json"))
    assert np.array_equal(told.answers.truth, study.labels[record.test.rows])
    fewer = tuned_answers.check(given, [network], study.images[record.test.rows[:3]], store)
    assert fewer.left_out == 3 and fewer.answers.names == told.answers.names[3:]
    every = tuned_answers.check(given, [network], study.images[record.test.rows], store)
    assert every.answers is None and "all test images" in every.why


def test_an_ensemble_is_tuned_network_by_network_and_the_frozen_stage_moves_the_last_layer_alone(ensemble, faces, parts,
                                                                                                     keras_ready):
    from mixedfer.use import architecture, finetuning, heads, tuned_answers

    both, asked = bundles.read(ensemble), dataclasses.replace(ASKED, epochs=0, epochs_frozen=1)
    models, history = finetuning.tune(both, faces, parts.train, asked, quiet=True)
    assert [row["network"] for row in history] == [1, 2] and changed(*models)
    for path, model in zip(both.models, models, strict=True):
        before = heads.grown(architecture.load(path, both.image, len(both.classes)), 3)
        assert changed(before, model) == {"classes/0", "classes/1"}
    told = tuned_answers.answers(both, models, faces, parts.held_out)
    assert told.before.shape == told.after.shape == (6, 3) and np.allclose(told.after.sum(1), 1)


def some(labels, subjects=None):
    """Faces of these labels among four classes."""
    count = len(labels)
    faces = face_set(np.zeros((count, 16, 16, 1), np.uint8), np.zeros((count, 68, 2), np.float32), np.ones(count, bool),
                     ("a", "b", "c", "d"))
    return dataclasses.replace(faces, labels=np.array(labels), subjects=np.full(count, -1) if subjects is None else subjects)


def drawn(given, faces, alike=None, share=0.3, seed=0):
    return adaptation.hold_out(faces, given, np.arange(len(faces)) if alike is None else alike, share, seed, Path("photos"))


def test_the_draw_is_stratified(given):
    faces = some([0] * 20 + [1] * 10 + [2] * 2)
    parts = drawn(given, faces)
    assert np.bincount(faces.labels[parts.held_out]).tolist() == [6, 3, 1]
    assert sorted([*parts.train, *parts.held_out]) == list(range(32))
    assert np.array_equal(parts.held_out, drawn(given, faces).held_out)
    assert not np.array_equal(parts.held_out, drawn(given, faces, seed=1).held_out)
    # Groups of copies have other numbers in every process.
    assert np.array_equal(parts.held_out, drawn(given, faces, generator("numbers").permutation(32)).held_out)


def test_copies_and_people_are_not_parted(given):
    alike, subjects = np.arange(40) // 2, np.where(np.arange(40) < 4, 0, -1)
    for seed in range(5):
        parts = drawn(given, some([0] * 20 + [1] * 20, subjects), alike, seed=seed)
        held = np.isin(np.arange(40), parts.held_out)
        assert (held[::2] == held[1::2]).all() and len(set(held[:4])) == 1 and held.sum() == 12
    # Two pairs of copies: one pair is held out, though a third of four is one.
    assert len(drawn(given, some([0] * 4 + [1] * 4), np.arange(8) // 2).held_out) == 4


def test_classes_without_pictures_stay_possible(given):
    faces = some([0, 0, 1, 1])
    said = given.said | {"classes": ["a", "b", "c"]}
    told = adaptation.account(faces, drawn(given, faces), dataclasses.replace(given, said=said))
    assert told["without_pictures"] == ["c", "d"] and told["new_classes"] == ["d"]
    assert adaptation.describe(told)[-1] == "Classes without pictures, which stay possible answers: c, d."


def test_held_out_pictures_that_the_bundle_was_trained_on_are_told(given, whole, made, faces, parts):
    record = records.read(records.run_folder(whole[0] / ".mixedfer", given.said["members"][0]["run"]))
    study = next(faceset.load(path.parent) for path in (whole[0] / ".mixedfer" / "faces").glob("*/meta.json"))
    held_out = adaptation.Parts(record.test.rows, np.concatenate([record.train[:2], record.test.rows[:3]]))
    told = adaptation.account(study, held_out, given)
    assert told["known"] == 2 and "trained on 2 of the 5 held-out pictures" in adaptation.warnings(told)[0]
    new = bundles.read(made[0])
    told = adaptation.account(faces, adaptation.Parts(parts.held_out, parts.train), new)
    assert told["known"] == 9 and disk.read_json(made[0] / RESULT)["pictures"]["known"] == 0
    assert adaptation.warnings({"known": 0, "held_out": 6}) == [] and "does not say" in adaptation.warnings({"known": None})[0]
    files = {name: digest for name, digest in given.said["files"].items() if name != "trained.npy"}
    assert adaptation.account(faces, parts, dataclasses.replace(given, said=given.said | {"files": files}))["known"] is None


@pytest.mark.parametrize("labels, alike, why", [
    ([0, 0, 1], [0, 1, 2], "too few pictures of class 'b': of 1 that can be used, 0 would be trained on and 1 held out"),
    ([0, 0, 1, 1], [0, 1, 2, 2], "too few pictures of class 'b': of 2 that can be used"),
])
def test_too_few_pictures_are_refused(given, labels, alike, why):
    with pytest.raises(BadInput, match=why) as refused:
        drawn(given, some(labels), np.array(alike))
    assert "two pictures or more that are no copies of each other, nor of one named subject" in str(refused.value)


def folders(root, *names):
    for name in names:
        (root / name).mkdir(parents=True)
        Image.new("L", (60, 60), 90).save(root / name / "one.png")
    return root


@pytest.mark.parametrize("names, new, why", [
    (("hapy", "sad"), (), r"no class 'hapy'\. Did you mean 'happy'\?.*If it is a new one, say so: --set new_classes=hapy"),
    (("happy", "sad"), ("smirk",), "the new class 'smirk' has no pictures"),
    (("happy", "sad"), ("sad",), "the bundle has a class 'sad'"),
    (("happy",), (), "leaves nothing to tell apart"),
    (("train/happy", "train/sad", "test/sad"), (), "lie in partitions"),
])
def test_folders_that_do_not_fit_are_refused(given, tmp_path, names, new, why):
    with pytest.raises(BadInput, match=why):
        adaptation.gather(given, Folder(), new, AdaptationPlace(folders(tmp_path / "photos", *names), tmp_path / "store"))
    assert not (tmp_path / "store").exists()


def test_pictures_without_a_face_are_refused(given, tmp_path):
    with pytest.raises(BadInput, match="no face was found in any picture") as refused:
        place = AdaptationPlace(folders(tmp_path / "photos", "happy", "sad"), tmp_path, quiet=True)
        adaptation.gather(given, Folder(), (), place)
    assert "The bundle looks for faces as in its training" in str(refused.value) and "--set" not in str(refused.value)


def test_a_bundle_that_needs_boxes_is_refused_without_them(given, tmp_path):
    from mixedfer.faces.detectors.annotated import Annotated

    listed = dataclasses.replace(given, preparation=dataclasses.replace(given.preparation, detector=Annotated()))
    with pytest.raises(BadInput, match="takes each face from its data set's list"):
        adaptation.gather(listed, Folder(), (), AdaptationPlace(folders(tmp_path / "photos", "happy", "sad"), tmp_path))


def test_values_are_checked():
    with pytest.raises(StudyError, match="nothing would be trained"):
        Finetuning(epochs=0, epochs_frozen=0)
    with pytest.raises(StudyError, match=r"held_out=1\.5"):
        Finetuning(held_out=1.5)


def test_an_augmentation_of_elsewhere_is_refused(given, faces, parts, keras_ready):
    from mixedfer.use import finetuning

    said = json.loads(json.dumps(given.said))
    said["recipe"]["augmentation"] = {"kind": "mine:Warp@0123456789"}
    with pytest.raises(BadInput, match="none of mixedfer's detectors, alignments, augmentations or views"):
        finetuning.tune(dataclasses.replace(given, said=said), faces, parts.train, ASKED, quiet=True)


def test_what_is_not_a_number_is_a_fault_with_a_remedy(given, faces, parts, monkeypatch, keras_ready):
    """A network of numbers so large that those of its training are none."""
    from mixedfer.use import architecture, finetuning

    def spoilt(*place):
        model = load(*place)
        model.set_weights([1e20 * values for values in model.get_weights()])
        return model

    load = architecture.load
    monkeypatch.setattr(architecture, "load", spoilt)
    with pytest.raises(Diverged, match=r"the loss or a weight is not a number in epoch \d of fine-tuning.*head_rate"):
        finetuning.tune(given, faces, parts.train, ASKED, quiet=True)

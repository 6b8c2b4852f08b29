"""Weights that a backbone starts from: the right file, in the right place of the network, equal in all arms."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from mixedfer import runner, tuning
from mixedfer.axes import Axis, Search
from mixedfer.engines.local import Local
from mixedfer.errors import BadInput, StudyError
from mixedfer.identity import canonical
from mixedfer.learning import pretrained
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.weights.archive import Archive
from mixedfer.learning.weights.keras_imagenet import KerasImagenet
from tests.learning.pretraining import SHAPES, archive, study

pytestmark = pytest.mark.usefixtures("keras_ready")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A source of weights and a store that has its file."""
    folder = tmp_path_factory.mktemp("weights")
    source = archive(folder / "small.npz")
    pretrained.keep([source], folder / "small.npz", folder / "store")
    return source, folder / "small.npz", folder / "store"


def backbone_of(backbone, given, image=(32, 32, 1)):
    import keras

    from mixedfer.learning.layers import Layers

    x = keras.Input(image)
    return keras.Model(x, backbone(x, 7, Layers(0, given)))


def test_every_convolution_starts_from_the_file(kept):
    source, path, store = kept
    given = pretrained.load(source, store)
    model = backbone_of(study(source, frozen=1).recipe.backbone, given)
    with np.load(path) as file:
        for name in SHAPES:
            kernel, bias = (np.asarray(value) for value in model.get_layer(name).get_weights())
            assert np.array_equal(kernel, file[f"{name}/kernel"].astype(np.float32))
            assert np.array_equal(bias, file[f"{name}/bias"].astype(np.float32))
    # Block 2, (4 + 8) x 8 kernels of 9 and 16 biases; 8 x 8 places of 8 maps into 8 units.
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == 9 * 12 * 8 + 16 + (8 * 8 * 8 + 1) * 8


def test_what_the_file_is_called_names_no_run_but_what_it_holds_does(kept, tmp_path):
    source, path, _ = kept
    assert source.sha256 in str(canonical(study(source).recipe)) and str(path) not in str(canonical(study(source)))
    assert canonical(study(source).recipe) != canonical(study(Archive(sha256="0" * 64)).recipe)
    pretrained.keep([source], Path(path), tmp_path)
    pretrained.keep([source], None, tmp_path)  # it is there by now


def test_another_file_is_refused_with_its_digest(kept, tmp_path):
    source, _, store = kept
    other = tmp_path / "other.npz"
    np.savez(other, x=np.zeros(1))
    for where in (store, tmp_path / "new"):
        with pytest.raises(BadInput, match=rf"SHA-256 is [0-9a-f]{{64}}, .* expects {source.sha256}.*--set weights.sha256="):
            pretrained.keep([source], other, where)
    with pytest.raises(BadInput, match="no backbone of the study"):
        pretrained.keep([None], other, store)
    with pytest.raises(BadInput, match=r"expects none yet.*--set weights.sha256="):
        pretrained.keep([Archive()], other, tmp_path / "new")
    for expected in (source, Archive()):
        with pytest.raises(BadInput, match="Give it with --weights"):
            pretrained.keep([expected], None, tmp_path / "new")
    with pytest.raises(BadInput, match="no such file"):
        pretrained.keep([source], tmp_path / "absent", store)


def test_a_kept_file_whose_bytes_changed_is_not_used_and_can_be_given_again(kept, tmp_path):
    source, path, _ = kept
    pretrained.keep([source], path, tmp_path)
    (tmp_path / "weights" / f"{source.sha256}.npz").write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BadInput, match="not as they were"):
        pretrained.load(source, tmp_path)
    pretrained.keep([source], path, tmp_path)
    assert pretrained.load(source, tmp_path)


def test_a_file_that_is_no_archive_of_numbers(tmp_path):
    (tmp_path / "a.npz").write_text("words")
    np.savez(tmp_path / "b.npz", x=np.array([{}], object))
    for name in ("a.npz", "b.npz", "absent"):
        with pytest.raises(BadInput, match="not a NumPy archive"):
            Archive().read(tmp_path / name)


def test_weights_of_another_network_are_refused(kept):
    source, _, store = kept
    given = pretrained.load(source, store)
    with pytest.raises(BadInput, match=r"block1_conv1/kernel is \[3, 3, 3, 4\] in the given weights, \[3, 3, 3, 8\]"):
        backbone_of(study(source, width=1 / 8).recipe.backbone, given)
    with pytest.raises(BadInput, match="no 'block3_conv1/kernel'"):
        backbone_of(study(source, blocks=3).recipe.backbone, given)


@pytest.mark.parametrize(("change", "problem"), [
    ({"pixels": "signed"}, "set pixels='raw'"), ({"batch_normalisation": True}, "set batch_normalisation=False"),
    ({"frozen": 3}, "expected no more"), ({"pretrained_rate": 0.1}, "no layer of the backbone")])
def test_what_does_not_go_with_given_weights_is_refused(change, problem):
    with pytest.raises(StudyError, match=problem):
        study(Archive(), **change)


def test_nothing_that_was_never_trained_can_be_frozen():
    with pytest.raises(StudyError, match="never trained"):
        Vgg16(frozen=1)
    with pytest.raises(StudyError, match="no layer of the backbone"):
        study(None, frozen=0, pretrained_rate=0.1)


def test_without_a_network_kerass_weights_name_what_to_download(monkeypatch, tmp_path):
    monkeypatch.setattr(KerasImagenet, "PLACE", "http://127.0.0.1:9/")
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    with pytest.raises(BadInput, match=r"notop\.h5: Keras' ImageNet weights cannot be had.*--weights PATH"):
        KerasImagenet().find()


@pytest.mark.parametrize("kind", ["caffe", "torch", "tf"])
def test_preprocessing_is_that_of_the_weights(kind):
    """ImageNet's means and deviations as Keras' and torchvision's documentation give them."""
    from mixedfer.learning.layers import Preprocess

    image = np.random.default_rng(0).uniform(0, 255, (1, 4, 4, 3)).astype(np.float32)
    expected = {"caffe": image[..., ::-1] - [103.939, 116.779, 123.68], "tf": image / 127.5 - 1,
                "torch": (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]}[kind]
    assert np.allclose(np.asarray(Preprocess(kind)(image)), expected, atol=1e-4)
    gray = np.asarray(Preprocess(kind)(image[..., :1]))
    assert np.array_equal(gray, np.asarray(Preprocess(kind)(image[..., :1].repeat(3, -1))))


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory):
    """torchvision's VGG16 as an archive, kept in a store."""
    folder = os.environ.get("MIXEDFER_TEST_DATA")
    path = Path(folder or "", "weights", "vgg16_imagenet_notop_float16.npz")
    if not path.exists():
        pytest.skip("MIXEDFER_TEST_DATA names no folder with weights/vgg16_imagenet_notop_float16.npz")
    from mixedfer import disk

    store, source = tmp_path_factory.mktemp("store"), Archive(sha256=disk.hash_file(path))
    pretrained.keep([source], path, store)
    return pretrained.load(source, store), source


def test_the_features_are_those_of_kerass_vgg16_with_the_same_weights(imagenet):
    import keras

    given, source = imagenet
    ours = backbone_of(Vgg16(weights=source, batch_normalisation=False, dense=(), frozen=5), given, (32, 32, 3))
    theirs = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    names = [layer.name for layer in theirs.layers if "conv" in layer.name]
    assert len(names) == 13 and set(given) == {f"{name}/{tensor}" for name in names for tensor in ("kernel", "bias")}
    for name in names:
        theirs.get_layer(name).set_weights([given[f"{name}/kernel"], given[f"{name}/bias"]])
        assert all(map(np.array_equal, theirs.get_layer(name).get_weights(), ours.get_layer(name).get_weights()))
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.float32)
    entered = (images / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    expected = np.asarray(theirs(entered.astype(np.float32))).reshape(4, -1)
    assert expected.max() > 0.1 and np.allclose(np.asarray(ours(images)), expected, atol=1e-4)
    assert not ours.trainable_variables


def test_kerass_own_file_is_read(imagenet, tmp_path):
    """A file laid out as the one that Keras distributes, with other numbers: a group per layer, `W` before `b`."""
    import h5py

    given, _ = imagenet
    names = sorted({path.partition("/")[0] for path in given})
    with h5py.File(tmp_path / "its.h5", "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            file.create_group(name).attrs["weight_names"] = [f"{name}_{kind}_1:0".encode() for kind in "Wb"]
            file[name][f"{name}_W_1:0"], file[name][f"{name}_b_1:0"] = given[f"{name}/kernel"], given[f"{name}/bias"]
    read = KerasImagenet().read(tmp_path / "its.h5")
    assert read.keys() == given.keys() and all(np.array_equal(read[name], given[name]) for name in given)


def test_a_given_file_is_kept_for_a_search_whose_study_starts_from_the_seed(prepared, tmp_path, monkeypatch):
    pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'mixedfer[tune]'")
    source = archive(tmp_path / "vgg.npz")
    given = study(source, frozen=0)
    backbones = (dataclasses.replace(given.recipe.backbone, weights=None), given.recipe.backbone)
    searching = dataclasses.replace(given.varying(backbone=backbones[0]), search=Search(
        space=(Axis("backbone", backbones),), trials=2))
    monkeypatch.setattr(Local, "run", None)
    place = runner.Place(store=prepared[0], prepared=True, weights=tmp_path / "vgg.npz")
    with pytest.raises(TypeError, match="NoneType"):  # once training would begin
        tuning.run(searching, "seeds", place, file=Path("seeds.py"))
    assert (prepared[0] / "weights" / f"{source.sha256}.npz").read_bytes() == place.weights.read_bytes()
    with pytest.raises(BadInput, match=r"no backbone .*Leave --weights out"):
        tuning.run(dataclasses.replace(searching, search=Search(space=(Axis("batch_size", (8, 16)),), trials=2)), "seeds",
                   place, file=Path("seeds.py"))

"""A network as ONNX answers as Keras does; what cannot be written so is refused before anything is."""

import dataclasses
import sys
import warnings

import numpy as np
import pytest

from mixedfer import faceset, records
from mixedfer.errors import BadInput, Fault
from mixedfer.learning.batches import Batches
from mixedfer.learning.retouch import Retouch
from mixedfer.use import bundle, onnx_file
from mixedfer.use.network import Look, Network
from tests.tiny import STUDY
from tests.use.conftest import export

LOOK = Look(0, "one")


def needed():
    """Skips where the packages of the extra are not installed."""
    with warnings.catch_warnings(action="ignore"):
        for name in onnx_file.PACKAGES:
            pytest.importorskip(name, reason=f"{name} is not installed: pip install 'mixedfer[onnx]'")


def test_it_answers_as_the_run_did(whole, keras_ready, tmp_path):
    needed()
    read = bundle.read(export(whole, "mixed", "1", tmp_path / "bundle", onnx=True))
    assert "model.onnx" in read.said["files"]
    record = records.read(records.run_folder(whole[0] / ".mixedfer", read.said["members"][0]["run"]))
    sets = [faceset.load(path.parent) for path in (whole[0] / ".mixedfer" / "faces").glob("*/meta.json")]
    faces = next(one for one in sets if one.content == record.spec["data"])
    inputs = Batches(faces, record.test.rows, "test", LOOK, 0, read.view).look(np.arange(12)).inputs
    told = onnx_file._ask(tmp_path / "bundle" / "model.onnx", inputs)
    assert np.abs(told - record.test.probabilities).max() < 1e-4 and told.shape == (12, 2)
    network, = Network(read).models
    network.trainable_variables[-1].assign([3.0, 0.0])
    with pytest.raises(Fault, match=r"ONNX Runtime cannot run|does not answer as the network"):
        onnx_file._compare(network, tmp_path / "bundle" / "model.onnx", inputs)


def test_frames_and_retouching_are_left_out(keras_ready, tmp_path):
    needed()
    from mixedfer.learning import models
    from mixedfer.use.prediction import face_set

    recipe = dataclasses.replace(STUDY.recipe, frame=28, retouch=Retouch())
    model = models.build(recipe, STUDY.control, (32, 32, 1), None, 2, 0)
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 1), np.uint8)
    faces = face_set(images, np.zeros((8, 68, 2), np.float32), np.ones(8, bool), ("happy", "sad"))
    onnx_file.write(model, tmp_path / "model.onnx", faces, np.arange(8), Look(28, "one"), None)  # and compared


@pytest.mark.parametrize("change", [{"test_views": "mirror"}, {"precision": "mixed_bfloat16"}])
def test_other_networks_are_refused(change):
    with pytest.raises(BadInput, match="look at an image once"):
        onnx_file.check(dataclasses.replace(STUDY.recipe, **change))


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(BadInput, match=r"onnx is not installed, .*mixedfer\[onnx\]"):
        onnx_file.check(STUDY.recipe)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(BadInput, match="backend tensorflow, this is jax"):
        onnx_file.check(STUDY.recipe)

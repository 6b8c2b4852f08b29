"""A frozen backbone: never trained, its features computed once, shared by arms, and what the model would compute."""

import dataclasses
import json

import numpy as np
import pytest

from mixedfer import disk, records
from mixedfer.evidence.proof_weights import initial_weights
from mixedfer.identity import digest
from mixedfer.learning import pretrained
from mixedfer.study import Arm
from tests.learning.pretraining import archive, study

pytestmark = pytest.mark.usefixtures("keras_ready")


@pytest.fixture(scope="module")
def source(prepared, tmp_path_factory):
    """The weights, and a store that has them and nothing else."""
    folder = tmp_path_factory.mktemp("frozen")
    weights = archive(folder / "small.npz")
    pretrained.keep([weights], folder / "small.npz", folder)
    return weights, folder


def train(cell, faces, store):
    from mixedfer.learning import training

    training.train(cell, faces, store, cell.arm.name)
    return records.read(records.run_folder(store, cell.arm.name))


@pytest.fixture(scope="module")
def trained(prepared, source):
    """The first run of four arms, by name."""
    weights, store = source
    own = study(weights, epochs=1)
    image, mixed, _, landmarks = own.arms
    widened = Arm("widened", image=True, widened=mixed.landmarks)
    cells = dataclasses.replace(own, control=image, treatments=(mixed, landmarks, widened)).cells()[:4]
    return {cell.arm.name: train(cell, prepared[1], store) for cell in cells}, store


def test_all_arms_share_one_file_of_features(trained, prepared):
    _, store = trained
    (folder,) = (store / "features").iterdir()
    values = np.load(folder / "features.npy")
    assert values.shape == (len(prepared[1]), 8 * 8 * 8) and values.dtype == np.float32 and values.std() > 0.01


def test_the_proof_shows_that_arms_start_from_the_given_weights(trained, source):
    runs, store = trained
    given = pretrained.load(source[0], store)
    for name, run in runs.items():
        starts = run.proof["initial_weights"]
        assert {path for path in starts if path in given} == (set(given) if name != "landmarks-only" else set())
        assert all(starts[path]["sha256"] == disk.hash_arrays(given[path]) for path in starts if path in given)
    check = initial_weights({(name, 0, 0): run for name, run in runs.items()})
    assert check.passed, check.detail
    for what in ("first_batches", "split"):
        assert len({json.dumps(run.proof[what]) for run in runs.values()}) == 1
    for what in ("order", "draws"):
        assert len({json.dumps([epoch[what] for epoch in run.proof["shown"]]) for run in runs.values()}) == 1


def test_frozen_parameters_are_not_counted_and_not_kept_with_every_run(trained):
    runs, store = trained
    # 512 features into 8 units; then 16, 16 and 2 units of the joint layers.
    assert runs["image-only"].summary["parameters"] == 513 * 8 + 9 * 16 + 17 * 16 + 17 * 2
    with np.load(store / "runs" / "image-only" / "weights.npz") as kept:
        assert not [name for name in kept.files if name.startswith("block")]
    assert abs(runs["widened"].summary["parameters"] - runs["mixed"].summary["parameters"]) < 60


def test_pixels_count_in_the_maps_of_covered_images(trained):
    runs, _ = trained
    assert np.abs(runs["image-only"].occlusion.drops).max() > 1e-4 and not len(runs["landmarks-only"].occlusion.rows)


def run_of(cell, faces, store):
    from mixedfer.learning.training import Run

    return Run(cell, faces, store, digest(cell.spec("")), 1, lambda history: None, print)


def test_known_features_are_those_that_the_model_would_compute(prepared, source):
    """With an augmentation the same backbone is part of the model; it is asked about images as they are."""
    import keras

    weights, store = source
    known, computing = (run_of(study(weights, **change).cells()[1], prepared[1], store) for change in (
        {}, {"augmentation": _still(), "frozen": 2}))
    assert known.frozen is not None and computing.frozen is None
    batch = known.parts["test"].look(np.arange(4))
    inside = keras.Model(computing.model.inputs, computing.model.get_layer("image_flatten").output)
    assert np.allclose(np.asarray(inside.predict_on_batch(computing._taken(batch.inputs))), batch.inputs["features"], atol=1e-3)
    assert np.allclose(computing._answers(batch.inputs), known._answers(batch.inputs), atol=1e-4)
    assert np.allclose(known._looks(batch.inputs), known._answers(batch.inputs), atol=1e-5)


def _still():
    from mixedfer.learning.augmentations.affine import Affine

    return Affine(shift=0.0, scale=1.0, rotation=0.0, skew=0.0, mirror=False)


def test_frozen_layers_stay_and_the_others_move_when_the_backbone_is_trained_in_part(prepared, source):
    weights, store = source
    run = run_of(study(weights, frozen=1, epochs=1, pretrained_rate=0.5).cells()[0], prepared[1], store)
    given = pretrained.load(weights, store)
    run._fit()
    for path, start in given.items():
        layer, tensor = path.split("/")
        value = np.asarray(getattr(run.model.get_layer(layer), tensor).numpy())
        assert np.array_equal(value, start) == path.startswith("block1"), path


@pytest.mark.parametrize("harm", ["flip", "cut", "unfinished", "unsaid"])
def test_features_that_are_not_whole_are_made_anew(prepared, source, trained, harm):
    weights, store = source
    (folder,) = (store / "features").iterdir()
    path = folder / "features.npy"
    before = path.read_bytes()
    if harm == "flip":
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    elif harm == "cut":
        path.write_bytes(before[:1000])
    else:
        (folder / {"unfinished": "DONE", "unsaid": "meta.json"}[harm]).unlink()
    run = run_of(study(weights).cells()[0], prepared[1], store)
    assert path.read_bytes() == before and np.array_equal(run.frozen.values, np.load(path))


@pytest.mark.parametrize(("change", "shared"), [
    ({"dense": (4,), "batch_size": 4}, True), ({"blocks": 1, "frozen": 1}, False), ({"precision": "mixed_bfloat16"}, False)])
def test_features_are_named_by_what_decides_them_and_by_nothing_else(prepared, source, trained, change, shared):
    weights, store = source
    before = {path.name for path in (store / "features").iterdir()}
    run_of(study(weights, **change).cells()[0], prepared[1], store)
    assert ({path.name for path in (store / "features").iterdir()} == before) == shared


@pytest.mark.parametrize("change", [{"frame": 24}, {"test_views": "mirror"}, {"frozen": 1}])
def test_where_pixels_or_weights_change_nothing_is_known_beforehand(source, change):
    from mixedfer.learning import frozen

    assert frozen.trunk(study(source[0]).recipe) is not None
    assert frozen.trunk(study(source[0], **change).recipe) is None

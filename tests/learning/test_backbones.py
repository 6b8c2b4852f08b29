"""A contract that every backbone keeps, and the published ones layer by layer. A new file is tested by being there."""

import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from itertools import pairwise

import numpy as np
import pytest

from mixedfer.errors import StudyError
from mixedfer.identity import canonical
from mixedfer.learning import backbones
from mixedfer.learning.backbones.gudi import Gudi
from mixedfer.learning.backbones.kaist import Kaist
from mixedfer.learning.backbones.original import Original
from mixedfer.learning.backbones.residual import Residual
from mixedfer.learning.backbones.vgg13 import Vgg13
from mixedfer.learning.backbones.vgg16 import Vgg16

pytestmark = pytest.mark.usefixtures("keras_ready")


def every_backbone():
    found = []
    for module in pkgutil.iter_modules(backbones.__path__, backbones.__name__ + "."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and dataclasses.is_dataclass(kind):
                fields = {field.name for field in dataclasses.fields(kind)}
                found.append(kind(**({"width": 1 / 16} if "width" in fields else {})))
    return found


def features(backbone, image, seed=0):
    import keras

    from mixedfer.learning.layers import Layers

    x = keras.Input(image)
    return keras.Model(x, backbone(x, 7, Layers(seed)))


@pytest.mark.parametrize("backbone", every_backbone(), ids=lambda backbone: type(backbone).__name__)
def test_every_backbone_gives_one_row_of_features_per_image(backbone):
    for shape in ((48, 48, 1), (64, 64, 3)):
        model = features(backbone, shape)
        assert len(model.output.shape) == 2
        images = np.random.default_rng(0).uniform(-1, 1, (3, *shape)).astype(np.float32)
        found = np.asarray(model(images))
        assert found.shape == (3, model.output.shape[1]) and np.isfinite(found).all() and np.ptp(found, axis=0).max() > 0


@pytest.mark.parametrize("backbone", every_backbone(), ids=lambda backbone: type(backbone).__name__)
def test_every_backbone_draws_from_its_seed_by_the_names_of_its_layers(backbone):
    one, same, other = (features(backbone, (48, 48, 1), seed) for seed in (0, 0, 1))
    kernels = [index for index, variable in enumerate(one.trainable_variables) if variable.path.endswith("kernel")]
    values = [[np.asarray(model.trainable_variables[index].numpy()) for index in kernels] for model in (one, same, other)]
    assert all(map(np.array_equal, values[0], values[1])) and not any(map(np.array_equal, values[0], values[2]))
    assert len({layer.name for layer in one.layers}) == len(one.layers)


@pytest.mark.parametrize("backbone", every_backbone(), ids=lambda backbone: type(backbone).__name__)
def test_every_backbone_can_be_sent_to_a_worker_and_written_down(backbone):
    assert pickle.loads(pickle.dumps(backbone)) == backbone and "@" in str(canonical(backbone))


CONV, NORMALISED, FULL = ["Conv2D", "Activation"], ["Conv2D", "BatchNormalization", "Activation"], ["Dense", "Activation"]
MAX, MEAN, FLAT, DROP = ["MaxPooling2D"], ["AveragePooling2D"], ["Flatten"], ["Dropout"]


@pytest.mark.parametrize(("backbone", "layers", "dropout"), [
    # Simonyan and Zisserman, arXiv:1409.1556, table 1, column D; dropout as in section 3.1.
    (Vgg16(width=1 / 16, batch_normalisation=False, dense=(8, 8)),
     (2 * CONV + MAX) * 2 + (3 * CONV + MAX) * 3 + FLAT + (FULL + DROP) * 2, [.5] * 2),
    # github.com/microsoft/FERPlus, src/models.py.
    (Vgg13(width=1 / 16), (2 * CONV + MAX + DROP) * 2 + (3 * CONV + MAX + DROP) * 2 + FLAT + (FULL + DROP) * 2,
     [.25] * 4 + [.5] * 2),
    (Gudi(width=1 / 16), (CONV + MAX) * 2 + CONV + DROP + FLAT + FULL, [.3]),
    (Kaist(width=1 / 16), NORMALISED + MAX + (NORMALISED + MEAN) * 2 + FLAT + FULL * 2 + DROP, [.4]),
    (Original(), (2 * CONV + MAX) * 3 + FLAT + FULL * 3, [])], ids=lambda value: type(value).__name__)
def test_published_networks_layer_by_layer(backbone, layers, dropout):
    model = features(backbone, (48, 48, 1))
    assert [type(layer).__name__ for layer in model.layers[1:]] == layers
    assert {layer.activation.__name__ for layer in model.layers if type(layer).__name__ == "Activation"} == {"relu"}
    assert {layer.activation.__name__ for layer in model.layers if type(layer).__name__ in ("Conv2D", "Dense")} == {"linear"}
    assert [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"] == dropout


def sizes(model, kind):
    return [layer.output.shape[1:] for layer in model.layers if type(layer).__name__ == kind]


def test_the_vgg13_of_fer_plus():
    model = features(Vgg13(), (64, 64, 1))
    blocks = [(64, 64, 64)] * 2 + [(32, 32, 128)] * 2 + [(16, 16, 256)] * 3 + [(8, 8, 256)] * 3
    assert sizes(model, "Conv2D") == blocks
    # 3 x 3 weights per pair of maps and a bias per map; 4 x 4 x 256 into 1024, into 1024.
    maps = [1, 64, 64, 128, 128, 256, 256, 256, 256, 256, 256]
    convolutions = sum(9 * before * after + after for before, after in pairwise(maps))
    assert sum(np.prod(variable.shape) for variable in model.trainable_variables) == convolutions + 4097 * 1024 + 1025 * 1024


def test_the_network_of_gudi():
    model = features(Gudi(), (48, 48, 1))
    assert sizes(model, "Conv2D") == [(48, 48, 64), (24, 24, 64), (12, 12, 128)]
    assert [layer.pool_size for layer in model.layers if type(layer).__name__ == "MaxPooling2D"] == [(3, 3)] * 2
    parameters = (25 * 1 + 1) * 64 + (25 * 64 + 1) * 64 + (16 * 64 + 1) * 128 + (12 * 12 * 128 + 1) * 3072
    assert sum(np.prod(variable.shape) for variable in model.trainable_variables) == parameters


def test_the_network_of_kaist():
    model = features(Kaist(), (42, 42, 1))
    assert sizes(model, "Conv2D") == [(42, 42, 32), (21, 21, 32), (11, 11, 64)]
    assert sizes(model, "AveragePooling2D") == [(11, 11, 32), (6, 6, 64)]
    # No bias under batch normalisation, which has a factor and a shift per map.
    convolutions = 25 * 32 + 16 * 32 * 32 + 25 * 32 * 64 + 2 * (32 + 32 + 64)
    parameters = convolutions + (6 * 6 * 64 + 1) * 2048 + (2048 + 1) * 1024
    assert sum(np.prod(variable.shape) for variable in model.trainable_variables) == parameters


def test_the_residual_network():
    model = features(Residual(), (48, 48, 1))
    # The stem, then per stage four convolutions of blocks; three stages begin with a way past of their own.
    assert len(sizes(model, "Conv2D")) == 1 + 4 * 4 + 3 and model.output.shape == (None, 256)
    assert sizes(model, "Add")[-1] == (6, 6, 256)
    widths = (32, 64, 128, 256)
    kernels = 9 * 32 + 4 * 9 * 32**2 + sum(9 * a * b + 3 * 9 * b * b + a * b for a, b in pairwise(widths))
    normalisation = 2 * (32 + 4 * 32 + sum(5 * b for b in widths[1:]))
    assert sum(np.prod(variable.shape) for variable in model.trainable_variables) == kernels + normalisation
    with pytest.raises(StudyError, match="at least one stage"):
        Residual(filters=())

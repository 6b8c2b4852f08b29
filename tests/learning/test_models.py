import dataclasses

import numpy as np
import pytest

from mixedfer.learning.backbones.original import Original
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.fusions.probabilities import Probabilities
from mixedfer.learning.landmark_branches.mlp import Mlp
from mixedfer.learning.landmark_branches.pointwise import Pointwise
from mixedfer.learning.retouch import NONE, Retouch
from mixedfer.learning.views.angles import angles
from mixedfer.learning.views.distances import distances
from mixedfer.learning.views.found_flag import FoundFlag
from mixedfer.learning.views.noise import Noise
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.procrustes import procrustes
from mixedfer.learning.views.region import Region
from mixedfer.learning.views.scaled import scaled
from mixedfer.study import Arm
from tests.tiny import STUDY

pytestmark = pytest.mark.usefixtures("keras_ready")
IMAGE, MIXED, _, LANDMARKS = STUDY.arms


def build(arm, recipe=STUDY.recipe, image=(32, 32, 1), classes=2, seed=3):
    from mixedfer.learning import models

    return models.build(recipe, arm, image, (68, 2) if arm.landmarks else None, classes, seed)


def test_arms_share_the_initial_weights_of_every_layer_of_equal_shape():
    weights = [{weight.path: np.asarray(weight.numpy()) for weight in build(arm).weights} for arm in STUDY.arms]
    image, mixed, shuffled, landmarks = weights
    assert all(np.array_equal(mixed[name], shuffled[name]) for name in mixed)
    wider = {name for name in image if image[name].shape != mixed[name].shape}
    assert wider == {"joint_fc1/kernel"}
    for other in (image, landmarks):
        same = [name for name in other if other[name].shape == mixed[name].shape]
        assert len(same) > 4 and all(np.array_equal(other[name], mixed[name]) for name in same)


def test_another_seed_gives_other_weights():
    first, second = build(IMAGE).weights, build(IMAGE, seed=4).weights
    kernels = [(a, b) for a, b in zip(first, second) if a.path.endswith("kernel")]
    assert all(not np.array_equal(a.numpy(), b.numpy()) for a, b in kernels)


def test_the_papers_vgg16():
    """Simonyan and Zisserman, table 2: configuration D has 138 million parameters at 224x224 with 1,000 classes.

    Five poolings leave 7x7 places of 512 channels there and one of 32x32, all joined to the 4,096 units that follow.
    """
    recipe = dataclasses.replace(STUDY.recipe, augmentation=None,
                                 backbone=Vgg16(batch_normalisation=False, dense=(4096, 4096)),
                                 fusion=dataclasses.replace(STUDY.recipe.fusion, units=()))
    model = build(IMAGE, recipe, image=(32, 32, 3), classes=1000)
    assert model.count_params() + (7 * 7 - 1) * 512 * 4096 == 138_357_544
    assert sum("conv" in layer.name and "relu" not in layer.name for layer in model.layers) == 13


@pytest.mark.parametrize("image", [(48, 48, 1), (64, 64, 3), (100, 100, 1)])
def test_inputs_of_many_sizes_gray_or_colour(image):
    recipe = STUDY.varying(blocks=5).recipe
    model = build(MIXED, recipe, image=image, classes=7)
    batch = {"image": np.zeros((2, *image), np.uint8), "affine": np.tile(np.eye(3).reshape(9)[:8], (2, 1)).astype(np.float32),
             "landmarks": np.zeros((2, 68, 2), np.float32)}
    probabilities = model.predict_on_batch(batch)
    assert probabilities.shape == (2, 7) and np.allclose(probabilities.sum(1), 1, atol=1e-6)


def test_the_original_network():
    """Convolutions 3x3 on 48x48 gray, 128 x 6 x 6 into 64, 64, 2 ReLU units; each term is inputs x outputs + outputs."""
    recipe = dataclasses.replace(STUDY.recipe, backbone=Original(), landmark_branch=Pointwise(), fusion=Probabilities(),
                                 augmentation=None, pixels="raw")
    convolutions = sum(9 * a * b + b for a, b in [(1, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)])
    raw = convolutions + 128 * 6 * 6 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2
    landmarks = 2 * 2 + 2 + 136 * 2 + 2
    assert landmarks == 280
    assert build(IMAGE, recipe, image=(48, 48, 1)).count_params() == raw
    assert build(LANDMARKS, recipe).count_params() == landmarks
    mixed = build(MIXED, recipe, image=(48, 48, 1))
    assert mixed.count_params() == raw + landmarks + 4 * 68 + 68 + 68 * 2 + 2
    assert mixed.get_layer("fc3_relu").output.shape == (None, 2)


def test_raw_pixels_are_not_scaled_and_signed_ones_are():
    import keras

    picture = np.array([[0], [255]], np.uint8).reshape(1, 2, 1, 1)
    for pixels, seen in {"raw": [0, 255], "signed": [-1, 1]}.items():
        model = build(IMAGE, STUDY.varying(pixels=pixels).recipe)
        scaled = keras.Model(model.inputs, model.get_layer("pixels").output)
        batch = {"image": picture.repeat(16, 1).repeat(32, 2), "affine": np.zeros((1, 8), np.float32)}
        assert np.unique(scaled.predict_on_batch(batch)).tolist() == seen


def seen(model, images):
    """What the backbone of a model takes, for uint8 images (n, 32, 32, 1)."""
    import keras

    scaled = keras.Model(model.inputs, model.get_layer("pixels").output)
    return scaled.predict_on_batch({tensor.name: images if tensor.name == "image" else np.zeros((len(images), 8), np.float32)
                                    for tensor in model.inputs})


def test_standardised_pixels_have_no_light_and_no_contrast():
    rng = np.random.default_rng(0)
    images = rng.integers(40, 160, (4, 32, 32, 1), np.uint8)
    images[3] = 9
    found = seen(build(IMAGE, STUDY.varying(pixels="standardised").recipe), images)
    assert np.allclose(found[:3].mean((1, 2, 3)), 0, atol=1e-5) and np.allclose(found[:3].std((1, 2, 3)), 1, atol=1e-4)
    assert (found[3] == 0).all()
    brighter = seen(build(IMAGE, STUDY.varying(pixels="standardised").recipe), (images // 2 + 90).astype(np.uint8))
    assert np.corrcoef(found[:3].ravel(), brighter[:3].ravel())[0, 1] > .999


def test_centred_pixels_lack_the_mean_image():
    from mixedfer.learning import models

    mean = np.random.default_rng(0).uniform(0, 255, (32, 32, 1))
    model = models.build(STUDY.varying(pixels="centred").recipe, IMAGE, (32, 32, 1), None, 2, 0, mean=mean)
    images = np.full((2, 32, 32, 1), 100, np.uint8)
    assert np.allclose(seen(model, images), (100 - mean) / 127.5, atol=1e-5)
    assert "pixels" not in {variable.path.split("/")[0] for variable in model.trainable_variables}


@pytest.mark.parametrize(("change", "inputs"), [
    ({"augmentation": None}, ["image"]), ({"augmentation": None, "frame": 24}, ["image", "affine"]),
    ({"augmentation": None, "test_views": "mirror"}, ["image", "affine"]),
    ({"retouch": Retouch(erase=1.0)}, ["image", "retouch", "affine"])])
def test_a_model_has_the_inputs_that_its_recipe_needs(change, inputs):
    model = build(IMAGE, STUDY.varying(**change).recipe)
    assert [tensor.name for tensor in model.inputs] == inputs
    side = change.get("frame", 32)
    assert model.get_layer("block1_conv1").output.shape[1:3] == (side, side)


def test_an_erased_place_is_the_images_mean_and_light_spares_it():
    from mixedfer.learning.layers import Retouching

    image = np.random.default_rng(0).uniform(60, 160, (1, 20, 20, 1)).astype(np.float32)
    # Half the contrast, 25.5 lighter; erased: columns 5 to 14, rows 10 to 19.
    numbers = np.float32([[0.5, 0.1, 0.25, 0.5, 0.75, 2.0]])
    found, mean = np.asarray(Retouching()(image, numbers)), image.mean()
    erased = np.zeros((20, 20), bool)
    erased[10:, 5:15] = True
    assert np.allclose(found[0, ..., 0][erased], mean, atol=1e-3)
    assert np.allclose(found[0, ..., 0][~erased], (mean + (image[0, ..., 0] - mean) / 2 + 25.5)[~erased], atol=1e-3)
    assert np.allclose(np.asarray(Retouching()(image, NONE[None])), image, atol=1e-3)


def test_precision_is_the_recipes_and_leaves_no_trace():
    import keras

    model = build(MIXED, STUDY.varying(precision="mixed_bfloat16").recipe)
    assert model.get_layer("block1_conv1").compute_dtype == "bfloat16"
    assert model.get_layer("block1_conv1").variable_dtype == "float32"
    assert model.get_layer("move").compute_dtype == "float32" and model.outputs[0].dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_batch_normalised_landmark_branch():
    recipe = dataclasses.replace(STUDY.recipe, landmark_branch=Mlp(units=(4,), batch_normalisation=True))
    assert build(LANDMARKS, recipe).get_layer("landmarks_fc1_bn")


@pytest.mark.parametrize("view", [Region(normalised, keep=("nose",)), scaled, procrustes, distances, angles, Noise(angles),
                                  FoundFlag()], ids=lambda view: getattr(view, "__name__", type(view).__name__))
def test_the_landmark_branch_takes_a_view_of_any_shape(view):
    from mixedfer.learning import models

    shown = view(np.zeros((2, 68, 2)), np.ones(2, bool), 32)
    model = models.build(STUDY.recipe, Arm("landmarks", landmarks=view), (32, 32, 1), shown.shape[1:], 2, 3)
    assert model.get_layer("landmarks_fc1").kernel.shape[0] == shown[0].size
    assert model.predict_on_batch({"landmarks": shown}).shape == (2, 2)


@pytest.mark.parametrize("change", [{"pixels": "centred", "retouch": Retouch(erase=0.5)}, {"pixels": "standardised"}])
def test_a_saved_model_needs_nothing_but_its_file(tmp_path, change):
    import keras

    from mixedfer.learning import models

    rng, recipe = np.random.default_rng(0), STUDY.varying(**change).recipe
    model = models.build(recipe, MIXED, (32, 32, 1), (68, 2), 2, 3, mean=rng.uniform(0, 255, (32, 32, 1)))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    inputs = {tensor.name: rng.uniform(0, 1, (3, *tensor.shape[1:])).astype(tensor.dtype) for tensor in model.inputs}
    inputs["image"] = rng.integers(0, 255, (3, 32, 32, 1), np.uint8)
    assert np.array_equal(model.predict_on_batch(inputs), again.predict_on_batch(inputs))

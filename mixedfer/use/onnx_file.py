"""A bundle's network as ONNX, for other programs: from what an arm sees of a face to probabilities of the classes.

    image      (n, size, size, channels) uint8, as `faces.work.cut` makes it
    landmarks  float32, as the arm's view makes them of the 68 points in that image

Keras converts it by tf2onnx. What moves and retouches images in training, which tf2onnx cannot convert, is left out: an image
that is not trained on is only cut to its middle.
"""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path

import numpy as np

from mixedfer.errors import BadInput, Fault
from mixedfer.faceset import FaceSet
from mixedfer.learning import backend
from mixedfer.learning.batches import TOGETHER, Batches
from mixedfer.study import Recipe
from mixedfer.use.network import Look

PACKAGES = ("onnx", "tf2onnx", "onnxruntime")
#: How far the probabilities of the file may lie from those of the network.
NEAR = 1e-4


def check(recipe: Recipe) -> None:
    """Raises BadInput where networks of this recipe cannot be written."""
    if recipe.test_views != "one" or recipe.precision != "float32":
        raise BadInput(f"--onnx writes networks in float32 that look at an image once; this one has precision="
                       f"{recipe.precision!r} and test_views={recipe.test_views!r}", remedy="Export it without --onnx.")
    if backend.name() != "tensorflow":
        raise BadInput(f"--onnx needs Keras' backend tensorflow, this is {backend.name()}",
                       remedy="Set KERAS_BACKEND=tensorflow for this command.")
    for name in PACKAGES:
        try:
            with _silence():
                importlib.import_module(name)
        except ModuleNotFoundError:
            raise BadInput(f"{name} is not installed, which --onnx needs",
                           remedy="Install it with `pip install 'mixedfer[onnx]'`.") from None


def write(model, path: Path, faces: FaceSet, rows: np.ndarray, look: Look, view) -> None:
    """Write a network; it is asked about some rows of a face set in both forms. Raises Fault where they do not agree."""
    import keras

    plain = _plain(model)
    shapes = [keras.InputSpec(shape=(None, *one.shape[1:]), dtype=one.dtype, name=one.name) for one in plain.inputs]
    with _silence():
        plain.export(path, format="onnx", verbose=False, input_signature=[shapes])
    inputs = Batches(faces, rows[:TOGETHER], "test", look, 0, view).look(np.arange(min(TOGETHER, len(rows)))).inputs
    _compare(model, path, inputs)


def _compare(model, path: Path, inputs: dict[str, np.ndarray]) -> None:
    """Raises Fault where a network and its file do not agree."""
    answers = np.asarray(model.predict_on_batch({one.name: inputs[one.name] for one in model.inputs}))
    gap = float(np.abs(_ask(path, inputs) - answers).max())
    if not gap <= NEAR:
        raise Fault(f"the file does not answer as the network: probabilities differ by up to {gap:.2g}", file=path,
                    remedy="Export the bundle without --onnx.")


def _plain(model):
    """The same network of `image` and `landmarks` alone, with its weights."""
    import keras

    from mixedfer.learning.layers import Move, Retouching

    class Middle(Move):
        """The middle of an image that is not moved."""

        def call(self, image, affine):
            edge = (image.shape[1] - self.side) // 2
            return keras.ops.cast(image, "float32")[:, edge:edge + self.side, edge:edge + self.side]

    class Untouched(Retouching):
        def call(self, image, numbers):
            return keras.ops.cast(image, "float32")

    class Zeros(keras.layers.Layer):
        """(n, count) zeros, for inputs that are not looked at."""

        def __init__(self, count: int, **options):
            super().__init__(**options)
            self.count = count

        def call(self, image):
            return keras.ops.zeros((keras.ops.shape(image)[0], self.count))

    kinds = {Move: Middle, Retouching: Untouched}
    still = keras.models.clone_model(model, clone_function=lambda layer: kinds.get(type(layer), type(layer)).from_config(
        layer.get_config()))
    still.set_weights(model.get_weights())
    seen = {one.name: keras.Input(one.shape[1:], dtype=one.dtype, name=one.name) for one in model.inputs
            if one.name in ("image", "landmarks")}
    given = [seen[one.name] if one.name in seen else Zeros(one.shape[1])(seen["image"]) for one in model.inputs]
    return keras.Model(list(seen.values()), still(given))


def _ask(path: Path, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """What the file says. Raises Fault where ONNX Runtime cannot run it."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return session.run(None, {one.name: np.ascontiguousarray(inputs[one.name]) for one in session.get_inputs()})[0]
    except Exception as error:  # ONNX Runtime has a class for every code of its own
        raise Fault(f"ONNX Runtime cannot run the network ({str(error).partition(chr(10))[0][:200]})", file=path,
                    remedy="Export the bundle without --onnx.") from error


def _silence() -> warnings.catch_warnings:
    """For packages that warn of NumPy's future."""
    return warnings.catch_warnings(action="ignore")

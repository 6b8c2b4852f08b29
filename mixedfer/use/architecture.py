"""A Keras model <-> a `.keras` file; one that holds anything but layers of Keras and of mixedfer is refused.

What a file describes is looked through before Keras makes anything of it: a Lambda layer is code, and what is not registered is
nobody's. Keras' own safe mode stands behind that.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixedfer.errors import BadInput

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
#: Layers of Keras that run other code than Keras' own.
CODE = ("Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer")
#: Where Keras' parts of a network lie; operations on tensors, such as `a * b`, are named by Keras' inner modules.
MODULES = ("keras", "keras.layers", "keras.initializers", "keras.regularizers", "keras.constraints",
           "keras.src.models.functional", "keras.src.ops.numpy", "keras.src.ops.nn")
OURS = "mixedfer>"
#: On which every model is said to be saved.
DAY = "1980-01-01@00:00:00"
REMEDY = "Use bundles that `mixedfer export` wrote, from people whom you trust."


def load(path: Path, image: tuple[int, ...], classes: int):
    """The model of a file. Raises BadInput where it is none, holds code, or does not fit `image` and the number of classes."""
    _inspect(path)
    import keras

    from mixedfer.learning import backend, layers  # noqa: F401 - registers the layers of mixedfer

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what it likes; none of it may look like a fault of mixedfer
        raise BadInput(f"Keras cannot make a network of it ({type(error).__name__}: {str(error).partition(chr(10))[0][:200]})",
                       file=path, remedy=REMEDY) from error
    _fit(model, path, image, classes)
    model.jit_compile = backend.xla()
    return model


def save(model, path: Path) -> None:
    """Write a model; equal models give equal bytes. Keras notes the day and the places of objects in memory."""
    model.save(path)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in sorted(file.namelist())}
    noted = json.loads(parts["metadata.json"]) | {"date_saved": DAY}
    parts["metadata.json"] = json.dumps(noted).encode()
    text, places = parts["config.json"].decode(), {}
    parts["config.json"] = re.sub(r'("shared_object_id": )(\d+)', lambda found: found[1] + str(
        places.setdefault(found[2], len(places))), text).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(zipfile.ZipInfo(name), content)


def _inspect(path: Path) -> None:
    """Raises BadInput for a file that describes anything but layers of Keras and mixedfer."""
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
            if sum(part.file_size for part in file.infolist()) > path.stat().st_size:
                raise ValueError("what it holds is larger than itself")  # Keras packs nothing
            described = json.loads(file.read("config.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"not a saved Keras model ({error})", file=path, remedy=REMEDY) from error
    if extra := names - MEMBERS:
        raise BadInput(f"it holds more than a model: {', '.join(sorted(extra)[:3])}", file=path, remedy=REMEDY)
    if not isinstance(described, dict) or described.get("class_name") != "Functional":
        raise BadInput("not a network as mixedfer saves them", file=path, remedy=REMEDY)
    for part in _parts(described):
        if why := _refusal(part):
            raise BadInput(f"its network has {why}", file=path, remedy=REMEDY)


def _parts(described: Any) -> Iterator[dict]:
    """Everything with a class in a description of a model."""
    nodes = [described]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if "class_name" in node:
                yield node
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node


def _refusal(part: dict) -> str:
    """Why a part of a network is refused; "" where it is not."""
    name, module, registered = str(part["class_name"]), part.get("module"), part.get("registered_name")
    if name in CODE or name == "__lambda__":
        return f"a {name.strip('_')} layer, which runs code of its own"
    if name in ("__keras_tensor__", "__tensor__", "__slice__", "__ellipsis__", "__tuple__"):
        return ""
    if isinstance(registered, str) and registered.startswith(OURS):
        return ""
    if module in MODULES and registered in (None, name) and name != "function":
        return ""
    return f"{name!r} of {registered or module or 'nowhere'}, which is no layer of Keras or mixedfer"


def _fit(model, path: Path, image: tuple[int, ...], classes: int) -> None:
    """Raises BadInput where a model takes or gives something else than its bundle says."""
    shapes = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
    known = {"image": image, "affine": (8,), "retouch": (6,)}
    wrong = [name for name, shape in shapes.items() if name != "landmarks" and known.get(name) != shape]
    if wrong:
        raise BadInput(f"it takes other inputs than its bundle says: {', '.join(wrong)}", file=path, remedy=REMEDY)
    if [tuple(output.shape) for output in model.outputs] != [(None, classes)]:
        raise BadInput(f"it answers with {[tuple(output.shape[1:]) for output in model.outputs]}, its bundle has {classes} "
                       "classes", file=path, remedy=REMEDY)

"""The only file that knows the Keras backend: its name and version, device, threads, determinism, compilation."""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mixedfer import __version__, identity
from mixedfer.errors import BadInput, nearest

PACKAGES = {"tensorflow": ("tensorflow-cpu", "tensorflow"), "jax": ("jax",), "torch": ("torch",)}
XLA_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"


def name() -> str:
    """The backend that Keras will use, found without importing it: KERAS_BACKEND, Keras' own file, or TensorFlow."""
    chosen = os.environ.get("KERAS_BACKEND") or _configured() or "tensorflow"
    if chosen not in PACKAGES:
        raise BadInput(f"unknown Keras backend {chosen!r}", remedy=nearest(chosen, PACKAGES))
    return chosen


def _configured() -> str | None:
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError):
        return None


def versions() -> dict[str, str]:
    """Versions of what trains, without importing it. Raises BadInput when Keras or its backend is not installed."""
    backend = name()
    return {"keras": _version("keras"), "backend": backend, "backend_version": _version(*PACKAGES[backend]),
            "numpy": _version("numpy"), "scikit_learn": _version("scikit-learn"), "python": platform.python_version(),
            "mixedfer": __version__}


@functools.cache
def making() -> dict[str, str]:
    """What names the making half: its source, Keras, the backend, NumPy, scikit-learn (it draws the splits). Runs of another
    making are other runs.

    Components are left out here; each names itself in the recipe or arm that has it (`identity.canonical`).

    Read once per process: what counts is the source that this process imported.
    """
    package = Path(__file__).parents[1]
    learning = package / "learning"
    source = identity.hash_source(*learning.glob("*.py"), *learning.glob("*/__init__.py"), package / "faces" / "splits.py",
                              *(package / f"{name}.py" for name in ("seeds", "geometry", "faceset")))
    found = versions()
    return {"making": source, **{key: found[key] for key in ("keras", "backend", "backend_version", "numpy", "scikit_learn")}}


def _version(*names: str) -> str:
    found = identity.version(*names)
    if found is None:
        others = [backend for backend in PACKAGES if identity.version(*PACKAGES[backend])]
        instead = f" Or set KERAS_BACKEND={others[0]}, which is installed." if names in PACKAGES.values() and others else ""
        raise BadInput(f"{names[0]} is not installed",
                       remedy=f"Install it with `pip install 'mixedfer[cpu]'` (or [gpu], [jax], [torch]).{instead}")
    return found


def quiet() -> None:
    """Ask the backend's C++ half not to chat; has an effect before the backend is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def setup(threads: int) -> None:
    """Deterministic operations on `threads` processor threads, and a GPU's memory taken as it is needed, so that several
    processes can share one; call once per process, before the first tensor.

    The number of threads is fixed, not taken from the machine, because sums in another order have other last bits.
    """
    os.environ.update(_environment(name(), threads))
    with _hushed():
        import keras
    keras.config.set_floatx("float32")  # whatever a keras.json in the home folder says
    keras.config.set_image_data_format("channels_last")
    if name() == "tensorflow":
        _setup_tensorflow(threads)
    elif name() == "torch":
        _setup_torch(threads)
    # What is in memory by now stays; looking through it after every cell would take a fifth of a small cell's time.
    gc.collect()
    gc.freeze()


def _environment(backend: str, threads: int) -> dict[str, str]:
    """What a backend reads while it is being imported. What the user says of XLA's other flags and of taking memory stays.

    NPROC is how many threads XLA uses on a processor: without it, a plain sum depends on the number of cores.
    CUBLAS_WORKSPACE_CONFIG is what PyTorch's documentation of deterministic algorithms asks for.
    """
    if backend == "jax":
        flags = [flag for flag in os.environ.get("XLA_FLAGS", "").split() if flag != XLA_DETERMINISTIC]
        return {"NPROC": str(threads), "XLA_FLAGS": " ".join([*flags, XLA_DETERMINISTIC]),
                "XLA_PYTHON_CLIENT_PREALLOCATE": os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE", "false")}
    return {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"} if backend == "torch" else {}


def _setup_tensorflow(threads: int) -> None:
    import tensorflow as tf

    # Every cell is a new model; TensorFlow would warn of each as if one model were traced again and again.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def _setup_torch(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    if torch.get_num_interop_threads() != 1:  # it can be set only once
        torch.set_num_interop_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=True)


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep what C++ code writes to the error stream from the terminal; if the block fails, show it after all."""
    sys.stderr.flush()
    terminal, kept = os.dup(2), tempfile.TemporaryFile()  # noqa: SIM115 - it is read after the block, below
    os.dup2(kept.fileno(), 2)
    failed = True
    try:
        yield
        failed = False
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        if failed:
            kept.seek(0)
            sys.stderr.write(kept.read().decode(errors="replace"))
        kept.close()


def deterministic() -> bool:
    """Whether every operation repeats bit for bit; PyTorch has some on GPUs that do not. Imports the backend."""
    return name() != "torch" or device() == "cpu"


def device() -> str:
    """What Keras computes on, such as "cpu" or "NVIDIA H200". Imports the backend."""
    if name() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "gpu") if gpus else "cpu"
    if name() == "torch":
        import keras
        import torch

        kind = keras.ops.zeros(1).device.type
        return torch.cuda.get_device_name() if kind == "cuda" else kind
    import jax

    return jax.devices()[0].device_kind


def xla() -> bool:
    """Whether to compile with XLA: only where the backend is built on it (TensorFlow on CPU is faster without)."""
    return name() == "jax"


def normalises() -> bool:
    """Whether `normalise` is there: only under TensorFlow (XLA, as under JAX, joins small operations itself)."""
    return name() == "tensorflow"


def normalise(maps, scale, offset, epsilon: float) -> tuple:
    """Feature maps (batch, height, width, channels) with mean 0 and variance 1 per channel, then scaled and shifted; and those
    means and variances (channels), as batch normalisation keeps them.
    """
    import tensorflow as tf

    scale, offset = (tf.cast(value, "float32") for value in (scale, offset))
    # Short numbers are slow where the channels do not fill a processor's registers.
    wide = maps if maps.shape[-1] % 16 == 0 else tf.cast(maps, "float32")
    normal, mean, variance = tf.compat.v1.nn.fused_batch_norm(wide, scale, offset, epsilon=epsilon)
    count = tf.cast(tf.reduce_prod(tf.shape(maps)[:-1]), "float32")
    return tf.cast(normal, maps.dtype), mean, variance * (count - 1) / count  # TensorFlow divides by one less than the count


def release() -> None:
    """Forget the last model, so that cells in one process neither pile up nor touch each other."""
    import keras

    keras.utils.clear_session()
    gc.collect()

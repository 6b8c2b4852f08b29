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
    source = identity.hash_source(*(package / "learning").glob("*.py"), package / "faces" / "splits.py",
                              *(package / f"{name}.py" for name in ("seeds", "geometry", "faceset")))
    found = versions()
    return {"making": source, **{key: found[key] for key in ("keras", "backend", "backend_version", "numpy", "scikit_learn")}}


def _version(*names: str) -> str:
    found = identity.version(*names)
    if found is None:
        raise BadInput(f"{names[0]} is not installed",
                       remedy="Install it with `pip install 'mixedfer[cpu]'` (or [gpu], [jax]).")
    return found


def quiet() -> None:
    """Ask the backend's C++ half not to chat; has an effect before the backend is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def setup(threads: int) -> None:
    """Deterministic operations on `threads` processor threads; call once per process, before the first tensor.

    The number of threads is fixed, not taken from the machine, because sums in another order have other last bits.
    """
    if name() == "jax":
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" if threads == 1 else ""
        flags = os.environ.get("XLA_FLAGS", ""), "--xla_gpu_deterministic_ops=true", one
        os.environ["XLA_FLAGS"] = " ".join(filter(None, flags))
    with _hushed():
        import keras
    keras.config.set_floatx("float32")  # whatever a keras.json in the home folder says
    keras.config.set_image_data_format("channels_last")
    if name() == "tensorflow":
        _setup_tensorflow(threads)
    elif name() == "torch":
        import torch

        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True, warn_only=True)
    # What is in memory by now stays; looking through it after every cell would take a fifth of a small cell's time.
    gc.collect()
    gc.freeze()


def _setup_tensorflow(threads: int) -> None:
    import tensorflow as tf

    # Every cell is a new model; TensorFlow would warn of each as if one model were traced again and again.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


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
    """Whether every operation repeats bit for bit; PyTorch has some that do not."""
    return name() != "torch"


def device() -> str:
    """What Keras computes on, such as "cpu" or "NVIDIA H200". Imports the backend."""
    if name() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "gpu") if gpus else "cpu"
    if name() == "torch":
        import torch

        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"
    import jax

    return jax.devices()[0].device_kind


def xla() -> bool:
    """Whether to compile with XLA: only where the backend is built on it (TensorFlow on CPU is faster without)."""
    return name() == "jax"


def release() -> None:
    """Forget the last model, so that cells in one process neither pile up nor touch each other."""
    import keras

    keras.utils.clear_session()
    gc.collect()

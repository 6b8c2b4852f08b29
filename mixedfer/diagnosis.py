"""What this machine has, for `mixedfer doctor` and for bug reports."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator
from pathlib import Path

from mixedfer import __version__, processes
from mixedfer.errors import BadInput, MixedferError
from mixedfer.faces import landmarks
from mixedfer.learning import backend
from mixedfer.study import PREDICTOR

PACKAGES = ("keras", "numpy", "scipy", "scikit-learn", "opencv-python-headless", "imutils", "matplotlib")


def examine(predictor: Path | None) -> Iterator[tuple[str, str]]:
    """Yield (name, finding), quick ones first; what is missing is said, not raised."""
    yield "mixedfer", __version__
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "cores", str(processes.cores())
    for name in PACKAGES:
        yield name, _version(name)
    yield "dlib", _version("dlib-bin", "dlib")
    yield "predictor", _try(lambda: str(landmarks.find_predictor(predictor, PREDICTOR)))
    yield "backend", _try(lambda: "{backend} {backend_version}".format(**backend.versions()))
    yield "accelerator", _try(_device)
    yield "deterministic", "yes: repeatable bit for bit on this machine with these versions and one number of threads"


def _device() -> str:
    backend.quiet()
    backend.setup(1)
    device = backend.device()
    return "none; training runs on the processor" if device == "cpu" else device


def _version(*names: str) -> str:
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "not installed"


def _try(find) -> str:
    try:
        return find()
    except (MixedferError, BadInput) as error:
        return f"missing: {error}"
    except ImportError as error:
        return f"does not import: {error}"

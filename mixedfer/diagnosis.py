"""What this machine has, for `mixedfer doctor` and for bug reports."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

from mixedfer import __version__, processes
from mixedfer.errors import MixedferError
from mixedfer.faces import landmarks, sightings
from mixedfer.identity import version
from mixedfer.learning import backend
from mixedfer.study import PREDICTOR

PACKAGES = ("keras", "numpy", "scipy", "scikit-learn", "imutils", "matplotlib")


def examine(predictor: Path | None) -> Iterator[tuple[str, str]]:
    """Yield (name, finding), quick ones first; what is missing is said, not raised."""
    yield "mixedfer", __version__
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "cores", str(processes.cores())
    for name in PACKAGES:
        yield name, version(name) or "not installed"
    yield "dlib", version("dlib-bin", "dlib") or "not installed"
    yield "opencv", version(*sightings.OPENCV) or "not installed"
    yield "predictor", _try(lambda: str(landmarks.find_predictor(predictor, PREDICTOR)))
    yield "backend", _try(lambda: "{backend} {backend_version}".format(**backend.versions()))
    yield "accelerator", _try(_device)
    yield "deterministic", ("yes: repeatable bit for bit on this machine with these versions and one number of threads"
                            if backend.deterministic() else "no: this backend has operations that do not repeat bit for bit")


def _device() -> str:
    backend.quiet()
    backend.setup(1)
    device = backend.device()
    return "none; training runs on the processor" if device == "cpu" else device


def _try(find) -> str:
    try:
        return find()
    except MixedferError as error:
        return f"missing: {error}"
    except ImportError as error:
        return f"does not import: {error}"

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
#: What Linux calls instructions that compute in bfloat16, on x86 and ARM.
BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16", "svebf16")


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
    yield from _backend()
    yield "bfloat16", _bfloat16()


def _backend() -> Iterator[tuple[str, str]]:
    """The backend, and what it says of itself where it is there."""
    try:
        yield "backend", "{backend} {backend_version}".format(**backend.versions())
    except MixedferError as error:
        yield "backend", f"missing: {error}"
        return
    yield "accelerator", _try(_device)
    yield "deterministic", _try(_deterministic)


def _device() -> str:
    backend.quiet()
    backend.setup(1)
    device = backend.device()
    return "none; training runs on the processor" if device == "cpu" else device


def _deterministic() -> str:
    if backend.deterministic():
        return "yes: repeatable bit for bit on this machine with these versions and one number of threads"
    return f"no: {backend.name()} has operations on GPUs that do not repeat bit for bit"


def _bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Whether the processor computes in bfloat16, as Linux tells; without, precision=mixed_bfloat16 is slower, not faster."""
    try:
        words = set(cpuinfo.read_text(encoding="utf-8").split())
    except OSError:
        return "unknown: this system does not say what its processor can"
    found = sorted(words.intersection(BFLOAT16))
    return f"the processor has {', '.join(found)}" if found else "the processor has no instructions for it"


def _try(find) -> str:
    try:
        return find()
    except MixedferError as error:
        return f"missing: {error}"
    except ImportError as error:
        return f"does not import: {error}"

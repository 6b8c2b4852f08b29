"""Two files per unfinished run with everything that the next epoch depends on: after the last finished epoch, and after the
one before, for when the newest cannot be read.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mixedfer import disk


@dataclass
class Progress:
    """What a run has behind it: each epoch's history and hashes of what it showed, the `best` weights if selected."""

    history: list[dict] = field(default_factory=list)
    shown: list[dict] = field(default_factory=list)
    first_batches: str = ""
    selected: int = -1
    best: list[np.ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        return len(self.history)


def previous(path: Path) -> Path:
    """Where the checkpoint before that at `path` lies."""
    return path.with_name(f"{path.stem}-before{path.suffix}")


def _newer(path: Path) -> Path:
    """Where a checkpoint is written before it takes the place of that at `path`; there only if a process was killed then."""
    return path.with_name(f"{path.stem}-new{path.suffix}")


def save(path: Path, variables: list, progress: Progress, provenance: dict) -> None:
    """Write the values of Keras `variables` (weights, optimiser state, dropout streams), the progress and who made it.

    Raises Fault as `put` does.
    """
    arrays = {f"v{index:04d}": np.asarray(variable.numpy()) for index, variable in enumerate(variables)}
    arrays |= {f"b{index:04d}": array for index, array in enumerate(progress.best)}
    facts = {"history": progress.history, "shown": progress.shown, "selected": progress.selected,
             "first_batches": progress.first_batches, "best": len(progress.best), "provenance": provenance}
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)
    put(path, buffer.getbuffer())


def put(path: Path, data: memoryview) -> None:
    """Write the bytes of a checkpoint to `path`. What was there becomes the previous one once they are on the disk; at every
    moment one of the two is whole. Raises Fault when the disk is full; then both are as they were.
    """
    new = _newer(path)
    disk.write_bytes(new, data)
    with contextlib.suppress(FileNotFoundError):
        os.replace(path, previous(path))
    os.replace(new, path)


def load(path: Path, variables: list, provenance: dict, say: Callable[[str], None]) -> Progress:
    """Put a checkpoint's values back into `variables`; an empty Progress where there is none that can be gone on from.

    Where the newest is damaged, or was made with other versions, threads or on another device, the one before is taken, else
    training starts again from the seed, and `say` tells so: it costs epochs, never the result.
    """
    reasons = []
    for left in path.parent.glob("*.part"):  # of a process that was killed while it wrote
        left.unlink()
    for place in (_newer(path), path, previous(path)):
        try:
            values, progress = _read(place, len(variables), provenance)
        except FileNotFoundError:
            continue
        # Whatever NumPy, zipfile and zlib raise for a file in which any bit may be another.
        except Exception as error:
            reasons.append(f"{place.name} cannot be gone on from ({error or type(error).__name__})")
            continue
        for variable, value in zip(variables, values):
            variable.assign(value)
        _tell(reasons, f"goes on after epoch {progress.epochs}", say)
        return progress
    _tell(reasons, "starts again from its first epoch", say)
    return Progress()


def _read(path: Path, count: int, provenance: dict) -> tuple[list[np.ndarray], Progress]:
    """The values and the progress of one checkpoint; the file's checksums are compared while it is read."""
    with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    values = [arrays[f"v{index:04d}"] for index in range(count)]
    facts = json.loads(arrays["facts"].tobytes())
    best = [arrays[f"b{index:04d}"] for index in range(facts.pop("best"))]
    if facts.pop("provenance") != provenance:
        raise ValueError("made with other versions, threads or on another device")
    return values, Progress(best=best, **facts)


def _tell(reasons: list[str], outcome: str, say: Callable[[str], None]) -> None:
    if reasons:
        say(f"{'; '.join(reasons)}; training {outcome}, to the same result")

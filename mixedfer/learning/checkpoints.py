"""One file per unfinished run with everything that the next epoch depends on; replaced atomically after each epoch."""

from __future__ import annotations

import io
import json
import zipfile
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


def save(path: Path, variables: list, progress: Progress, provenance: dict) -> None:
    """Write the values of Keras `variables` (weights, optimiser state, dropout streams), the progress and who made it."""
    arrays = {f"v{index:04d}": np.asarray(variable.numpy()) for index, variable in enumerate(variables)}
    arrays |= {f"b{index:04d}": array for index, array in enumerate(progress.best)}
    facts = {"history": progress.history, "shown": progress.shown, "selected": progress.selected,
             "first_batches": progress.first_batches, "best": len(progress.best), "provenance": provenance}
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)
    disk.write_bytes(path, buffer.getbuffer())


def load(path: Path, variables: list, provenance: dict) -> Progress:
    """Put a checkpoint's values back into `variables`; an empty Progress where there is none that can be gone on from.

    A damaged checkpoint, or one made with other versions, threads or on another device, costs the epochs it held, never
    the result: training starts again from the seed.
    """
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        values = [arrays[f"v{index:04d}"] for index in range(len(variables))]
        facts = json.loads(arrays["facts"].tobytes())
        best = [arrays[f"b{index:04d}"] for index in range(facts.pop("best"))]
    # NumPy and zipfile raise the last two for headers in which a bit was flipped.
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return Progress()
    if facts.pop("provenance") != provenance:
        return Progress()
    for variable, value in zip(variables, values):
        variable.assign(value)
    return Progress(best=best, **facts)

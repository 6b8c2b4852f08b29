"""Learning curves for the viewers that people use. One kind per file, named by it, with one entry point: `Log(place)`.

A log is called after every epoch as `log(name, history, epochs)`: a run's name ("study/arm/replicate-1"), the entries of all
its epochs so far (see `mixedfer.records`) and how many there will be. It writes what it has not written yet; what an earlier
command wrote of that run is replaced, so a log is whole however often training was interrupted. It changes no run.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path

from mixedfer.errors import BadInput, nearest

Log = Callable[[str, Sequence[dict], int], None]


def of(text: str) -> Log:
    """The log that KIND:PLACE names, such as "tensorboard:curves". Raises BadInput where there is no such kind, or where what
    it needs is not installed.
    """
    kind, _, place = text.partition(":")
    kinds = [found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)])]
    if kind not in kinds or not place:
        raise BadInput(f"--log {text}: expected KIND:PLACE", remedy=nearest(kind, kinds))
    return importlib.import_module(f"mixedfer.logs.{kind}").Log(place)

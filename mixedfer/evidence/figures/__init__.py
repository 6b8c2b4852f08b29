"""The figures of a report, one per file. A new file is a new figure; nothing else needs to change.

Every figure module has

    ORDER                      its place among the figures that `sections` names nowhere
    TITLE                      its heading
    draw(results, summary)     -> matplotlib Figure; never fails for want of data: it says what is missing
    caption(results, summary)  -> what is shown and how to read it, in one or two sentences
    alt(results, summary)      -> what a reader who cannot see the figure should know
    applies(results, summary)  -> whether there is anything to draw (optional; always, where a module has none)

and computes first, then draws. `results` (a `results.Results`) holds every prediction, `summary` the numbers of
results.json; a figure takes what it needs from either.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def discover() -> dict[str, ModuleType]:
    """Every figure module by file name, in the order of the report; helpers without an ORDER are left out."""
    modules = {info.name: importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)}
    drawn = {name: module for name, module in modules.items() if hasattr(module, "ORDER")}
    return dict(sorted(drawn.items(), key=lambda item: (item[1].ORDER, item[0])))

"""The report of more and more cells and tested images, from records that were not trained."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mixedfer.evidence import report
from tests.evidence import synthetic


def measure(cells: Sequence[int], images: Sequence[int]) -> dict:
    """The seconds of a report on each number of cells of two arms, with each number of images tested by every cell.

    There are 7/3 times as many pictures in all. Drawn faces are more alike than photographs, so that looking for copies, the
    only part that compares pictures with each other, takes longer here than it would on real ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        _write(2, 100, Path(folder) / "first")  # SciPy and Matplotlib are imported, fonts are found
        return {"runs": [_write(count, tested, Path(folder) / f"{count}-{tested}") for tested in images for count in cells]}


def _write(cells: int, images: int, folder: Path) -> dict:
    plan = synthetic.build(folder, replicates=cells // 2, images=images, name="drawn")
    began = time.perf_counter()
    report.write(plan, folder, folder / "reports")
    seconds = time.perf_counter() - began
    print(f"  report on {cells:,} cells, {images:,} images: {seconds:.1f} s", flush=True)
    return {"cells": cells, "images": images, "seconds": seconds}

"""How mixedfer grows: with workers and nodes, pictures, cells and tested images. All figures of a part come from one run.

    make bench-scale MIXEDFER_TEST_DATA=/path/to/folder/with/fer2013.csv
    python -m tests.benchmarks.scale --quick --out FOLDER                # a look, in minutes; not into reports/scale
    python -m tests.benchmarks.scale --part preparation --up-to 1000000  # one part again, with a million pictures

Writes `scale.json`, part by part, and the figure made of it. Without FER2013 the pictures are varied portraits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixedfer import disk
from mixedfer.evidence.figures import style
from tests.benchmarks import scale_cells, scale_figure, scale_preparation, scale_report
from tests.commands import ROOT

PARTS = ("cells", "preparation", "report")
#: Cells of the report and images that each of them tests; pictures and replicates that are trained, and how often, for single
#: runs of a minute or two differ by more than Ray costs. Then the same in a quick look.
REPORT, TRAINED = ((10, 40, 160), (1000, 3000, 10_000)), (2048, 4, 3)
QUICK_REPORT, QUICK_TRAINED = ((4, 8), (100, 200)), (64, 1, 1)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes: does it work?")] = False,
         part: Annotated[list[str] | None, typer.Option(help="cells, preparation or report; all, unless given.")] = None,
         up_to: Annotated[int, typer.Option(min=1000, help="Pictures to prepare: 1,000, 10,000, and so on.")] = 100_000,
         out: Annotated[Path, typer.Option(help="Where the figure and the numbers are written.")] = ROOT / "reports" / "scale",
         ) -> None:
    """Measure, and draw what is known by then."""
    known = disk.read_json(out / "scale.json") if (out / "scale.json").exists() else {}
    for name in part or PARTS:
        print(f"{name}:", flush=True)
        known[name] = _measure(name, quick, up_to)
        disk.write_json(out / "scale.json", known)
        with style.look():
            figure = scale_figure.draw(known)
            for kind in ("png", "svg"):
                disk.write_bytes(out / f"scale.{kind}", style.save(figure, kind))
    print(out / "scale.png")


def _measure(part: str, quick: bool, up_to: int) -> dict:
    if part == "preparation":
        return scale_preparation.measure([500] if quick else [10**power for power in range(3, 10) if 10**power <= up_to])
    if part == "report":
        return scale_report.measure(*QUICK_REPORT if quick else REPORT)
    return scale_cells.measure(*QUICK_TRAINED if quick else TRAINED)


if __name__ == "__main__":
    app()

"""Results -> `reports/<study>/`: a page, its Markdown twin, `results.json`, figures and tables.

    index.html    one self-contained page; needs no network
    report.md     the same for a repository's web view
    results.json  the numbers
    figures/      every figure as .png and .svg
    tables/       every table as .csv and, but for the predictions, as LaTeX .tex (package booktabs)
    inputs.json   what the report was made from, and the hash of every file: an unchanged report is not made again; of a grid
                  also its points, whose reports lie in folders beside it

Every file is written whole or not at all, `inputs.json` last: a killed command leaves a report that the next one makes
again. Only files that an earlier report wrote are ever replaced or removed, also those of points that a grid no longer has;
what others put into a folder stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from mixedfer import disk, records
from mixedfer.errors import BadInput, Damaged
from mixedfer.evidence import wording
from mixedfer.records import Plan

INPUTS = "inputs.json"
_HERE = Path(__file__).parent
#: Files of a run that no plan and no run's name decides.
_DECIDING = ("provenance.json", "probabilities-test.npy", "drops-occlusion.npy")


@dataclass(frozen=True)
class Report:
    """Where a report lies, its `results.json` as a dict, whether this call had to make it, and what it tells of removals."""

    folder: Path
    summary: dict
    made: bool
    removed: Sequence[str] = ()

    def __str__(self) -> str:
        """The answer and where to read it, for a terminal."""
        return "\n".join([wording.brief(self.summary), *self.removed, f"Report: {self.page}"])

    @property
    def page(self) -> Path:
        """The page to open."""
        return self.folder / "index.html"


def write(plan: Plan, store: Path, reports: Path, pictures: bool = True) -> Report:
    """Make the report of a finished study, unless the one in `reports` was made from the same inputs; without `pictures` it
    shows sketches of landmarks instead.

    Raises BadInput when runs are missing or the study's name cannot name a folder, Damaged when a run is not whole,
    Busy when another process is writing the same report, Fault when the disk is full.
    """
    folder = Path(reports).joinpath(*map(_safe, plan.name.split("/")))
    # As it is read back from disk, so that a plan fresh from a run gives the same bytes: JSON does not keep order.
    plan = Plan(**json.loads(disk.to_json(asdict(plan))))
    inputs = digest(plan, Path(store), pictures)
    made = not current(folder, inputs)
    removed = put(folder.resolve(), _contents(plan, Path(store), pictures), inputs) if made else ()
    return Report(folder, disk.read_json(folder / "results.json"), made, removed)


def digest(plan: Plan, store: Path, pictures: bool = True) -> str:
    """What decides a report's bytes: the plan, what its runs answered and with which software, the source, the versions of
    the libraries that mixedfer needs, and whether it shows pictures.

    A run's name says what was to be trained. The same run trained elsewhere may have other answers. The source is this
    folder and the modules beside it, the only ones that evidence may import.
    """
    made = hashlib.sha256(disk.to_json(asdict(plan)).encode())
    for run in dict.fromkeys(cell["run"] for cell in plan.cells):
        for path in (records.run_folder(store, run) / name for name in _DECIDING):
            made.update(f"{run} {path.name} {disk.hash_file(path) if path.is_file() else None}\n".encode())
    for path in sorted([*_HERE.parent.glob("*.py"), *_HERE.rglob("*.py"), *_HERE.glob("templates/*")]):
        made.update(f"{path.relative_to(_HERE.parent).as_posix()} {disk.hash_file(path)}\n".encode())
    made.update(disk.to_json(_libraries()).encode())
    return made.hexdigest() + ("" if pictures else " without pictures")


def _libraries() -> dict[str, str]:
    """Requirement of mixedfer, the optional ones left out -> its version, where it is installed."""
    found = {}
    for requirement in metadata.requires("mixedfer") or ():
        name = re.match(r"[\w.-]+", requirement)[0]
        if "extra ==" not in requirement and any(metadata.distributions(name=name)):
            found[name] = metadata.version(name)
    return found


def _safe(name: str) -> str:
    """A study's name as the name of one folder."""
    if not name or name in (".", "..") or any(letter in name for letter in "/\\\0"):
        raise BadInput(f"{name!r} cannot name a report's folder", remedy="Rename the study file.")
    return name


def current(folder: Path, inputs: str) -> bool:
    """Whether the report is there, was made from these inputs, and no file of it was changed or lost since."""
    try:
        made = disk.read_json(folder / INPUTS)
        return made["inputs"] == inputs and all(disk.hash_file(folder / name) == content
                                                for name, content in made["files"].items())
    except (Damaged, OSError, KeyError, TypeError, AttributeError):
        return False


def _contents(plan: Plan, store: Path, with_pictures: bool) -> dict[str, bytes]:
    """Every file of the report by its name, but for `inputs.json`."""
    # Here and not above: an unchanged report must not wait for SciPy and Matplotlib.
    from mixedfer.evidence import comparing, page, pictures, results, summary, tables, withheld

    found = results.load(plan, store)
    numbers = summary.summarise(found, comparing.compare_all(found))
    shown = found if with_pictures else withheld.without_pictures(found)
    drawn, made = pictures.draw_all(shown, numbers), tables.every(found, numbers)
    files = {"tables/predictions.csv": tables.predictions(found).encode(), **page.pages(shown, numbers, drawn, made)}
    return whole(numbers, drawn, made) | files


def whole(numbers: dict, drawn: Sequence, tables: Sequence) -> dict[str, bytes]:
    """The files of a report's numbers, pictures and tables by their names."""
    files = {"results.json": disk.to_json(numbers).encode()}
    for thing in (*drawn, *tables):
        files |= thing.contents()
    return files


def put(folder: Path, files: dict[str, bytes], inputs: str, points: Sequence[str] = ()) -> list[str]:
    """Write the files, and remove those of an earlier report that are not among them, and the reports of earlier points of a
    grid that are not among its `points`; says which of the latter.
    """
    with disk.lock(folder.with_name(f".{folder.name}.lock"), f"the report {folder}"), disk.full_disk(folder):
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        gone, lost = _ours(folder, "files") - files.keys(), sorted(_ours(folder, "points") - {*points})
        # From here on the report is nobody's, but what is to be removed stays known if this is interrupted.
        disk.write_json(folder / INPUTS, {"inputs": "unfinished", "files": {**hashes, **dict.fromkeys(gone, "")},
                                          "points": [*points, *lost]})
        for name, content in files.items():
            disk.write_bytes(folder / name, content)
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        removed = [_remove(folder / name) for name in lost if (folder / name).is_dir()]
        disk.write_json(folder / INPUTS, {"inputs": inputs, "files": hashes, "points": [*points]})
        return removed


def _remove(folder: Path) -> str:
    """Remove the report of a point, and its folder unless something else lies there."""
    written = [folder / name for name in (*_ours(folder, "files"), INPUTS)]
    for path in written:
        path.unlink(missing_ok=True)
    for inner in sorted({path.parent for path in written}, reverse=True):
        with contextlib.suppress(OSError):  # it holds what others put there
            inner.rmdir()
    stays = f"; what others put into {folder} stays" if folder.exists() else ""
    return f"Removed the report of {folder.name}, which is no longer a point of the study{stays}."


def _ours(folder: Path, kind: str) -> set[str]:
    """The "files" or "points" in this folder that an earlier report wrote; never one that a name or link leads out of it."""
    try:
        names = disk.read_json(folder / INPUTS)[kind]
        return {name for name in names if (folder / name).resolve() == folder / name}
    except (Damaged, KeyError, TypeError):
        return set()

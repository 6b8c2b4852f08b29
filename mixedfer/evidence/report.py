"""Results -> `reports/<study>/`: a page, its Markdown twin, `results.json`, figures and tables.

    index.html    one self-contained page; needs no network
    report.md     the same for a repository's web view
    results.json  the numbers
    figures/      every figure as .png and .svg
    tables/       every table as .csv and, but for the predictions, as LaTeX .tex (package booktabs)
    inputs.json   what the report was made from, and the hash of every file: an unchanged report is not made again

A report is made in a hidden folder beside its place and then swapped in, so a killed command leaves the old report or
none, never half of one. Files that others put into the folder stay.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from mixedfer import disk, records
from mixedfer.errors import BadInput, Damaged
from mixedfer.evidence import wording
from mixedfer.records import Plan

INPUTS = "inputs.json"
_HERE = Path(__file__).parent
#: Modules outside this folder that shape a report.
_FOUNDATION = ("disk", "faceset", "geometry", "records", "seeds", "study")
#: Files of a run that no plan and no run's name decides.
_DECIDING = ("provenance.json", "probabilities-test.npy")
_LIBRARIES = ("jinja2", "matplotlib", "numpy", "scipy")


@dataclass(frozen=True)
class Report:
    """Where a report lies, its `results.json` as a dict, and whether this call had to make it."""

    folder: Path
    summary: dict
    made: bool

    def __str__(self) -> str:
        """The answer and where to read it, for a terminal."""
        return f"{wording.brief(self.summary)}\nReport: {self.page}"

    @property
    def page(self) -> Path:
        """The page to open."""
        return self.folder / "index.html"


def write(plan: Plan, store: Path, reports: Path) -> Report:
    """Make the report of a finished study, unless the one in `reports` was made from the same inputs.

    Raises BadInput when runs are missing or the study's name cannot name a folder, Damaged when a run is not whole,
    Busy when another process is making the same report, Fault when the disk is full.
    """
    folder = Path(reports) / _safe(plan.name)
    # As it is read back from disk, so that a plan fresh from a run gives the same bytes: JSON does not keep order.
    plan = Plan(**json.loads(disk.to_json(asdict(plan))))
    inputs = digest(plan, Path(store))
    if _current(folder, inputs):
        return Report(folder, disk.read_json(folder / "results.json"), made=False)
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:20]
    with disk.lock(Path(store) / "locks" / f"report-{place}.lock", f"the report {folder}"), disk.full_disk(folder):
        files = _contents(plan, Path(store))
        _replace(folder, files, inputs)
    return Report(folder, disk.read_json(folder / "results.json"), made=True)


def digest(plan: Plan, store: Path) -> str:
    """What decides a report's bytes: the plan, what its runs answered and with which software, the evidence source, and
    the libraries that draw.

    A run's name says what was to be trained. The same run trained elsewhere may have other answers.
    """
    foundation = [_HERE.parent / f"{name}.py" for name in _FOUNDATION]
    sources = sorted([*_HERE.rglob("*.py"), *_HERE.rglob("*.j2"), *foundation])
    made = hashlib.sha256(disk.to_json(asdict(plan)).encode())
    for run in dict.fromkeys(cell["run"] for cell in plan.cells):
        for path in (records.run_folder(store, run) / name for name in _DECIDING):
            made.update(f"{run} {path.name} {disk.hash_file(path) if path.is_file() else None}\n".encode())
    for path in sources:
        made.update(f"{path.relative_to(_HERE.parent).as_posix()} {disk.hash_file(path)}\n".encode())
    for name in _LIBRARIES:
        made.update(f"{name} {metadata.version(name)}\n".encode())
    return made.hexdigest()


def _safe(name: str) -> str:
    """A study's name as the name of one folder."""
    if not name or name in (".", "..") or any(letter in name for letter in "/\\\0"):
        raise BadInput(f"{name!r} cannot name a report's folder", remedy="Rename the study file.")
    return name


def _current(folder: Path, inputs: str) -> bool:
    """Whether the report is there, was made from these inputs, and no file of it was changed or lost since."""
    try:
        made = disk.read_json(folder / INPUTS)
        return made["inputs"] == inputs and all(disk.hash_file(folder / name) == content
                                                for name, content in made["files"].items())
    except (Damaged, OSError, KeyError, TypeError, AttributeError):
        return False


def _contents(plan: Plan, store: Path) -> dict[str, bytes]:
    """Every file of the report by its name, but for `inputs.json`."""
    # Here and not above: an unchanged report must not wait for SciPy and Matplotlib.
    from mixedfer.evidence import comparing, page, results, summary, tables

    found = results.load(plan, store)
    findings = comparing.compare_all(found)
    numbers = summary.summarise(found, findings)
    files = {"results.json": disk.to_json(numbers).encode()}
    pictures = page.pictures(found, findings)
    for picture in pictures:
        files |= {f"figures/{picture.name}.svg": picture.svg, f"figures/{picture.name}.png": picture.png}
    made = tables.every(found, numbers)
    for table in made:
        files[f"tables/{table.name}.csv"] = table.csv().encode()
        files[f"tables/{table.name}.tex"] = table.tex().encode()
    files["tables/predictions.csv"] = tables.predictions(found).encode()
    return files | page.pages(found, numbers, pictures, made)


def _replace(folder: Path, files: dict[str, bytes], inputs: str) -> None:
    """Put a folder with these files, and those that somebody else put there, in the place of `folder`."""
    fresh, old = (folder.with_name(f".{folder.name}.mixedfer-{what}") for what in ("new", "old"))
    if old.exists() and not folder.exists():
        os.rename(old, folder)  # a command was killed between the two renames below
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    for name, content in files.items():
        disk.write_bytes(fresh / name, content)
    for name, path in _foreign(folder):
        if name not in files:
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, fresh / name)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    disk.write_json(fresh / INPUTS, {"inputs": inputs, "files": hashes})
    if folder.exists():
        os.rename(folder, old)
    os.rename(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def _foreign(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files in a report's folder that no report wrote."""
    try:
        ours = {*disk.read_json(folder / INPUTS)["files"], INPUTS}
    except (Damaged, KeyError, TypeError):
        ours = {INPUTS}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in ours:
            yield name, path

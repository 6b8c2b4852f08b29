"""Preparation of more and more pictures: how many per second, and the memory of all its processes together."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mixedfer import processes
from tests.benchmarks import bare, pictures
from tests.benchmarks.peers import ORIGINAL
from tests.commands import start

#: How many different real pictures the others are varied from, and how many the bare loop takes.
SOURCES, BARE = 20_000, 2000
INTERVAL = 0.5  # seconds between two looks at the memory; each takes some milliseconds of a core


def measure(counts: Sequence[int]) -> dict:
    """For each count of pictures the seconds of `mixedfer prepare` with its start, and its peak memory in megabytes; and what
    one core does where nothing but dlib is called, by which the rest can be judged.
    """
    known = pictures.known(min(SOURCES, max(counts)), ("happy", "sad"))
    alone = bare.loop([picture.pixels for picture in known[:BARE]], upsample=1)
    with tempfile.TemporaryDirectory() as folder:
        runs = [_prepare(known, count, Path(folder) / str(count)) for count in counts]
    return {"cores": processes.cores(), "bare_per_core": alone, "runs": runs}


def _prepare(known: Sequence[pictures.Picture], count: int, folder: Path) -> dict:
    folder.mkdir()
    source = pictures.write(folder / "fer2013.csv", pictures.varied(known, count))
    seconds, peak, said = _watched("prepare", ORIGINAL, "--data", source, "--json", "--quiet", cwd=folder)
    found = json.loads(said)["faces"]["found"]
    shutil.rmtree(folder)  # a million pictures take some 20 GB in all
    print(f"  {count:,} pictures, {found:,} faces found: {count / seconds:.0f} pictures/s, {peak:.0f} MB", flush=True)
    return {"pictures": count, "seconds": seconds, "megabytes": peak}


def _watched(*arguments: object, cwd: Path) -> tuple[float, float, str]:
    """A command's seconds, the megabytes that it and its workers held at most, and what it printed."""
    began, peak = time.perf_counter(), 0.0
    process = start(*arguments, cwd=cwd, group=True)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, errors = process.communicate(timeout=INTERVAL)
            break
        peak = max(peak, sum(_held(process.pid)))
    if process.returncode:
        raise SystemExit(output + errors)
    return time.perf_counter() - began, peak, output


def _held(session: int) -> Iterator[float]:
    """The megabytes of each process of a session; without files that are mapped, which the system takes back when it likes."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # of a process that has ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[3]) == session:
                lines = stat.with_name("status").read_text().splitlines()
                yield from (int(line.split()[1]) / 1000 for line in lines if line.startswith("RssAnon"))

"""mixedfer beside what is written by hand for the same job, one after the other in one run.

    make bench-peers MIXEDFER_TEST_DATA=/path/to/folder/with/fer2013.csv

The landmarks of FER2013: a loop of dlib and imutils against `mixedfer prepare`. The whole comparison of the first project,
from pictures to the result (experiments/original.py): three plain scripts, see `plain_landmarks` and `plain_training`, against
`mixedfer run`, with its validation, proof, statistics and report. Both have the same pictures, detector settings, networks,
epochs and seeds, and it is checked that they did the same work. Every start of Python and of Keras is counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from mixedfer import disk, processes
from mixedfer.faces import landmarks
from mixedfer.study import PREDICTOR
from tests.benchmarks import pictures, say
from tests.commands import mixedfer

HERE = Path(__file__).parent
ORIGINAL = HERE / "original_alone.py"
#: Happy and sad, as fer2013.csv has them.
EMOTIONS = (3, 4)
#: What the parts of a run are called in its summary.
WORK = ("parameters", "epochs", "images")


class Plain(NamedTuple):
    """What a plain script took in seconds, and what it printed."""

    seconds: float
    said: object


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(faces: Annotated[int, typer.Option(help="Pictures whose landmarks are found.")] = 35_887,
         images: Annotated[int, typer.Option(help="Pictures of the whole comparison.")] = 6000,
         epochs: int = 3, replicates: int = 2) -> None:
    """Print the ratios of a plain script's seconds to mixedfer's."""
    with tempfile.TemporaryDirectory() as folder:
        say("landmarks: loop over mixedfer prepare", landmark_ratio(Path(folder), faces), "1.9 or more on 2 cores")
        ratios = comparison_ratios(Path(folder), images, epochs, replicates)
        say("whole comparison: plain scripts over mixedfer", ratios["float32"], "1.5 or more on 2 cores")
        say("whole comparison: plain scripts over mixedfer in bfloat16", ratios["mixed_bfloat16"],
            "2.5 or more on 2 cores that have it")


def landmark_ratio(folder: Path, count: int) -> float:
    """Seconds of the loop over those of `mixedfer prepare`, each from the CSV to arrays on disk."""
    # Which expression it is does not matter here, and the study knows two.
    known = [picture._replace(emotion=EMOTIONS[place % 2]) for place, picture in enumerate(pictures.known(count))]
    source = _csv(folder / "faces.csv", known, count)
    plain = _plain_landmarks(source, folder)
    began = time.perf_counter()
    output, _ = mixedfer("prepare", ORIGINAL, "--data", source, "--json", "--quiet", cwd=folder)
    seconds = time.perf_counter() - began
    _must_agree("found faces", plain.said, json.loads(output)["faces"]["found"])
    print(f"  {count:,} pictures: loop {count / plain.seconds:.0f} pictures/s, mixedfer {count / seconds:.0f} on "
          f"{processes.cores()} cores")
    return plain.seconds / seconds


def comparison_ratios(folder: Path, count: int, epochs: int, replicates: int) -> dict[str, float]:
    """Seconds of the three plain scripts over those of `mixedfer run`, by precision."""
    source = _csv(folder / "happy-or-sad.csv", pictures.known(count, ("happy", "sad")), count)
    scripts = {"landmarks": _plain_landmarks(source, folder)}
    for kind in ("raw", "mixed"):
        scripts[kind] = _plain("plain_training.py", kind, "faces.npz", epochs, replicates, cwd=folder)
    total = sum(script.seconds for script in scripts.values())
    print(f"  {count:,} pictures, {epochs} epochs, {replicates} replicates; plain: {total:.0f} s ("
          + ", ".join(f"{name} {script.seconds:.0f}" for name, script in scripts.items()) + ")", flush=True)
    ratios = {}
    for precision in ("float32", "mixed_bfloat16"):
        store = folder / precision
        began = time.perf_counter()
        mixedfer("run", ORIGINAL, "--data", source, "--store", store, "--quiet", "--set", f"epochs={epochs}", "--set",
                 f"replicates={replicates}", "--set", f"precision={precision}", cwd=folder)
        seconds = time.perf_counter() - began
        _must_agree("work", [scripts["raw"].said, scripts["mixed"].said], _done(store))
        print(f"  mixedfer, {precision}: {seconds:.0f} s", flush=True)
        ratios[precision] = total / seconds
    return ratios


def _csv(path: Path, known: Sequence[pictures.Picture], count: int) -> Path:
    return pictures.write(path, pictures.varied(known, count))


def _plain_landmarks(source: Path, folder: Path) -> Plain:
    model = landmarks.find_predictor(None, PREDICTOR)
    return _plain("plain_landmarks.py", source, model, "faces.npz", cwd=folder)


def _plain(script: str, *arguments: object, cwd: Path) -> Plain:
    """A script run as its author would run it."""
    line = [sys.executable, HERE / script, *map(str, arguments)]
    began = time.perf_counter()
    done = subprocess.run(line, cwd=cwd, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{script}: {done.stderr}")
    return Plain(seconds, json.loads(done.stdout.splitlines()[-1]))


def _done(store: Path) -> list[dict]:
    """What the runs of a store did; of equal ones once, with fewer parameters first."""
    summaries = [disk.read_json(path) for path in store.glob("runs/*/summary.json")]
    found = {disk.to_json(work): work for work in ({name: summary[name] for name in WORK} for summary in summaries)}
    return sorted(found.values(), key=lambda work: work["parameters"])


def _must_agree(what: str, plain: object, ours: object) -> None:
    if plain != ours:
        sys.exit(f"the comparison is not fair: {what} of the plain scripts {plain}, of mixedfer {ours}")


if __name__ == "__main__":
    app()

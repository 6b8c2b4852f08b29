"""Stopped or killed at any moment, the same command goes on to the same bytes; and the real data set, end to end."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
import zipfile

import numpy as np
import pytest

from mixedfer import disk
from tests.commands import ROOT, TINY, files, mixedfer, outcome, start
from tests.tiny import STUDY

KILLS = 50


def wait_for(process, folder, pattern):
    """Wait until a running command has left such a file."""
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def size(path):
    """How many bytes a file has; None while it is being replaced."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size


def test_stopped_killed_and_run_again_gives_the_same_bytes(whole, tmp_path):
    """Two of eight runs are missing; the command is stopped by Ctrl-C in the first, loses its checkpoint, is killed when two
    workers have begun again, and ended by as many, where an undisturbed one had one.
    """
    shutil.copytree(whole[0] / ".mixedfer", tmp_path / ".mixedfer")
    for run in (tmp_path / ".mixedfer" / "runs").iterdir():
        spec = disk.read_json(run / "spec.json")
        if spec["replicate"] == 1 and spec["arm"]["image"] and not spec["arm"]["landmarks"]:
            image_only = run
        if spec["replicate"] == 1 and not spec["arm"]["image"]:
            landmarks_only = run
    shutil.rmtree(image_only)
    shutil.rmtree(landmarks_only)
    others = files(tmp_path, ".mixedfer/runs/**/*.*")

    process = start("run", TINY, "--workers", 1, cwd=tmp_path)
    wait_for(process, tmp_path, ".mixedfer/work/*/checkpoint.npz")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "the same command goes on from there" in " ".join(errors.split())
    assert "Traceback" not in errors
    (checkpoint,) = tmp_path.glob(".mixedfer/work/*/checkpoint.npz")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])

    process = start("run", TINY, "--workers", 2, "--quiet", cwd=tmp_path)
    while size(checkpoint) in (None, 1000):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert re.match("image-only, replicate 2: checkpoint.npz cannot be gone on from .*; training .* to the same result", errors)
    assert process.returncode == -signal.SIGKILL and not (tmp_path / "reports").exists()

    reached = epochs_on_disk(tmp_path)
    output, _ = mixedfer("run", TINY, "--workers", 2, cwd=tmp_path)
    assert re.search("8 cells, [67] finished", output) and reached
    finished(tmp_path, reached)
    assert outcome(tmp_path) == outcome(whole[0]) and files(tmp_path, ".mixedfer/runs/**/*.*").items() >= others.items()


def epochs_on_disk(folder):
    """Unfinished run -> epochs that its newest whole checkpoint holds, be it not yet in its place."""
    found = {}
    for name in ("checkpoint-before.npz", "checkpoint.npz", "checkpoint-new.npz"):
        for path in filter(zipfile.is_zipfile, folder.glob(f".mixedfer/work/*/{name}")):
            with np.load(path) as file:
                found[path.parent.name] = len(json.loads(file["facts"].tobytes())["history"])
    return {run: epochs for run, epochs in found.items() if not disk.is_done(folder / ".mixedfer" / "runs" / run)}


def finished(folder, reached):
    """See that a command which came to its end trained of each unfinished run what its checkpoint lacked, and nothing again."""
    for run, epochs in reached.items():
        trained = disk.read_json(folder / ".mixedfer" / "runs" / run / "timing.json")["seconds_per_epoch"]
        assert len(trained) == STUDY.recipe.epochs - epochs, run


@pytest.mark.slow
def test_killed_at_fifty_random_moments_it_loses_the_current_epoch_at_most_and_gives_the_same_bytes(whole, tmp_path):
    """The command and its workers are killed at once, at any moment of the time that it takes undisturbed; it begins anew when
    it came to its end.
    """
    shutil.copytree(whole[0] / ".mixedfer" / "faces", tmp_path / ".mixedfer" / "faces")
    began = time.perf_counter()
    mixedfer("run", TINY, "--quiet", cwd=tmp_path)
    span, draw, kills, reached, expected = time.perf_counter() - began, random.Random(2), 0, {}, outcome(whole[0])
    while kills < KILLS:
        if (tmp_path / "reports").exists():
            finished(tmp_path, reached)
            assert outcome(tmp_path) == expected
            for folder in ("reports", ".mixedfer/runs", ".mixedfer/studies"):
                shutil.rmtree(tmp_path / folder)
            reached = {}
        process = start("run", TINY, "--quiet", cwd=tmp_path, group=True)
        try:
            _, errors = process.communicate(timeout=draw.uniform(0, span))
            assert process.returncode == 0, errors
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
            process.communicate()
            before, reached = reached, epochs_on_disk(tmp_path)
            done = {path.parent.name for path in tmp_path.glob(".mixedfer/runs/*/DONE")}
            assert all(run in done or epochs <= reached.get(run, 0) for run, epochs in before.items()), "an epoch was lost"
    mixedfer("run", TINY, "--quiet", cwd=tmp_path)
    finished(tmp_path, reached)
    assert outcome(tmp_path) == expected


def every_tenth(source, target, labels):
    """Write every tenth row that has one of the labels, from the official file to `target`; returns how many."""
    with source.open() as rows:
        header, *chosen = [row for row in rows if row.split(",", 1)[0] in ("emotion", *labels)]
    target.write_text("".join([header, *chosen[::10]]))
    return len(chosen[::10])


def test_fer2013_end_to_end(real_data, tmp_path):
    """The real study on a slice: two classes, one epoch of a narrow network, all official partitions."""
    images = every_tenth(real_data / "fer2013.csv", tmp_path / "fer2013.csv", ("1", "5"))
    small = (f"--set={value}" for value in ("classes=disgust,surprise", "replicates=1", "epochs=1", "width=0.0625", "blocks=2"))
    mixedfer("run", ROOT / "experiments" / "fer2013.py", "--data", "fer2013.csv", "--workers", 1, "-q", *small, cwd=tmp_path)
    results = json.loads((tmp_path / "reports" / "fer2013" / "results.json").read_text())
    assert results["faces"]["images"] == images > 400 and results["comparable"]["passed"]
    assert 0.6 < results["faces"]["found"] / results["faces"]["images"] < 0.85
    assert results["varied"]["width"] == 0.0625

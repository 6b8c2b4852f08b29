"""Killed or stopped at any moment, the same command goes on to the same bytes; and the real data set, end to end."""

import json
import random
import signal
import time

import pytest

from tests.commands import ROOT, TINY, mixedfer, outcome, start


@pytest.fixture(scope="module")
def undisturbed(whole):
    return outcome(whole[0])


def killed_at_random(folder, times, seed):
    draw, killed = random.Random(seed), 0
    for _ in range(times):
        process = start("run", TINY, "--quiet", cwd=folder)
        time.sleep(draw.uniform(0.3, 16))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.communicate()
    mixedfer("run", TINY, "--quiet", cwd=folder)
    assert killed, "every command had ended before it was killed"


def test_killed_and_run_again_gives_the_same_bytes(undisturbed, tmp_path):
    killed_at_random(tmp_path, 2, seed=1)
    assert outcome(tmp_path) == undisturbed


@pytest.mark.slow
def test_killed_at_ten_random_moments_gives_the_same_bytes(undisturbed, tmp_path):
    killed_at_random(tmp_path, 10, seed=2)
    assert outcome(tmp_path) == undisturbed


def test_ctrl_c_says_how_to_go_on(tmp_path):
    process = start("run", TINY, cwd=tmp_path)
    for _ in range(600):
        if list(tmp_path.glob(".mixedfer/faces/*/DONE")):
            break
        time.sleep(0.1)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "the same command goes on from there" in " ".join(errors.split())
    assert "Traceback" not in errors


def test_fer2013_end_to_end(real_data, tmp_path):
    """The real study on a slice: two classes, one epoch of a narrow network, all official partitions."""
    mixedfer("run", ROOT / "experiments" / "fer2013.py", "--data", real_data, "--quiet", "--set", "classes=disgust,surprise",
             "--set", "replicates=1", "--set", "epochs=1", "--set", "width=0.0625", "--set", "blocks=2", cwd=tmp_path)
    results = json.loads((tmp_path / "reports" / "fer2013" / "results.json").read_text())
    assert results["faces"]["images"] == 547 + 4002 and results["comparable"]["passed"]
    assert 0.6 < results["faces"]["found"] / results["faces"]["images"] < 0.85
    assert results["varied"]["width"] == 0.0625

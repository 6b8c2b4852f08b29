"""Which GPU a worker process would see. No test here needs a GPU."""

import os
import subprocess
import sys

import pytest

from mixedfer import gpus, processes
from mixedfer.engines import local
from tests.commands import ROOT


@pytest.mark.parametrize(("told", "found"), [
    ("print('GPU-1\\nGPU-2')", ["GPU-1", "GPU-2"]), ("raise SystemExit('No devices were found')", []), ("", [])])
def test_the_drivers_gpus_are_seen_where_nothing_else_is_said(told, found):
    assert gpus.visible({}, (sys.executable, "-c", told)) == found
    assert gpus.visible({}, ("no-such-command-as-nvidia-smi",)) == []
    assert gpus.visible({gpus.VISIBLE: "1"}, (sys.executable, "-c", told)) == ["1"]


def test_workers_take_gpus_in_turn_and_several_share_one():
    assert [place[gpus.VISIBLE] for place in gpus.environments(5, ["a", "b"])] == ["a", "b", "a", "b", "a"]
    assert gpus.environments(2, ["a"]) == [{gpus.VISIBLE: "a"}] * 2 and gpus.environments(2, []) == [{}, {}]


def test_a_worker_has_its_gpu_before_it_imports_anything():
    channel, places = processes.context.SimpleQueue(), processes.context.SimpleQueue()
    places.put({gpus.VISIBLE: "GPU-7"})
    with processes.pool(1, local._start, channel, places) as pool:
        assert pool.submit(os.getenv, gpus.VISIBLE).result() == "GPU-7"
        assert not pool.submit(_imported).result() & {"keras", "tensorflow", "jax", "torch"}


def _imported() -> set[str]:
    return set(sys.modules)


@pytest.mark.parametrize("arguments", [(), ("pack",), ("pack", "data"), ("rum", "--workers", "2")])
def test_the_script_for_gpu_machines_tells_how_it_is_used(arguments):
    told = subprocess.run(["bash", ROOT / "experiments" / "on_gpu.sh", *arguments], capture_output=True, text=True)
    assert told.returncode == 2 and "experiments/on_gpu.sh pack DATA OUT" in told.stdout and not told.stderr

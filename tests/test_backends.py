"""The same study under every Keras backend that is installed, in processes of its own, without TensorFlow and dlib."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.commands import ROOT, files, start

STUDY = '''"""Two arms."""
import dataclasses
from mixedfer.learning.backbones.vgg16 import Vgg16
from tests.tiny import STUDY as TINY
STUDY = dataclasses.replace(TINY.varying(backbone=Vgg16(width=0.0625, blocks=1, dense=(), dropout=0.1), epochs=2,
                                         replicates=1, optimizer="adamw", average=0.9), treatments=TINY.treatments[:1])
'''
#: What a machine that only trains need not have.
ABSENT = ("tensorflow", "dlib", "face_recognition_models")


@pytest.fixture(scope="module", params=["jax", "torch"])
def name(request):
    """A backend beside TensorFlow."""
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def bare(name, prepared, tmp_path):
    """A folder with a study and its faces, and the environment of a machine that has nothing else: (folder, environment)."""
    (tmp_path / "two_arms.py").write_text(STUDY)
    shutil.copytree(prepared[1].folder, tmp_path / ".mixedfer" / "faces" / "carried")
    # A folder of that name: elsewhere, what a detector imports is part of its source, and so of the name of what it found.
    libraries = tmp_path / "site-packages"
    libraries.mkdir()
    for absent in ABSENT:
        (libraries / f"{absent}.py").write_text("raise ImportError('it is not here')\n")
    return tmp_path, {"KERAS_BACKEND": name, "PYTHONPATH": os.pathsep.join([str(libraries), str(ROOT)])}


def steps(backend, out, *cores):
    """What `tests.steps` found under a backend."""
    subprocess.run([sys.executable, "-m", "tests.steps", out, *cores], check=True, cwd=ROOT, capture_output=True,
                   env={**os.environ, "KERAS_BACKEND": backend})
    with np.load(out) as found:
        return dict(found)


def begin(bare):
    """`mixedfer run` of the study, with one worker."""
    folder, environment = bare
    return start("run", "two_arms.py", "--prepared", "--quiet", "--workers", 1, cwd=folder, environment=environment)


def run(bare):
    """That, to its end."""
    process = begin(bare)
    output, errors = process.communicate()
    assert process.returncode == 0, output + errors
    return output


def records(folder):
    """Every run's facts and numbers, all but its timing."""
    return files(folder, ".mixedfer/runs/*/*.npy", ".mixedfer/runs/*/weights.npz", ".mixedfer/runs/*/[!t]*.json")


def test_training_steps_from_one_start_agree_with_tensorflow(name, request, tmp_path):
    pytest.importorskip("tensorflow", reason="there is nothing to compare with")
    request.getfixturevalue("keras_ready")
    from tests.steps import take

    here, there = take(), steps(name, tmp_path / "there.npz")
    assert here.keys() == there.keys() and len(here) > 20
    for what in here:
        np.testing.assert_allclose(there[what], here[what], rtol=1e-5, atol=2e-5, err_msg=what)


def test_a_whole_study_needs_neither_tensorflow_nor_dlib_and_is_proven(name, bare, whole):
    assert "reports/two_arms/index.html" in run(bare)
    found = json.loads((bare[0] / "reports" / "two_arms" / "results.json").read_text())
    assert found["comparable"]["passed"], found["comparable"]
    here, there = (json.loads(path.read_text()) for path in (
        next((bare[0] / ".mixedfer" / "runs").glob("*/proof.json")),
        next(path for path in (whole[0] / ".mixedfer" / "runs").glob("*/proof.json")
             if json.loads(path.with_name("spec.json").read_text())["replicate"] == 0)))
    assert here["split"] == there["split"] and here["first_batches"] == there["first_batches"]
    assert [epoch["order"] for epoch in here["shown"]] == [epoch["order"] for epoch in there["shown"][:2]]
    assert [epoch["draws"] for epoch in here["shown"]] == [epoch["draws"] for epoch in there["shown"][:2]]
    provenance = json.loads(next((bare[0] / ".mixedfer" / "runs").glob("*/provenance.json")).read_text())
    assert provenance["backend"] == name and provenance["deterministic"] is (provenance["device"] == "cpu" or name == "jax")


@pytest.mark.slow
def test_steps_repeat_to_the_last_bit_on_one_core_as_on_all(name, tmp_path):
    one, every = steps(name, tmp_path / "one.npz", "1"), steps(name, tmp_path / "all.npz")
    assert {what: value.tobytes() for what, value in one.items()} == {what: value.tobytes() for what, value in every.items()}


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_to_the_same_bytes(bare):
    folder = bare[0]
    run(bare)
    undisturbed = records(folder)
    shutil.rmtree(folder / ".mixedfer" / "runs")
    process = begin(bare)
    while not list(folder.glob(".mixedfer/work/*/checkpoint.npz")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    run(bare)
    assert records(folder) == undisturbed

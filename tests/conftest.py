"""Shared fixtures: a tiny real study on real dlib faces, and the real data where it is at hand."""

import gc
import json
import os
import sys
import threading

import hypothesis
import pytest
from filelock import FileLock

from tests import real_data as real_data_
from tests.commands import TINY, mixedfer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# On a busy machine an example that takes a millisecond can take seconds.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


#: The files whose tests take longest, begun first, so that no worker is left with them at the end: first those that need a
#: cluster, behind the one whose tests there must be none for. `test_interruption.py` trains the study of `whole`, for which the
#: next ones need not wait.
FIRST = ("test_addresses.py", "test_shards.py", "test_cells.py", "test_interruption.py", "test_tuning.py", "test_frozen.py",
         "test_training.py", "test_finetuning.py", "test_run.py", "test_serving.py", "test_prediction.py", "test_sightings.py",
         "test_preparation.py", "test_portrait.py", "test_runner.py", "test_predict_command.py", "test_serve_command.py")


#: Files that need the same cluster, which takes longest to start: one worker is given all of them.
TOGETHER = ("tests/cluster/test_cells.py", "tests/cluster/test_shards.py")


def pytest_collection_modifyitems(items):
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadfile`, but for the files that stay together; other ways are pytest-xdist's own."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return TOGETHER[0] if file in TOGETHER else file
    return Files(config, log)


@pytest.fixture(scope="module", autouse=True)
def settled():
    """Set aside what is in memory by now, such as TensorFlow: statsmodels and `backend.release` collect garbage at every call,
    which takes up to half a second where they have to look through all of it.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def unflushed():
    """What tests write in this process need not outlive a loss of power, for which many would wait half of their time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """A folder that all parallel workers share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def real_data(scratch):
    """A folder with the official fer2013.csv; tests that need it are skipped, with a reason, where it is absent."""
    return real_data_.fer2013(scratch) or pytest.skip(real_data_.REASON)


@pytest.fixture(scope="session")
def whole(scratch):
    """The tiny study, run once without any disturbance: its folder and what the command printed. Only to be read."""
    folder, printed = scratch / "whole", scratch / "whole.json"
    with FileLock(scratch / "whole.lock"):
        if not printed.exists():
            folder.mkdir()
            printed.write_text(json.dumps(mixedfer("run", TINY, "--quiet", "--workers", 1, cwd=folder)))
    return folder, json.loads(printed.read_text())


@pytest.fixture
def ending(tmp_path, monkeypatch, capsys):
    """Runs the command in this process, in a folder of its own, to the end that an error gives it: (exit code, the error)."""
    from mixedfer import cli

    def ended(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["mixedfer", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        for timer in threading.enumerate():
            if isinstance(timer, threading.Timer):  # the command's last resort, which would end this process
                timer.cancel()
        return left.value.code, " ".join(capsys.readouterr().err.split())
    return ended


@pytest.fixture(scope="session")
def keras_ready():
    """Keras, set up as a worker process sets it up: deterministic, one thread."""
    from mixedfer.learning import backend

    backend.quiet()
    backend.setup(1)
    return backend


@pytest.fixture(scope="session")
def prepared(scratch):
    """A store with the tiny study's face set, one for all workers: real photograph, real dlib."""
    from mixedfer.faces import preparation
    from mixedfer.faces.pools import Processes
    from tests.tiny import STUDY

    store = scratch / "store"
    with FileLock(scratch / "store.lock"):
        return store, preparation.prepare(STUDY, None, store, pool=Processes(2), quiet=True)

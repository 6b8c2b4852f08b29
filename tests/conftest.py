"""Shared fixtures: a tiny real study on real dlib faces, and the real data where it is at hand."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def real_data():
    """A folder with the official fer2013.csv; tests that need it are skipped, with this reason, where it is absent."""
    folder = os.environ.get("MIXEDFER_TEST_DATA")
    if not folder or not (Path(folder) / "fer2013.csv").exists():
        pytest.skip("MIXEDFER_TEST_DATA names no folder with fer2013.csv")
    return Path(folder)


@pytest.fixture(scope="session")
def keras_ready():
    """Keras, set up as a worker process sets it up: deterministic, one thread."""
    from mixedfer.learning import backend

    backend.quiet()
    backend.setup(1)
    return backend


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A store with the tiny study's face set: real photograph, real dlib."""
    from mixedfer.faces import preparation
    from tests.tiny import STUDY

    store = tmp_path_factory.mktemp("store")
    return store, preparation.prepare(STUDY, None, store, workers=2, quiet=True)

"""Finished studies to look at, made once for all tests."""

from __future__ import annotations

import pytest

from mixedfer.evidence import results
from tests.evidence.synthetic import build


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="session")
def drawn(store):
    """Results of two treatments: `mixed` is 10 points better than the control, `landmarks-only` is not."""
    plan = build(store, ("image-only", "mixed", "landmarks-only"), effect={"mixed": 0.1}, images=400)
    return results.load(plan, store)


@pytest.fixture(scope="session")
def folded(store):
    """Results of a study in four folds and three replicates."""
    return results.load(build(store, folds=4, replicates=3, name="folded"), store)

"""Bundles of the tiny study's mixed arm: of its median replicate, and of all of them."""

import pytest
from filelock import FileLock

from mixedfer import disk, runner
from mixedfer.evidence import measured, results
from tests.tiny import STUDY


def export(whole, arm, which, folder):
    """The bundle of an arm of the tiny study."""
    from mixedfer.use import export

    store = whole[0] / ".mixedfer"
    plan = runner.read_plans(STUDY, "tiny", [], store)[0]
    found = results.load(plan, store)
    chosen = measured.choose(found, arm, which)
    return export.write(STUDY, plan, arm, chosen, measured.measure(found, arm, chosen), store, folder)


def shared(whole, scratch, which):
    folder = scratch / f"bundle-{which}"
    with FileLock(scratch / f"bundle-{which}.lock"):
        return folder if disk.is_done(folder) else export(whole, "mixed", which, folder)


@pytest.fixture(scope="session")
def kept(keras_ready, whole, scratch):
    """A bundle of one network. Only to be read."""
    return shared(whole, scratch, "median")


@pytest.fixture(scope="session")
def ensemble(keras_ready, whole, scratch):
    """A bundle of both replicates. Only to be read."""
    return shared(whole, scratch, "all")


@pytest.fixture(scope="session")
def predictor(kept):
    """What answers for pictures."""
    from mixedfer.use.prediction import Predictor

    return Predictor(kept)

"""Bundles of the tiny study: of an arm's median replicate, and of all of them."""

import threading

import pytest
from filelock import FileLock

from mixedfer import disk, runner
from mixedfer.evidence import measured, results
from tests.tiny import STUDY


def export(whole, arm, which, folder, **options):
    """The bundle of an arm of the tiny study."""
    from mixedfer.use import export

    store = whole[0] / ".mixedfer"
    plan = runner.read_plans(STUDY, "tiny", [], store)[0]
    found = results.load(plan, store)
    chosen = measured.choose(found, arm, which)
    return export.write(STUDY, plan, arm, chosen, measured.measure(found, arm, chosen), store, folder,
                        **options)


def shared(whole, scratch, which, arm="mixed"):
    folder = scratch / f"{arm}-{which}"
    with FileLock(scratch / f"{arm}-{which}.lock"):
        return folder if disk.is_done(folder) else export(whole, arm, which, folder)


@pytest.fixture(scope="session")
def kept(keras_ready, whole, scratch):
    """A bundle of one network. Only to be read."""
    return shared(whole, scratch, "median")


@pytest.fixture(scope="session")
def control(keras_ready, whole, scratch):
    """The same of the image-only arm. Only to be read."""
    return shared(whole, scratch, "median", "image-only")


@pytest.fixture(scope="session")
def ensemble(keras_ready, whole, scratch):
    """A bundle of both replicates. Only to be read."""
    return shared(whole, scratch, "all")


@pytest.fixture(scope="session")
def predictor(kept):
    """What answers for pictures."""
    from mixedfer.use.prediction import Predictor

    return Predictor(kept)


@pytest.fixture(scope="session")
def both(control, kept):
    """Both arms, asked about one picture."""
    from mixedfer.use.side_by_side import SideBySide

    return SideBySide([control, kept])


@pytest.fixture(scope="session")
def address(both):
    """Where both arms are served, by a real server on this machine."""
    from mixedfer.use import serving

    with serving.listen("127.0.0.1", 0) as taken:
        server = serving.server(both, "127.0.0.1")
        thread = threading.Thread(target=server.run, args=([taken],))
        thread.start()
        yield serving.address(taken, "127.0.0.1")
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()

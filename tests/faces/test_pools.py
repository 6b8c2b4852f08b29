"""Who makes chunks. That the bytes do not depend on it is tested with what makes them."""

import functools
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from mixedfer.errors import Fault
from mixedfer.faces import chunks, landmarks, pools, preparation, register, work
from mixedfer.study import PREDICTOR
from tests.tiny import STUDY


class Deadly:
    """A data set whose pictures kill whoever reads them."""

    def read(self, data, key):
        os.kill(os.getpid(), signal.SIGKILL)


def test_no_more_chunks_are_begun_than_memory_should_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 2)
    known, taken, ahead = tmp_path / "known.db", [], []
    job = work.Job(STUDY.dataset, STUDY.preparation, None, landmarks.find_predictor(None, PREDICTOR),
                   functools.partial(register.look_up, known), tmp_path)

    def todo():
        for chunk in preparation._chunks(STUDY.dataset.list(None), STUDY.preparation.detector, finished={0, 10}):
            taken.append(chunk.first)
            yield chunk

    with register.Register(known), ThreadPoolExecutor(1) as executor:
        for number, done in enumerate(pools._make(executor, 3, job, todo())):
            assert chunks.read(tmp_path, done.first).rows["picture"].tolist() == [done.first, done.first + 1]
            ahead.append(len(taken) - number)
    assert taken == sorted({*range(0, 48, 2)} - {0, 10}) and len(ahead) == len(taken)
    assert max(ahead) <= 3 + 3  # three that are done, three that are begun


def test_a_worker_that_dies_is_told_with_what_to_do(tmp_path):
    job = work.Job(Deadly(), STUDY.preparation, None, tmp_path / "none.dat", dict, tmp_path)
    with pytest.raises(Fault, match=r"a worker process died .*the same command again"), pools.Processes(2)(job) as make:
        list(make(work.Chunk(first, [str(first)], {}) for first in range(20)))

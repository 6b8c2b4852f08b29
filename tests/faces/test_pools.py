"""Who makes chunks. That the bytes do not depend on it is tested with what makes them."""

import functools
from concurrent.futures import ThreadPoolExecutor

from mixedfer.faces import chunks, landmarks, pools, preparation, register, work
from mixedfer.study import PREDICTOR
from tests.tiny import STUDY


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

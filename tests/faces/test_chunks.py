"""Rows on disk: whole or not there, and joined in order."""

import tracemalloc

import numpy as np
import pytest

from mixedfer.errors import Damaged
from mixedfer.faces import chunks
from mixedfer.faces.chunks import Made
from tests.tiny import STUDY

ROW = chunks.layout(STUDY.preparation)


def rows(count, seed=0):
    """Rows whose every byte is drawn, but for truth values."""
    made = np.frombuffer(np.random.default_rng(seed).bytes(count * ROW.itemsize), ROW).copy()
    made["found"], made["readable"] = np.arange(count) % 2 == 0, True
    return made


def test_a_chunk_on_disk_is_whole_or_none(tmp_path):
    made = rows(3)
    chunks.write(tmp_path, 7, Made(made, {1: "half a picture\nonly"}))
    again = chunks.read(tmp_path, 7)
    assert again.rows.tobytes() == made.tobytes() and again.unreadable == {1: "half a picture\nonly"}
    assert [path.name for path in tmp_path.iterdir()] == ["7.npz"]
    whole = (tmp_path / "7.npz").read_bytes()
    for spoilt in (whole[:500], b"", bytes(len(whole)), whole[:900] + b"?" + whole[901:]):
        (tmp_path / "7.npz").write_bytes(spoilt)
        assert chunks.read(tmp_path, 7) is None
    assert chunks.read(tmp_path, 8) is None


def test_chunks_are_joined_in_the_order_of_their_pictures(tmp_path):
    """Two rows of the first 64 pictures, three of the next, none of which but the second can be read."""
    first, second = rows(2), rows(3, 1)
    chunks.write(tmp_path, 64, Made(second, {0: "cut off", 2: "no picture"}))
    chunks.write(tmp_path, 0, Made(first, {}))
    assert chunks.finished(tmp_path, 65) == {0: 2, 64: 3} and chunks.finished(tmp_path, 64) == {0: 2}
    (tmp_path / "0.npz.1234.part").write_bytes(b"of a worker that was killed")
    picture, unreadable = chunks.join(tmp_path, {64: 3, 0: 2}, ROW)
    whole = np.concatenate([first, second])
    assert np.array_equal(picture, whole["picture"]) and unreadable == {2: "cut off", 4: "no picture"}
    assert {path.stem for path in tmp_path.iterdir()} == set(ROW.names) - {"picture"}
    for path in tmp_path.iterdir():
        array = np.load(path)
        assert array.dtype == whole[path.stem].dtype and array.tobytes() == whole[path.stem].tobytes()
        np.save(tmp_path / "same.npy", array)
        assert path.read_bytes() == (tmp_path / "same.npy").read_bytes()


def test_to_go_on_takes_the_memory_of_a_few_chunks_and_not_of_all(tmp_path):
    made, starts = Made(rows(64), {}), range(0, 20 * 64, 64)
    for first in starts:
        chunks.write(tmp_path, first, made)
    tracemalloc.start()
    assert chunks.finished(tmp_path, 20 * 64) == dict.fromkeys(starts, 64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * made.rows.nbytes


def test_a_chunk_that_is_gone_or_has_changed_is_named(tmp_path):
    chunks.write(tmp_path, 0, Made(rows(2), {}))
    for counts in ({0: 3}, {0: 2, 64: 1}):
        chunks.write(tmp_path, 0, Made(rows(2), {}))
        with pytest.raises(Damaged, match=rf"{max(counts)}\.npz: it has changed.*the same command again"):
            chunks.join(tmp_path, counts, ROW)

import errno
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest

from mixedfer import disk
from mixedfer.errors import Busy, Damaged, Fault


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError):
        with disk.new_folder(tmp_path / "run") as part:
            (part / "half.txt").write_text("half")
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with disk.new_folder(tmp_path / "run") as part:
        (part / "whole.txt").write_text("whole")
        assert not (tmp_path / "run").exists()
    assert disk.is_done(tmp_path / "run") and (tmp_path / "run" / "whole.txt").read_text() == "whole"


def test_what_is_written_is_flushed_before_it_has_its_name_and_the_name_after(tmp_path, monkeypatch):
    flushed, final = [], tmp_path / "run"
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append((os.fstat(descriptor).st_ino, final.exists())))
    with disk.new_folder(final) as part:
        (part / "a.txt").write_text("a")
        (part / "inner").mkdir()
        (part / "inner" / "b.txt").write_text("b")
    within = [final / "a.txt", final / "inner" / "b.txt", final / disk.DONE, final]
    assert flushed == [*((path.stat().st_ino, False) for path in within), (tmp_path.stat().st_ino, True)]
    flushed.clear()
    disk.write_bytes(tmp_path / "c.txt", b"c")
    assert flushed == [((tmp_path / "c.txt").stat().st_ino, True)]


def test_a_temporary_name_is_taken_once_even_by_processes_of_one_number(tmp_path):
    names = {disk.beside(tmp_path / "run") for _ in range(9)}
    assert len(names) == 9 and all(name.match(str(tmp_path / "run.*.part")) for name in names)


def test_a_full_disk_is_a_fault_that_names_the_place(tmp_path):
    with pytest.raises(Fault, match=r"runs.*disk is full.*--store"):
        with disk.full_disk(tmp_path / "runs"):
            raise OSError(errno.ENOSPC, "No space left on device")


def test_a_really_full_disk():
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    with pytest.raises(Fault, match="disk is full"):
        with disk.full_disk("/dev/full"), open("/dev/full", "wb", buffering=0) as file:
            file.write(b"x")


def test_a_disk_that_is_full_for_numpy():
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    with pytest.raises(Fault, match="disk is full"):
        with disk.full_disk("/dev/full"), open("/dev/full", "wb") as file:
            np.zeros(100_000).tofile(file)  # as np.save does: OSError("100000 requested and 0 written")


def test_an_array_whose_end_found_no_place_is_not_finished(tmp_path):
    with pytest.raises(Fault, match="disk is full"):
        with disk.new_folder(tmp_path / "run") as part:
            np.save(part / "empty.npy", np.zeros((0, 3)))
            np.save(part / "a.npy", np.arange(100))
            os.truncate(part / "a.npy", 500)  # what np.save leaves, without a word, when the last buffer does not fit
    assert list(tmp_path.iterdir()) == []


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(FileNotFoundError):
        with disk.full_disk(tmp_path):
            (tmp_path / "missing").read_bytes()


def test_truncated_files_are_damaged(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(100))
    data = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(data[:-10])
    with pytest.raises(Damaged, match=r"a\.npy"):
        disk.read_array(tmp_path / "a.npy")
    (tmp_path / "b.json").write_text('{"a": ')
    with pytest.raises(Damaged, match=r"b\.json"):
        disk.read_json(tmp_path / "b.json")


def test_pickles_are_refused(tmp_path):
    np.save(tmp_path / "p.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(Damaged):
        disk.read_array(tmp_path / "p.npy")


def test_json_is_canonical_and_refuses_nan():
    assert disk.to_json({"b": 1, "a": 2}) == disk.to_json({"a": 2, "b": 1})
    with pytest.raises(ValueError):
        disk.to_json({"a": float("nan")})


def _hold(path, ready):
    with disk.lock(path, "something"):
        ready.set()
        time.sleep(60)


def test_a_lock_is_held_by_one_and_goes_with_its_process(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path / "lock", ready))
    process.start()
    assert ready.wait(30)
    with pytest.raises(Busy, match="something"):
        with disk.lock(tmp_path / "lock", "something"):
            pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with disk.lock(tmp_path / "lock", "something"):
        pass


def test_hashes_depend_on_values_types_and_shapes():
    base = np.arange(6, dtype=np.int32)
    others = [base.reshape(2, 3), base.astype(np.int64), base + 1]
    assert disk.hash_arrays(base) == disk.hash_arrays(base.copy())
    assert len({disk.hash_arrays(array) for array in [base, *others]}) == 4


def test_a_memory_map_hashes_as_its_array(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random((1000, 7)))
    mapped, loaded = (disk.read_array(tmp_path / "a.npy", mmap=mmap) for mmap in (True, False))
    assert disk.hash_arrays(mapped) == disk.hash_arrays(loaded)


def test_what_a_killed_process_left_of_a_folder_is_removed(tmp_path):
    (tmp_path / "run.4242.part").mkdir()
    (tmp_path / "other.4242.part").mkdir()
    with disk.new_folder(tmp_path / "run") as part:
        (part / "file").touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.4242.part", "run"]

import multiprocessing
import os
import threading
import time

import pytest

from mixedfer import processes


def test_a_pool_that_failed_leaves_neither_processes_nor_threads():
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), processes.pool(2, os.getpid) as pool:
        pool.submit(os.getpid).result()
        pool.submit(time.sleep, 60)
        raise ZeroDivisionError
    assert not multiprocessing.active_children() and threading.active_count() == before


@pytest.mark.parametrize(("given", "seen"), [
    (None, "glibc.malloc.hugetlb=1"), ("glibc.malloc.check=0", "glibc.malloc.check=0:glibc.malloc.hugetlb=1"),
    ("glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=0")])
def test_huge_pages_are_asked_for_in_processes_alone_and_what_the_user_set_stays(monkeypatch, given, seen):
    monkeypatch.delenv(processes.TUNABLES, raising=False) if given is None else monkeypatch.setenv(processes.TUNABLES, given)
    with pytest.raises(ZeroDivisionError), processes.huge_pages():
        assert os.environ[processes.TUNABLES] == seen
        raise ZeroDivisionError
    assert os.environ.get(processes.TUNABLES) == given

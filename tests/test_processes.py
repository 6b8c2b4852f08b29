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

"""Addresses at which there is no cluster, and Ray started by a command for itself."""

import socket
import time

import pytest

from mixedfer import processes
from mixedfer.cluster import connecting
from mixedfer.engines.ray_cluster import Cluster
from mixedfer.errors import BadInput
from tests.commands import mixedfer


@pytest.mark.parametrize("address", ["nonsense", "ray://127.0.0.1:10001", "127.0.0.1", ":6379", "127.0.0.1:99999"])
def test_what_is_no_address_is_said_at_once(address):
    with pytest.raises(BadInput, match=r"--address .* is not the address|no Ray cluster at"):
        connecting.connect(address)


def test_where_nothing_listens_it_is_said_before_ray_tries_for_minutes():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        began = time.monotonic()
        with pytest.raises(BadInput, match=r"no Ray cluster at 127\.0\.0\.1:\d+ .*`ray start --head`"):
            connecting.connect(f"127.0.0.1:{free.getsockname()[1]}")
        assert time.monotonic() - began < 2 * connecting.SECONDS
    assert not connecting.library().is_initialized()


def test_ray_started_for_a_command_has_room_for_a_cell_of_more_threads_than_there_are_cores():
    threads = processes.cores() + 1
    assert [Cluster(workers=workers)._cores(threads) for workers in (None, 1, 3)] == [threads, threads, 3 * threads]


TWICE = """
import os, subprocess, sys
from mixedfer.cluster import connecting, nodes, parcels
with connecting.connected(cores=1):
    address, first = connecting.library().get_runtime_context().gcs_address, parcels.sender()
    assert address.startswith("127.0.0.1:") and [node.cores for node in nodes.alive()] == [1]
    join = f"from mixedfer.cluster import connecting; connecting.connect({address!r})"
    others = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    joined = subprocess.run([sys.executable, "-c", join], env=others, capture_output=True, text=True)
    assert joined.returncode and f"the Ray cluster at {address} asks for a token. Set RAY_AUTH_MODE" in joined.stderr
with connecting.connected(cores=1):  # whose jobs are counted from one again
    assert parcels.sender() is not first
"""


@pytest.mark.slow
def test_ray_started_for_a_command_is_for_this_machine_and_this_user_alone(tmp_path):
    mixedfer(cwd=tmp_path, code=("-c", TWICE))

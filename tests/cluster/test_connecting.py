"""Addresses at which there is no cluster; nothing here starts Ray."""

import socket
import time

import pytest

from mixedfer.cluster import connecting
from mixedfer.errors import BadInput


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

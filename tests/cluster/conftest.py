"""A real cluster for all tests here that need one; those that need none come first."""

import os

import pytest


@pytest.fixture(scope="package")
def cluster():
    """A head that does no work and two nodes of one core; this process has joined them."""
    from ray.cluster_utils import Cluster

    from mixedfer.cluster import connecting

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        started.add_node(num_cpus=1, wait=False)
    started.wait_for_nodes()
    try:
        connecting.connect(started.address)
        yield started
    finally:
        connecting.disconnect()
        started.shutdown()

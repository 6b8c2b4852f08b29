"""What travels to a node."""

import os
import subprocess
import sys

import pytest

from mixedfer import disk
from mixedfer.cluster import parcels

FULL = """
import numpy, pathlib, ray
from mixedfer.cluster import connecting, nodes, parcels, tasks
from mixedfer.errors import Fault

def train(parcel):
    yield 0

ray.init("local", num_cpus=1, object_store_memory=80_000_000, include_dashboard=False, log_to_driver=False)
path = pathlib.Path("weights.npz")
numpy.zeros(100_000_000, numpy.uint8).tofile(path)
for go in (lambda: parcels.Sender().parcel(None, 0, weights=[path]),
           lambda: tasks.begin(train, nodes.Need(), parcels.Sender().parcel(None, 0, files=[path]))):
    try:
        go()
    except Fault as error:
        print(error)
"""


def test_a_node_gets_what_a_backend_reads_of_the_environment_and_nobodys_secrets(monkeypatch):
    for name in ("TF_NUM_INTRAOP_THREADS", "XLA_FLAGS", "TF_VAR_password", "TF_TOKEN_app_terraform_io", "OTHER_SECRET"):
        monkeypatch.setenv(name, "1")
    sent = parcels.environment(gpus=0)
    assert sent["TF_NUM_INTRAOP_THREADS"] == sent["XLA_FLAGS"] == "1" and sent["CUDA_VISIBLE_DEVICES"] == "-1"
    assert not {"TF_VAR_password", "TF_TOKEN_app_terraform_io", "OTHER_SECRET"} & sent.keys()
    assert "CUDA_VISIBLE_DEVICES" not in parcels.environment(gpus=0.5)


def test_where_the_sending_machine_has_no_room_it_says_what_to_do(tmp_path):
    """Its object store and its disk are full, first for what all cells share, then for a cell's own checkpoints."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'mixedfer[ray]'")
    full = {"RAY_local_fs_capacity_threshold": "0.000001", "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    told = subprocess.run([sys.executable, "-c", FULL], cwd=tmp_path, env={**os.environ, **full}, text=True,
                          capture_output=True, timeout=120)
    shared, own = told.stdout.splitlines()
    assert "weights.npz" in shared and all("no room" in said and "--object-store-memory" in said for said in (shared, own))


def test_a_folder_of_code_has_the_same_place_whatever_else_is_sent(tmp_path):
    """A process that took a package from one place finds none of its modules in another."""
    lab = {f"lab.{name}": tmp_path / "here" / "lab" / f"{name}.py" for name in "ab"}
    other = {"earlier": tmp_path / "another" / "earlier.py"}
    for path in (*lab.values(), *other.values()):
        disk.write_bytes(path, b"")
    one, folders = parcels._code({"lab.a": lab["lab.a"]})
    both, more = parcels._code({**lab, **other})
    assert set(one) < set(both) and set(folders) < set(more) and len(more) == 2

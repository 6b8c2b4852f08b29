"""What travels to a node."""

import os
import shutil
import subprocess
import sys

import pytest

from mixedfer import disk, identity
from mixedfer.cluster import opening, parcels
from mixedfer.errors import Fault

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


def test_a_node_has_nothing_else_of_what_a_backend_reads(monkeypatch):
    changing = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE")  # last bits and more
    for name in ("KERAS_BACKEND", "CUDA_VISIBLE_DEVICES", *changing):
        monkeypatch.delenv(name, raising=False)
    sent = parcels.environment(gpus=0)
    for name in (*changing, "TF_VAR_password", "OTHER"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setattr(os, "environ", own := dict(os.environ))
    opening.surround(sent)
    assert not {*changing} & own.keys() and own["TF_VAR_password"] == own["OTHER"] == "0" and sent.items() <= own.items()


def test_a_module_that_reads_a_file_no_node_has_is_told_and_not_tried_elsewhere(tmp_path):
    """The node would be taken for lost, and the cell begun again."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'mixedfer[ray]'")

    class Reading:
        def __reduce__(self):
            return open, (str(tmp_path / "table.csv"),)
    with pytest.raises(Fault, match=r"own code cannot be imported on .*No such file or directory: .*table\.csv.*same path"):
        opening._load(ray.cloudpickle.dumps(Reading()))


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


def test_what_a_package_imports_travels_as_it_is_and_as_it_was_when_the_first_cell_was_begun(tmp_path, monkeypatch):
    """Its modules are in two folders of one name, one of them is not in UTF-8, and afterwards none can be read any more."""
    texts = {"one/lab/own_faces/__init__.py": "from own_faces.mirror import turned\nfrom .sides import LEFT",
             "one/lab/own_faces/mirror.py": "import own_helper\nturned = own_helper.back",
             "one/lab/own_faces/sides.py": "LEFT = 'gauche'", "one/lab/own_faces/views/__init__.py": "",
             "one/lab/own_faces/views/looking.py": "def look(landmarks, found, side):\n    return landmarks",
             "two/lab/own_helper.py": "# -*- coding: latin-1 -*-\nback = 'zur\u00fcck'"}
    for place, text in texts.items():
        disk.write_bytes(tmp_path / place, text.encode("latin-1"))
    monkeypatch.syspath_prepend(tmp_path / "one" / "lab")
    monkeypatch.syspath_prepend(tmp_path / "two" / "lab")
    from own_faces.views.looking import look

    first = parcels._code(identity.own_code([look]))
    shutil.rmtree(tmp_path)
    assert parcels._code(identity.own_code({"again": look})) == first
    files, folders = first
    for name, data in files.items():
        disk.write_bytes(tmp_path / "node" / name, data)
    told = "import own_faces, own_faces.views.looking as one; print(one.look(1, 2, 3), own_faces.turned, own_faces.LEFT)"
    paths = os.pathsep.join(str(tmp_path / "node" / folder) for folder in folders)
    node = subprocess.run([sys.executable, "-c", told], cwd=tmp_path, check=True, capture_output=True,
                          env={**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"})
    assert node.stdout.decode().split() == ["1", "zur\u00fcck", "gauche"] and len(files) == len(texts)

"""Cells on a real cluster of three nodes on this machine: the same bytes as from the local engine, whatever dies meanwhile."""

import contextlib
import dataclasses
import errno
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from mixedfer import disk, faceset, records
from mixedfer.cells import Job
from mixedfer.cluster import cell_work, cells, connecting, nodes, opening, parcels, tasks
from mixedfer.engines.ray_cluster import Cluster
from mixedfer.errors import Fault
from tests.commands import TINY, files, start
from tests.test_engines import HALF_WILD
from tests.tiny import STUDY

pytest.importorskip("ray", reason="Ray is not installed: pip install 'mixedfer[ray]'")

OWN_VIEW = '''
from dataclasses import dataclass

import numpy as np

SHIFT = 0.5


@dataclass(frozen=True)
class Shifted:
    """Points moved to the side."""

    def __call__(self, landmarks, found, side):
        return (landmarks / side + SHIFT).astype(np.float32)
'''


#: What a node's workers do before anything else.
CUSTOM = """
import os, sys, time
if "default_worker" in str(sys.orig_argv):
    time.sleep(float(os.environ.get("MIXEDFER_TEST_SLEEPS", 0)))
    sys.modules["mixedfer"] = None
"""


def papers(folder, name) -> None:
    """Have a package of that name seem to be installed in a folder, in version 9.9.9."""
    place = folder / f"{name.replace('-', '_')}-9.9.9.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9.9\n")


@pytest.fixture
def store(whole, tmp_path):
    """A store with the tiny study's faces and no run."""
    shutil.copytree(whole[0] / ".mixedfer" / "faces", tmp_path / ".mixedfer" / "faces")
    return tmp_path / ".mixedfer"


def jobs(study, store) -> list[Job]:
    (folder,) = (store / "faces").iterdir()
    return [Job.of(cell, faceset.load(folder), store, 1) for cell in study.cells()]


def facts(job, store) -> dict[str, bytes]:
    """All of a record but how long it took."""
    return {name: data for name, data in files(records.run_folder(store, job.run), "*").items() if name != "timing.json"}


def epochs_trained(job) -> int:
    """By the process that finished a run."""
    return len(disk.read_json(records.run_folder(job.store, job.run) / "timing.json")["seconds_per_epoch"])


def workers(node) -> list[int]:
    """Processes of a node that train."""
    raylet = node.all_processes["raylet"][0].process.pid
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(pid) == raylet
            and Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::train")]


def _parent(pid) -> int | None:
    """Its parent; None of a process that has ended."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        return int(parent) if state != "Z" else None
    except OSError:
        return None


def left(what: str) -> list[Path]:
    """Where the cluster's nodes have something of this process's cells."""
    return sorted(Path(tempfile.gettempdir()).glob(f"{parcels.sender().name}-*/{what}"), key=lambda path: path.stat().st_mtime)


@pytest.fixture
def heard(monkeypatch):
    """Cells wait until each of their epochs was heard of, or a tiny one would have come to its end meanwhile."""
    monkeypatch.setattr(tasks, "UNTAKEN", 1)
    tasks._remote.cache_clear()
    yield
    tasks._remote.cache_clear()


def test_a_killed_worker_and_a_killed_node_change_no_byte_and_cost_no_run_its_checkpoint(cluster, whole, store, heard, capsys,
                                                                                            monkeypatch):
    """Of two cells; the worker of the first to show two epochs is killed, then the node of the first to show another one: where
    that is the other cell's, the first has to go back to the node that it left.
    """
    monkeypatch.setattr(tasks, "QUIET", 1)  # Ray may tell of a lost task before it tells of the lost node
    todo, killed = jobs(STUDY, store)[:2], []

    def hear(run, history):
        place = left(f"work/{run}/checkpoint.npz")[-1:]
        node = next((node for node in cluster.worker_nodes if place and node.node_id[:12] in str(place[0])), None)
        if len(history) == 2 and not killed:
            killed.append(run)
            os.kill(workers(node)[0], signal.SIGKILL)
        elif len(history) > 2 and len(killed) == 1 and node:
            killed.append(run)
            there = workers(node)
            cluster.remove_node(node, allow_graceful=False)
            for _ in range(400):  # they train on until they see it
                if not any(map(_parent, there)):
                    break
                time.sleep(0.05)
    Cluster(cluster.address).run(todo, 1, quiet=True, hear=hear)
    cluster.add_node(num_cpus=1)
    assert len(killed) == 2
    for job in todo:
        assert facts(job, store) == facts(job, whole[0] / ".mixedfer")
        assert epochs_trained(job) < STUDY.recipe.epochs or job.run not in killed
    told = capsys.readouterr().err
    assert told.count("goes on elsewhere from its last checkpoint") == 2
    assert ": its worker died;" in told and ": its node was lost;" in told
    assert not (store / "work").exists() or not list((store / "work").iterdir())
    assert not left("runs/*")


@contextlib.contextmanager
def added(cluster, **options):
    """A node that is there for a while."""
    node = cluster.add_node(**options)
    try:
        yield node
    finally:
        if node in cluster.worker_nodes:
            cluster.remove_node(node)


def test_where_the_last_node_is_lost_that_a_cell_fits_on_it_is_said(cluster, store, monkeypatch):
    """It has less memory than a cell is reckoned to take, and takes it all the same."""
    monkeypatch.setattr(tasks, "QUIET", 1)

    def lose():
        while not workers(only):
            time.sleep(0.05)
        cluster.remove_node(only, allow_graceful=False)
    with added(cluster, num_cpus=1, num_gpus=1, memory=1 << 30) as only, \
            pytest.raises(Fault, match=r"no node .* has 1 cores, 0\.5 GPUs, 1 GB"):
        threading.Thread(target=lose, daemon=True).start()
        Cluster(cluster.address, gpus=0.5).run(jobs(STUDY, store)[:1], 1, quiet=True)


def test_a_checkpoint_that_is_sent_becomes_the_newest(store):
    job = jobs(STUDY, store)[0]
    work = store / "work" / job.run
    disk.write_bytes(work / "checkpoint-new.npz", b"of a process that was killed while it wrote")
    for data in (b"1", b"2", b"3"):
        cells._write_checkpoint(job, memoryview(data))
    assert files(work, "*") == {"checkpoint.npz": b"3", "checkpoint-before.npz": b"2"}


def test_a_cell_of_which_nothing_is_taken_any_more_ends_and_keeps_no_lock(tmp_path):
    def work(send):
        with disk.lock(tmp_path / "lock", "a cell"):
            for epoch in itertools.count():
                send(epoch)
    sent = cell_work._sent_by(work)
    assert [next(sent), next(sent)] == [0, 1]
    sent.close()
    with disk.lock(tmp_path / "lock", "a cell", patience=0):
        pass


def test_a_cell_that_fails_is_not_tried_again_and_the_users_own_code_travels(cluster, store, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "views of mine"
    folder.mkdir()
    (folder / "shifted_points.py").write_text(OWN_VIEW)
    monkeypatch.syspath_prepend(folder)
    import shifted_points

    wild = jobs(HALF_WILD.points()[1][1], store)
    own = dataclasses.replace(HALF_WILD.plain(), treatments=(dataclasses.replace(
        HALF_WILD.treatments[0], landmarks=shifted_points.Shifted()),))
    fine = jobs(own, store)
    with pytest.raises(Fault, match=r"2 of 4 cells failed\. .*the loss or a weight is not a number"):
        Cluster(cluster.address).run([*wild, *fine], 1, quiet=True)
    assert [disk.is_done(records.run_folder(store, job.run)) for job in (*wild, *fine)] == [False, False, True, True]
    assert "elsewhere" not in capsys.readouterr().err
    spec = disk.read_json(records.run_folder(store, fine[1].run) / "spec.json")
    assert "shifted_points:Shifted@" in json.dumps(spec) and "shifted_points" in sys.modules


def test_ctrl_c_stops_the_cluster_and_either_engine_goes_on(cluster, whole, store, tmp_path):
    one = next(job for job in jobs(STUDY, store) if job.cell.arm.name == "image-only")
    command = ("run", TINY, "--engine", "ray", "--address", cluster.address, "--workers", 1, "--quiet")
    process = start(*command, cwd=tmp_path)
    checkpoint = store / "work" / one.run / "checkpoint.npz"
    while not checkpoint.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "the same command goes on from there" in " ".join(errors.split())
    assert "Traceback" not in errors and checkpoint.exists()
    Cluster(cluster.address).run([one], 1, quiet=True)
    assert facts(one, store) == facts(one, whole[0] / ".mixedfer") and epochs_trained(one) < STUDY.recipe.epochs


def test_a_cell_whose_node_has_no_memory_left_goes_on_elsewhere(cluster, whole, store, monkeypatch, capsys):
    """A node that is reckoned full ends every task that it is given."""
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.001")
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "100")
    todo = [job for job in jobs(STUDY, store) if job.cell.arm.landmarks][:4]  # two fit on the other nodes at once
    with added(cluster, num_cpus=3):
        Cluster(cluster.address).run(todo, 1, quiet=True)
    assert all(facts(job, store) == facts(job, whole[0] / ".mixedfer") for job in todo)
    assert ": its node had no memory left; it goes on elsewhere" in capsys.readouterr().err


def test_what_is_wrong_with_a_nodes_own_disk_is_no_fault_of_the_cell(cluster, tmp_path):
    parcel = parcels.sender().parcel(None, gpus=0)
    with pytest.raises(tasks.Lost, match=r".*/work/checkpoint\.npz: the disk is full") as told, opening.excused(parcel):
        raise Fault("the disk is full", file=opening.place(parcel.store) / "work" / "checkpoint.npz")
    assert told.value.nodes == {nodes.here()}
    with pytest.raises(tasks.Lost, match="Read-only file system"), opening.excused(parcel):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    for other in (Fault("the disk is full", file=tmp_path), Fault("it went wrong")):
        with pytest.raises(Fault), opening.excused(parcel):
            raise other


def test_a_node_that_has_no_room_for_a_face_set_is_no_fault_of_the_cell(cluster):
    """Its object store and its disk are full; unlike others here it has an address of its own."""
    def arrived(faces):
        yield faces.nbytes
    with added(cluster, num_cpus=1, num_gpus=1, object_store_memory=80_000_000, node_ip_address="127.0.0.2",
               env_vars={"RAY_local_fs_capacity_threshold": "0.000001"}) as full:
        faces = connecting.library().put(np.zeros(100_000_000, np.uint8))
        with pytest.raises(tasks.Lost, match="its node has no room for the face set") as told:
            tasks.take(tasks.begin(arrived, nodes.Need(gpus=1), faces))
    assert told.value.nodes == {full.node_id}


def test_what_killed_nodes_left_is_removed_after_a_day(tmp_path):
    old, new, written, own = (tmp_path / name for name in (
        "mixedfer-0123456789abcdef-0123456789ab", "mixedfer-0123456789abcdef-ba9876543210",
        "mixedfer-fedcba9876543210-0123456789ab", "mixedfer-results"))
    for folder in (old, new, written, own):
        disk.write_bytes(folder / "features" / "meta.json", b"")
        if folder is not new:
            for path in (folder / "features" / "meta.json", folder / "features", folder):
                os.utime(path, (0, time.time() - opening.LEFT - 60))
    (written / "features" / "meta.json").touch()
    opening._remove_left(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([new, written, own])


def test_a_cell_that_fits_nowhere_is_said_before_any_work(cluster, store):
    with pytest.raises(Fault, match=r"no node of the cluster has 1 cores, 2 GPUs.*--cell-gpus"):
        Cluster(cluster.address, gpus=2).run(jobs(STUDY, store), 1, quiet=True)
    assert not (store / "work").exists() and not (store / "runs").exists()


def test_a_node_with_other_versions_is_refused_by_name_before_any_work(cluster, store, tmp_path, monkeypatch, capsys):
    """Its processes find another NumPy's papers first."""
    papers(tmp_path, "numpy")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with added(cluster, num_cpus=1) as other:
        count = len(nodes.alive()) - 1
        with pytest.raises(Fault, match=rf"1 of {count} nodes .*: numpy 9\.9\.9, here \d"):
            Cluster(cluster.address).run(jobs(STUDY, store), 1, quiet=True)
        assert not (store / "work").exists() and not (store / "runs").exists()
        monkeypatch.setitem(nodes._differing, other.node_id, "")  # as if it came after the others were seen to
        Cluster(cluster.address).run(todo := jobs(STUDY, store)[:count], 1, quiet=True)
    assert all(disk.is_done(records.run_folder(store, job.run)) for job in todo)
    assert "numpy 9.9.9, here" in capsys.readouterr().err


@pytest.mark.slow
def test_a_node_without_mixedfer_costs_no_cell_where_it_joins_later_and_one_that_is_silent_is_refused_by_name(
        cluster, store, tmp_path, monkeypatch, capsys):
    (tmp_path / "sitecustomize.py").write_text(CUSTOM)
    environment, joined = {"PYTHONPATH": str(tmp_path)}, []

    def hear(run, history):
        if not joined:
            joined.append(cluster.add_node(num_cpus=4, env_vars=environment))
    try:
        Cluster(cluster.address).run(todo := jobs(STUDY, store)[:4], 1, quiet=True, hear=hear)  # of which two have to wait
    finally:
        cluster.remove_node(*joined)
    assert all(disk.is_done(records.run_folder(store, job.run)) for job in todo)
    assert "mixedfer none, here" in capsys.readouterr().err
    monkeypatch.setattr(nodes, "ANSWER", 2)
    with added(cluster, num_cpus=1, env_vars={**environment, "MIXEDFER_TEST_SLEEPS": "60"}), \
            pytest.raises(Fault, match=r"1 of 1 nodes .* did not answer within 2 seconds: \S+ \("):
        nodes.fit(nodes.Need())

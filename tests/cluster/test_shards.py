"""Preparation on a real Ray cluster, a head that does no work and two nodes of one core: the same bytes as on this machine."""

import contextlib
import dataclasses
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from mixedfer.cluster import connecting, nodes, shard_work, tasks
from mixedfer.cluster.shards import AHEAD, APART, NEED, Shards
from mixedfer.errors import BadInput, Fault
from mixedfer.faces import chunks, preparation
from mixedfer.faces.datasets.portrait import Portrait
from tests.cluster.test_cells import CUSTOM, papers
from tests.commands import TINY, start
from tests.faces import test_sightings as searched
from tests.tiny import STUDY

pytest.importorskip("ray", reason="Ray is not installed: pip install 'mixedfer[ray]'")

BLIND = "MIXEDFER_TEST_BLIND"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Perilous(Portrait):
    """Portraits; what befalls their reader is decided by files in the folder `marks`: each is taken away as it strikes."""

    marks: str = ""

    def read(self, data, key):
        place = Path(self.marks) / key.replace("/", "-")
        blind = os.environ.get(BLIND)
        if blind in ("disk", "library"):
            raise BadInput("no such file or folder", file="/data/photos") if blind == "disk" else ImportError("libGL.so.1")
        if blind == "other":
            return 255 - super().read(data, key)
        with contextlib.suppress(OSError):
            what = place.read_text()
            if what == "gone":
                raise BadInput("cannot be opened", file=key)
            if what == "always":
                os.kill(os.getpid(), signal.SIGKILL)
            place.unlink()
            if what == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            place.with_suffix(".node").write_text(connecting.library().get_runtime_context().get_node_id())
            time.sleep(60)  # until the node is lost
        return super().read(data, key)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 4)


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    return tmp_path_factory.mktemp("marks")


@pytest.fixture(scope="module")
def study(marks):
    dataset = Perilous(classes=("happy", "sad"), identities=8, per_class=2, marks=str(marks))
    return dataclasses.replace(STUDY, dataset=dataset)


@pytest.fixture(scope="module")
def here(study, tmp_path_factory):
    return preparation.prepare(study, None, tmp_path_factory.mktemp("here"), quiet=True)


def same(one, other):
    names = {path.name for path in one.folder.iterdir()}
    assert names == {path.name for path in other.folder.iterdir()} and one.folder.name == other.folder.name
    for name in names:
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


def test_a_lost_worker_and_a_lost_node_change_no_byte_and_are_told(cluster, study, here, marks, tmp_path, capsys,
                                                                          monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 2)  # with one worker the first eight shards are of one chunk, four of two follow
    (marks / "004-sad-0").write_text("killed")
    (marks / "006-happy-0").write_text("lost")
    told, lost = marks / "006-happy-0.node", threading.Event()

    def lose():
        while not (told.exists() and told.read_text()):
            time.sleep(0.05)
        node = next(node for node in cluster.worker_nodes if node.node_id == told.read_text())
        cluster.remove_node(node, allow_graceful=False)
        lost.set()

    threading.Thread(target=lose, daemon=True).start()
    made = preparation.prepare(study, None, tmp_path / "there", pool=Shards(cluster.address, workers=1), quiet=True)
    cluster.add_node(num_cpus=1)
    assert lost.wait(10)
    same(made, here)
    said = capsys.readouterr().err
    assert "pictures 19 to 20: its worker died; they are prepared elsewhere, to the same result" in said
    assert "pictures 25 to 26: its node was lost" in said


def test_what_is_known_is_not_searched_again_and_few_chunks_are_begun_at_once(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 2)
    taken, ahead = [], []

    @contextlib.contextmanager
    def counted(job):
        def tap(todo):
            for chunk in todo:
                taken.append(chunk.first)
                yield chunk

        def make(todo):
            taken.clear()
            for number, done in enumerate(inner(tap(todo))):
                ahead.append(len(taken) - number)
                yield done

        with Shards(cluster.address)(job) as inner:
            yield make

    for size in (32, 40):
        made = preparation.prepare(searched.study(tmp_path, size=size), None, tmp_path / "there", pool=counted, quiet=True)
        assert searched.marks(tmp_path, "searched") == (24,) and len(taken) == 12
    same(made, preparation.prepare(searched.study(tmp_path, size=40), None, tmp_path / "here", quiet=True))
    assert max(ahead) <= 3 * AHEAD + 1  # of two nodes, and perhaps the one that was just lost


def test_no_cell_is_trained_in_a_process_in_which_a_detector_has_been(cluster, study, tmp_path):
    """A detector may have set TensorFlow up for itself, and what cells need of it can be set only once."""
    def process(*_):
        yield "dlib" in sys.modules, os.environ.get("GLIBC_TUNABLES", "")

    preparation.prepare(study, None, tmp_path / "there", pool=Shards(cluster.address), quiet=True)
    assert tasks.take(tasks.begin(process, NEED, apart=APART)) == (True, "glibc.malloc.hugetlb=1")
    assert [tasks.take(tasks.begin(process, nodes.Need()))[0] for _ in cluster.worker_nodes] == [False, False]


def test_a_node_that_does_not_see_the_pictures_is_refused_by_name_before_any_work(cluster, study, tmp_path):
    lacking = [cluster.add_node(num_cpus=1, env_vars={BLIND: what}) for what in ("disk", "library")]
    try:
        with pytest.raises(BadInput, match=r"2 of \d nodes .*same path .*`mixedfer prepare`") as told:
            preparation.prepare(study, None, tmp_path / "there", pool=Shards(cluster.address), quiet=True)
    finally:
        for node in lacking:
            cluster.remove_node(node)
    assert ": /data/photos: no such file" in str(told.value) and ": ImportError: libGL.so.1" in str(told.value)
    assert not list(tmp_path.glob("there/faces/*/*.npz"))


@pytest.mark.parametrize("late", ["other pictures lie there than here", "it has opencv-python 9.9.9, here none",
                                  "mixedfer none, here"])
def test_a_node_that_joins_later_and_is_not_like_the_others_changes_no_byte_and_costs_no_picture(
        cluster, study, here, tmp_path, capsys, monkeypatch, late):
    monkeypatch.setattr(chunks, "SIZE", 1)
    (tmp_path / "sitecustomize.py").write_text(CUSTOM)
    papers(tmp_path / "papers", "opencv-python")
    environment = {BLIND: "other"} if "pictures" in late else {
        "PYTHONPATH": os.pathsep.join([str(tmp_path if "mixedfer" in late else tmp_path / "papers"), *sys.path])}
    joined = []

    @contextlib.contextmanager
    def joining(job):
        def make(todo):
            for done in inner(todo):
                yield done
                if not joined:
                    joined.append(cluster.add_node(num_cpus=4, env_vars=environment))

        with Shards(cluster.address)(job) as inner:
            yield make
    try:
        made = preparation.prepare(study, None, tmp_path / "there", pool=joining, quiet=True)
    finally:
        cluster.remove_node(*joined)
    same(made, here)
    assert late in capsys.readouterr().err


def test_where_only_nodes_are_left_that_cannot_prepare_it_is_said(cluster, monkeypatch):
    def idle():
        yield
    monkeypatch.setattr(tasks, "QUIET", 0.1)
    every = {node.id for node in nodes.alive()}
    waiting = tasks.begin(idle, NEED, avoid=every)
    with pytest.raises(Fault, match=r"no node of the cluster has 1 cores, 0\.5 GB \(.* has 1 cores, .* GB, and cannot be used"):
        tasks.ready([waiting], NEED, every)
    tasks.cancel([waiting])


def test_a_picture_that_kills_every_worker_is_given_up_and_one_that_cannot_be_opened_stops(cluster, study, here, marks,
                                                                                             tmp_path):
    (marks / "005-sad-1").write_text("always")
    with pytest.raises(Fault, match=r"pictures 21 to 24: its worker died, 3 times\. .*the same command again"):
        preparation.prepare(study, None, tmp_path / "there", pool=Shards(cluster.address), quiet=True)
    (marks / "005-sad-1").write_text("gone")
    with pytest.raises(BadInput, match="005/sad/1: cannot be opened"):
        preparation.prepare(study, None, tmp_path / "there", pool=Shards(cluster.address), quiet=True)
    (marks / "005-sad-1").unlink()
    same(preparation.prepare(study, None, tmp_path / "there", pool=Shards(cluster.address), quiet=True), here)


@pytest.mark.slow
def test_the_command_goes_on_after_ctrl_c_and_its_nodes_are_in_another_folder(cluster, tmp_path):
    command = ("prepare", TINY, "--engine", "ray", "--address", cluster.address, "--set", "identities=60", "--store", "store",
               "--json")
    process = start(*command, cwd=tmp_path)
    while not (made := list(tmp_path.glob("store/faces/*.partial/*.npz"))):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "the same command goes on from there" in " ".join(errors.split())
    assert "Traceback" not in errors and made[0].exists()
    written = made[0].stat().st_mtime_ns
    process = start(*command, cwd=tmp_path)
    while made[0].exists() and process.poll() is None:
        assert made[0].stat().st_mtime_ns == written
        time.sleep(0.02)
    told, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and json.loads(told)["faces"]["images"] == 60 * 2 * 2, errors


def test_a_landmark_model_of_another_content_is_not_taken_for_the_commands(tmp_path):
    with pytest.raises(BadInput, match=r"no landmark model like the command's \(its SHA-256 is .* expects 0000"):
        shard_work._predictor(tmp_path / "elsewhere.dat", "0" * 64)

"""What a study needs besides its cells, on a cluster whose nodes share no disk with this process: starting weights, features
of a frozen backbone, a search. Everything comes out as it does here.
"""

import dataclasses
import shutil

import pytest

from mixedfer import records, tuning
from mixedfer.axes import Range, Search
from mixedfer.cells import Job
from mixedfer.engines.ray_cluster import Cluster
from mixedfer.learning import pretrained
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.runner import Place
from mixedfer.study import Arm
from tests.cluster.test_cells import facts
from tests.learning import pretraining
from tests.own_process import OwnProcess
from tests.tiny import STUDY

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'mixedfer[tune]'")
pytest.importorskip("ray", reason="Ray is not installed: pip install 'mixedfer[ray]'")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("keras_ready")]


def test_given_weights_travel_and_a_node_computes_the_features_of_a_frozen_backbone_once(cluster, prepared, tmp_path, capsys):
    weights = pretraining.archive(tmp_path / "small.npz")
    cells = [cell for cell in pretraining.study(weights, epochs=1).cells() if cell.arm.image]
    assert len(cells) == 6
    for store, engine in (("here", OwnProcess()), ("there", Cluster(cluster.address))):
        capsys.readouterr()
        pretrained.keep([weights], tmp_path / "small.npz", tmp_path / store)
        engine.run([Job.of(cell, prepared[1], tmp_path / store, 1) for cell in cells], 1, quiet=True)
    assert 1 <= capsys.readouterr().err.count("the frozen backbone looks at 48 faces") <= len(cluster.worker_nodes)
    for job in (Job.of(cell, prepared[1], tmp_path, 1) for cell in cells):
        assert facts(job, tmp_path / "there") == facts(job, tmp_path / "here")
    assert not (tmp_path / "there" / "features").exists()


def test_a_search_proposes_and_finds_what_it_does_here(cluster, prepared, tmp_path):
    study = dataclasses.replace(
        STUDY.varying(epochs=1, replicates=1), control=Arm("shuffled", landmarks=Shuffled(normalised)),
        treatments=(Arm("landmarks-only", landmarks=normalised),),
        search=Search(space=(Range("learning_rate", 1e-4, 1e-1, log=True),), trials=2, together=1))
    plans = []
    for store, engine in (("here", OwnProcess()), ("there", Cluster(cluster.address))):
        shutil.copytree(prepared[1].folder, tmp_path / store / "faces" / prepared[1].folder.name)
        place = Place(store=tmp_path / store, engine=engine, quiet=True)
        plans.append(tuning.run(study, "searched", place, file=tmp_path / "searched.py"))
    assert plans[0] == plans[1]
    trials = [trial for arm in plans[0][1].tuned["arms"].values() for trial in arm["trials"]]
    runs = {cell["run"] for plan in plans[0] for cell in plan.cells} | {run for trial in trials for run in trial["runs"]}
    assert len(trials) == 4 and len(runs) >= 6
    for run in runs:
        one, other = (records.run_folder(tmp_path / store, run) for store in ("here", "there"))
        assert {path.name for path in one.iterdir()} == {path.name for path in other.iterdir()}
        assert (one / "weights.npz").read_bytes() == (other / "weights.npz").read_bytes()

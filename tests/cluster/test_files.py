"""The files for Slurm and Kubernetes say what `mixedfer` and Ray understand. Neither Slurm nor Ray is started here: commands
that stand in for theirs write down what they are asked.
"""

import os
import subprocess

import pytest
from typer.main import get_command

from mixedfer import cli, study_files
from tests.commands import ROOT

yaml = pytest.importorskip("yaml", reason="Ray brings PyYAML, and is not installed: pip install 'mixedfer[ray]'")

FOLDER = ROOT / "experiments" / "cluster"
STAND_INS = {
    "scontrol": '[ "$*" = "show hostnames node[7-8]" ] && printf "node7\\nnode8\\n"',
    "srun": 'while [[ $1 == --* ]]; do echo "srun $1"; shift; done; exec "$@"',
    "ray": 'echo "ray $*"; while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "mixedfer": 'echo "mixedfer $*"; echo "in $PWD, usage statistics $RAY_USAGE_STATS_ENABLED"',
}


def parsed(command: str):
    """The command's options as the command line takes them; fails where it would refuse them."""
    program, name, *arguments = command.split()
    assert program == "mixedfer"
    given = get_command(cli.app).commands[name]
    return given.make_context(name, arguments).params


@pytest.fixture
def allocation(tmp_path):
    """The environment that Slurm gives a job on two nodes."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "activate").write_text("")
    for name, text in STAND_INS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "activate").write_text(f"PATH={tmp_path}/bin:$PATH\n")
    return {**os.environ, "SLURM_SUBMIT_DIR": str(tmp_path), "VENV": str(tmp_path / "venv"), "SLURM_CPUS_PER_TASK": "16",
            "SLURM_JOB_NODELIST": "node[7-8]", "SLURM_GPUS_ON_NODE": "2"}


def test_slurms_nodes_become_one_cluster_on_which_the_study_runs(allocation, tmp_path):
    script = FOLDER / "slurm.sh"
    told = subprocess.run(["bash", script, "my study.py", "--data", "here"], env=allocation, check=True, capture_output=True,
                          text=True, cwd="/")
    *sizes, ray, mixedfer, where = told.stdout.splitlines()
    assert sizes == ["srun --no-kill", "srun --nodes=2", "srun --ntasks=2", "srun --cpus-per-task=16"]
    assert where == f"in {tmp_path}, usage statistics 0"
    assert ray.startswith("ray symmetric-run --address node7:6379 --min-nodes 2 --num-cpus 16 --num-gpus 2 -- mixedfer run my")
    params = parsed(mixedfer.replace("my study.py", "study.py"))
    assert (params["engine"], params["address"], str(params["data"])) == ("ray", "auto", "here")
    assert script.stat().st_mode & 0o100 and "#SBATCH --ntasks-per-node=1" in script.read_text()


def test_where_slurm_cannot_say_its_nodes_nothing_is_started(allocation):
    told = subprocess.run(["bash", FOLDER / "slurm.sh"], env={**allocation, "SLURM_JOB_NODELIST": "other"}, capture_output=True,
                          text=True)
    assert told.returncode and not told.stdout


def test_kubernetes_runs_a_study_of_ours_on_a_cluster_whose_pods_are_alike():
    job = yaml.safe_load((FOLDER / "kuberay.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    params = parsed(job["spec"]["entrypoint"])
    assert (params["engine"], params["address"]) == ("ray", "auto")
    assert study_files.find(ROOT / params["file"].relative_to("/mixedfer"))
    pods = [group["template"]["spec"] for group in (job["spec"]["rayClusterSpec"]["headGroupSpec"],
                                                    *job["spec"]["rayClusterSpec"]["workerGroupSpecs"])]
    (head,), (worker,) = (pod["containers"] for pod in pods)
    assert head["image"] == worker["image"] and head["env"] == worker["env"] and pods[0]["volumes"] == pods[1]["volumes"]
    mounts = {mount["mountPath"] for mount in head["volumeMounts"]}
    assert all(str(params[place]).startswith(tuple(mounts)) for place in ("data", "store", "reports"))


def test_studies_are_listed_without_what_lies_in_the_folder_for_clusters():
    assert not any("cluster" in path for path in study_files.describe(ROOT / "experiments"))

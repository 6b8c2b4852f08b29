#!/bin/bash
# A study on nodes that Slurm lends: Ray is started on all of them, `mixedfer` runs on the first, then Ray is stopped.
#
#   sbatch experiments/cluster/slurm.sh experiments/fer2013.py --data /shared/fer2013.csv
#
# What follows the script's name is what follows `mixedfer run`. Submitted again after it was cancelled or ran out of time, it
# goes on where it stopped: the store (.mixedfer in the folder from which you submit) is written by the first node alone.
# Pictures must lie under the same path on all nodes, and all must have the same mixedfer and libraries:
#
#   python3 -m venv .venv && .venv/bin/pip install -r requirements.txt -e .
#
# Change what is marked. After docs.ray.io, "Deploying on Slurm".

#SBATCH --job-name=mixedfer
#SBATCH --output=mixedfer-%j.log
#SBATCH --nodes=4              # change: how many
#SBATCH --ntasks-per-node=1    # stays: one Ray per node
#SBATCH --exclusive            # stays: two Rays on one node would take each other's ports
#SBATCH --no-kill              # stays: where a node fails, its cells go on on the others
#SBATCH --cpus-per-task=16     # change: the cores of a node
#SBATCH --mem=0                # all memory of a node; change where your cluster does not allow that
#SBATCH --time=08:00:00        # change
# Where there are GPUs, or your cluster asks for a partition or an account, take the first # of these lines away:
##SBATCH --gpus-per-node=4
##SBATCH --partition=NAME
##SBATCH --account=NAME
set -euo pipefail
GPUS=${GPUS:-${SLURM_GPUS_ON_NODE:-0}}  # per node, as Slurm lends them; a cell takes one, or a quarter with `--cell-gpus 0.25`

cd "$SLURM_SUBMIT_DIR"
# module load python/3.11  # change: whatever gives jobs the Python that .venv was made with
source "${VENV:-.venv}/bin/activate"

export RAY_USAGE_STATS_ENABLED=0 PYTHONUNBUFFERED=1
# Without a token, whoever reaches these nodes could have Ray run code as you.
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300  # seconds for the last node to come up; Ray's own limit is 30
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")

# Slurm does not hand the cores of a task on to srun by itself.
srun --no-kill --nodes="${#nodes[@]}" --ntasks="${#nodes[@]}" --cpus-per-task="$SLURM_CPUS_PER_TASK" \
  ray symmetric-run --address "${nodes[0]}:6379" --min-nodes "${#nodes[@]}" \
  --num-cpus "$SLURM_CPUS_PER_TASK" --num-gpus "$GPUS" -- \
  mixedfer run "$@" --engine ray --address auto

"""Trained networks that differ in their seeds alone are seldom told apart by the default test."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mixedfer import runner, study_files
from mixedfer.evidence import comparing, results
from mixedfer.study import Arm
from tests.commands import ROOT


def redrawn(found: results.Results, rng: np.random.Generator, replicates: int) -> results.Results:
    """A study of two arms of so many runs each, drawn from all runs of all arms, which saw and did the same."""
    runs = [(run, table) for arm in found.arms.values() for run, table in zip(arm.records, arm.probabilities)]
    chosen = rng.permutation(len(runs))[:2 * replicates].reshape(2, replicates)
    return dataclasses.replace(found, arms={
        name: dataclasses.replace(arm, records=[runs[at][0] for at in places],
                                  probabilities=np.stack([runs[at][1] for at in places]))
        for (name, arm), places in zip(found.arms.items(), chosen)})


@pytest.mark.slow
def test_equal_arms_are_seldom_told_apart(tmp_path):
    """40 runs of the quickstart's control, two times five of them at a time."""
    quickstart = study_files.load(ROOT / "experiments" / "quickstart.py")
    study = dataclasses.replace(quickstart, replicates=20, treatments=(Arm("again", image=True, seed=1),))
    (plan,) = runner.run(study, "equal", runner.Place(store=tmp_path, quiet=True), file=Path("equal.py"), say=print)
    found, rng = results.load(plan, tmp_path), np.random.default_rng(1)
    told = [comparing.difference(redrawn(found, rng, replicates=5), "again") for _ in range(1000)]
    assert found.comparable and all(finding.p is not None for finding in told)
    rate = np.mean([finding.p < 0.05 for finding in told])
    print(f"told apart at 5%: {rate:.1%} of 1,000 pairs of arms")
    assert rate < 0.08

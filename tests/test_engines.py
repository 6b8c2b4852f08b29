"""Cells that fail, and cells that another process trains: the others go on, and one error names them."""

import dataclasses

import pytest

from mixedfer import disk, records
from mixedfer.engines import Job, local
from mixedfer.errors import Busy, Fault
from mixedfer.study import Study
from tests.tiny import STUDY


def jobs(study: Study, prepared) -> list[Job]:
    store, faces = prepared
    return [Job.of(cell, faces, store, threads=1) for cell in study.cells() if cell.arm.name in ("image-only", "mixed")]


def held(job: Job):
    return disk.lock(job.store / "locks" / job.run, str(job.cell))


def done(job: Job) -> bool:
    return disk.is_done(records.run_folder(job.store, job.run))


def test_a_cell_that_another_process_trains_does_not_stop_the_others(prepared):
    first, *others = jobs(STUDY.varying(epochs=1, replicates=1, seed=11), prepared)
    with held(first), pytest.raises(Busy, match=r"training 1 of 2 cells \(image-only, replicate 1\)\. Wait .*--store"):
        local.run([first, *others], workers=1, threads=1, quiet=True)
    assert not done(first) and all(map(done, others))


def test_equal_causes_are_said_once_with_the_names_of_their_cells(prepared):
    wild = STUDY.varying(epochs=1, replicates=2, learning_rate=1e30, optimizer="sgd", seed=12)
    one, *others = jobs(wild, prepared)
    with held(one), pytest.raises(Fault) as error:
        local.run([one, *others], workers=1, threads=1, quiet=True)
    told = str(error.value)
    assert told.startswith("3 of 4 cells failed. ") and told.count("the loss is not a number") == 1
    for name in ("image-only, replicate 2", "mixed, replicate 1", "mixed, replicate 2"):
        assert told.count(name) == 1
    assert told.endswith("Another process is training 1 of 4 cells (image-only, replicate 1).")


def test_what_another_process_has_finished_meanwhile_is_no_failure(prepared, tmp_path):
    job = dataclasses.replace(jobs(STUDY, prepared)[0], store=tmp_path)
    with disk.new_folder(records.run_folder(tmp_path, job.run)):
        pass
    local._tell([(job, Busy("held"))], 1)

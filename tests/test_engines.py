"""Cells that fail, and cells that another process trains: the others go on, and one error names them."""

import dataclasses
import errno

import pytest

from mixedfer import disk, engines, processes, records
from mixedfer.cells import Job
from mixedfer.cells.progress import Progress, tell
from mixedfer.engines import local
from mixedfer.engines.local import Local
from mixedfer.errors import BadInput, Busy, Diverged, Fault
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.study import Arm, Axis
from tests.own_process import OwnProcess
from tests.tiny import STUDY

#: Two cells that can be trained, and the same two at a learning rate at which they cannot; without the image they are quick.
HALF_WILD = dataclasses.replace(
    STUDY.varying(epochs=1, replicates=1, optimizer="sgd", seed=12), control=STUDY.arms[3],
    treatments=(Arm("others", landmarks=Shuffled(normalised)),), grid=(Axis("learning_rate", (0.01, 1e30)),))


def jobs(study, prepared) -> list[Job]:
    store, faces = prepared
    return [Job.of(cell, faces, store, threads=1) for cell in study.cells()]


def done(job: Job) -> bool:
    return disk.is_done(records.run_folder(job.store, job.run))


def test_cells_that_fail_and_cells_that_are_held_are_named_once_and_the_others_are_kept(prepared):
    held, fine, *wild = every = [job for _, point in HALF_WILD.points() for job in jobs(point, prepared)]
    with disk.lock(held.store / "locks" / held.run, str(held.cell)), pytest.raises(Fault) as failed:
        Local(workers=1).run(every, 1, True)
    told = str(failed.value)
    assert told.startswith("2 of 4 cells failed. landmarks-only, replicate 1; others, replicate 1: the loss or a weight ")
    assert told.count("the loss or a weight is not a number") == 1 and "--set learning_rate=" in told
    assert told.endswith("Another process is training 1 of 4 cells (landmarks-only, replicate 1).")
    assert failed.value.exit_code == 1 and done(fine) and not any(map(done, (held, *wild)))


def test_a_command_whose_cells_fail_says_so_in_one_paragraph_and_ends_with_code_1(prepared, tmp_path, monkeypatch, ending,
                                                                                  keras_ready):
    (tmp_path / "wild.py").write_text("from tests.test_engines import HALF_WILD\nSTUDY = HALF_WILD.points()[1][1]\n")
    monkeypatch.setattr(Local, "run", OwnProcess.run)
    code, told = ending("run", "wild.py", "--quiet", "--store", prepared[0])
    assert code == 1 and told.startswith("mixedfer: 2 of 2 cells failed. landmarks-only, replicate 1; others, replicate 1: ")


def test_what_keras_says_of_a_network_that_cannot_be_is_told_in_one_line(keras_ready):
    import keras

    from mixedfer.cells.worker import _said

    with pytest.raises(ValueError) as raised:
        keras.layers.MaxPooling2D(2)(keras.Input((1, 1, 4)))
    assert "\x1b" in str(raised.value) and "Arguments received" in str(raised.value)
    assert _said(raised.value) == (
        "Exception encountered when calling MaxPooling2D.call(). Computed output size would be zero or negative. Received: "
        "`inputs.shape=[None 1 1 4]`, `pool_size=[2 2]`, `strides=(2, 2)`, `padding=valid`.")


def test_a_disk_that_fails_a_cell_is_named_by_its_file(prepared, keras_ready):
    from mixedfer.cells import worker

    def faces():
        raise OSError(errno.EROFS, "Read-only file system", "/store/work/x")

    job = jobs(STUDY, prepared)[0]
    with pytest.raises(Fault, match="OSError: Read-only file system") as failed:
        worker.train(job, faces, job.store, 1, lambda history: None, print)
    assert failed.value.file == "/store/work/x"


def test_cells_that_are_only_held_are_to_be_waited_for(prepared):
    job = jobs(STUDY, prepared)[0]
    with pytest.raises(Busy, match=r"training 1 of 2 cells \(image-only, replicate 1\)\. Wait .*--store"):
        tell([(job, Busy("held"))], 2)


def test_cells_whose_loss_is_no_number_are_told_apart_from_other_faults(prepared):
    one, two = jobs(STUDY, prepared)[:2]
    lost = Diverged("no number")
    for errors, raised in (((lost, lost), Diverged), ((lost, Fault("full")), Fault),
                           ((lost, Busy("held")), Fault)):
        with pytest.raises(Fault) as caught:
            tell(list(zip((one, two), errors)), 2)
        assert type(caught.value) is raised


def test_what_another_process_has_finished_meanwhile_is_no_failure(prepared, tmp_path):
    job = dataclasses.replace(jobs(STUDY, prepared)[0], store=tmp_path)
    with disk.new_folder(records.run_folder(tmp_path, job.run)):
        pass
    tell([(job, Busy("held"))], 1)


def test_a_cell_that_another_process_has_finished_does_not_hide_what_became_of_the_others(prepared, tmp_path):
    one, two = (dataclasses.replace(job, store=tmp_path) for job in jobs(STUDY, prepared)[:2])
    with disk.new_folder(records.run_folder(tmp_path, two.run)):
        pass
    with pytest.raises(Diverged, match="1 of 2 cells failed"):
        tell([(one, Diverged("no number")), (two, Busy("held"))], 2)


def test_what_workers_send_is_heard_and_said(prepared, capsys):
    channel, heard = processes.context.SimpleQueue(), []
    entry = {"epoch": 1, "loss": 0.5, "validation_accuracy": 0.5}
    for sent in (("a-run", [entry]), "a checkpoint was damaged", ("a-run", [entry, entry])):
        channel.put(sent)
    with Progress(jobs(STUDY, prepared), True, lambda run, history: heard.append((run, len(history)))) as progress:
        local._show(channel, progress)
    assert heard == [("a-run", 1), ("a-run", 2)] and progress.seen == {"a-run": 2}
    assert capsys.readouterr().err == "a checkpoint was damaged\n"


@pytest.mark.parametrize(("asked", "told"), [
    (("rye", None, None), r"no engine 'rye'.*ray"), (("local", None, "head:6379"), r"--address is for cells .*--engine ray"),
    (("local", None, None, 0.5), "--cell-gpus is for"), (("local", None, None, None, 4), "--cell-memory is for"),
    (("ray", None, None, 1.5), r"--cell-gpus 1\.5: .* only whole")])
def test_what_an_engine_does_not_have_is_refused(asked, told):
    with pytest.raises(BadInput, match=told):
        engines.of(*asked)


def test_a_cell_takes_part_of_a_gpu_or_several_whole():
    assert [engines.of("ray", None, None, gpus).gpus for gpus in (None, 0, 0.25, 1, 2)] == [None, 0, 0.25, 1, 2]

"""What TensorBoard itself reads back from the event files."""

import builtins
import os
import sys
import types

import pytest

from mixedfer import logs
from mixedfer.errors import BadInput
from tests.commands import TINY, WITHOUT_KERAS, files, mixedfer

HISTORY = [{"epoch": epoch, "learning_rate": 0.1, "loss": 2.0 / epoch, "validation_accuracy": epoch / 8} for epoch in (1, 2, 3)]


@pytest.fixture
def read(monkeypatch):
    """Folder -> {tag: [(step, value), ...]}, by TensorBoard's own reader, which here finds no TensorFlow to import."""
    pytest.importorskip("tensorboardX", reason="the extra tensorboard is not installed")
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", types.ModuleType("notf"))
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator",
                                      reason="the extra tensorboard is not installed")

    def scalars(folder):
        found = accumulator.EventAccumulator(str(folder)).Reload()
        return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in found.Tags()["scalars"]}
    return scalars


def test_every_entry_is_a_point_of_a_curve(read, tmp_path):
    log = logs.of(f"tensorboard:{tmp_path}")
    for epochs in (1, 2, 3, 3):
        log("study/mixed/replicate-1", HISTORY[:epochs], 3)
    found = read(tmp_path / "study" / "mixed" / "replicate-1")
    assert found.keys() == {"learning_rate", "loss", "validation_accuracy"}
    assert found["loss"] == [(1, 2.0), (2, 1.0), (3, pytest.approx(2 / 3))]


def test_a_run_that_goes_on_replaces_what_an_earlier_command_wrote(read, tmp_path):
    logs.of(f"tensorboard:{tmp_path}")("run", HISTORY[:1], 1)
    (tmp_path / "run" / "events.out.tfevents.1.other").write_bytes(b"of others")
    logs.of(f"tensorboard:{tmp_path}")("run", HISTORY[:2], 2)
    os.remove(tmp_path / "run" / "events.out.tfevents.1.other")
    assert [step for step, _ in read(tmp_path / "run")["loss"]] == [1, 2]


def test_finished_runs_are_logged_too_by_arm_and_replicate(read, whole, tmp_path):
    folder, _ = whole
    before = files(folder, "reports/**/*.*", ".mixedfer/runs/**/*.*")
    mixedfer("run", TINY, "--quiet", "--log", f"tensorboard:{tmp_path}", cwd=folder, code=WITHOUT_KERAS)
    assert files(folder, "reports/**/*.*", ".mixedfer/runs/**/*.*") == before
    names = sorted(str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("events*"))
    assert names == [f"tiny/{arm}/replicate-{number}" for arm in ("image-only", "landmarks-only", "mixed", "shuffled")
                     for number in (1, 2)]
    assert [step for step, _ in read(tmp_path / "tiny" / "mixed" / "replicate-2")["validation_loss"]] == list(range(1, 9))


@pytest.mark.parametrize(("text", "words"), [("tensorbord:x", "Did you mean 'tensorboard'"), ("tensorboard", "KIND:PLACE")])
def test_a_log_of_no_kind_is_refused(text, words):
    with pytest.raises(BadInput, match=words):
        logs.of(text)


def test_a_place_that_cannot_be_written_to_is_refused_at_once(tmp_path):
    pytest.importorskip("tensorboardX", reason="the extra tensorboard is not installed")
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file", tmp_path / "file" / "curves", "/proc/curves"):
        with pytest.raises(BadInput, match="cannot be written to") as refused:
            logs.of(f"tensorboard:{place}")
        assert refused.value.exit_code == 2 and str(place) in str(refused.value)


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    found = builtins.__import__

    def absent(name, *rest):
        if name == "tensorboardX":
            raise ImportError(name)
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(BadInput, match=r"pip install 'mixedfer\[tensorboard\]'"):
        logs.of("tensorboard:x")

"""What is asked of each backend before it is imported, and what is said where one is missing."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mixedfer import diagnosis
from mixedfer.errors import BadInput
from mixedfer.learning import backend


def test_xla_is_deterministic_on_a_number_of_threads_that_is_ours_and_takes_memory_as_it_needs_it(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=here")
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)
    asked = backend._environment("jax", 3)
    assert asked == {"NPROC": "3", "XLA_FLAGS": "--xla_dump_to=here --xla_gpu_deterministic_ops=true",
                     "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    monkeypatch.setenv("XLA_FLAGS", asked["XLA_FLAGS"])
    assert backend._environment("jax", 3) == asked
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "true")
    assert backend._environment("jax", 3)["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"
    assert "CUBLAS_WORKSPACE_CONFIG" in backend._environment("torch", 1) and not backend._environment("tensorflow", 1)


def test_a_missing_backend_names_one_that_is_there(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setitem(backend.PACKAGES, "jax", ("no-such-package",))
    monkeypatch.setitem(backend.PACKAGES, "torch", ("no-such-package-either",))
    with pytest.raises(BadInput, match=r"not installed\. .*\[torch\]\)\. Or set KERAS_BACKEND=tensorflow, which is installed"):
        backend.versions()
    told = dict(diagnosis.examine(None))
    assert told["backend"].startswith("missing: no-such-package is not") and "accelerator" not in told


@pytest.mark.parametrize(("flags", "told"), [
    ("flags : fpu avx512_bf16 amx_bf16 sse", "the processor has amx_bf16, avx512_bf16"),
    ("Features : fp asimd bf16", "the processor has bf16"), ("flags : fpu avx2", "the processor has no instructions for it")])
def test_doctor_says_whether_the_processor_has_bfloat16(tmp_path, flags, told):
    (tmp_path / "cpuinfo").write_text(f"model name : x\n{flags}\n")
    assert diagnosis._bfloat16(tmp_path / "cpuinfo") == told


def test_where_there_is_no_cpuinfo_nothing_is_known(tmp_path):
    assert diagnosis._bfloat16(tmp_path / "none").startswith("unknown")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the time of each thread")
def test_one_thread_computes_so_that_two_workers_do_not_fight_for_cores(keras_ready):
    import keras

    images, kernels = np.ones((64, 48, 48, 32), np.float32), np.ones((3, 3, 32, 32), np.float32)
    keras.ops.conv(images, kernels)
    before, began = processor_times(), time.monotonic()
    while time.monotonic() - began < 0.4:
        keras.ops.conv(images, kernels)
    spent = [after - before.get(thread, 0) for thread, after in processor_times().items()]
    assert sum(each > 0.1 * sum(spent) for each in spent) == 1  # with two threads: several


def processor_times() -> dict[str, int]:
    """Ticks that each thread of this process has computed, see proc_pid_stat(5)."""
    found = {}
    for thread in Path("/proc/self/task").iterdir():
        fields = (thread / "stat").read_text().rpartition(")")[2].split()
        found[thread.name] = int(fields[11]) + int(fields[12])
    return found

"""How many workers there are where nobody says, from numbers and from files such as Linux shows them."""

import os

import pytest

from mixedfer import cgroups, processes, sizing
from mixedfer.sizing import GB


def test_workers_are_as_many_as_the_scarcest_of_cores_memory_and_gpus_bears():
    plenty = 512 * GB
    assert [sizing.training(threads, cores=8, memory=plenty) for threads in (1, 2, 3, 16)] == [8, 4, 2, 1]
    assert sizing.training(1, cores=8, memory=5 * sizing.TRAINING) == 5 and sizing.training(1, cores=8, memory=GB) == 1
    assert sizing.training(4, ["a", "b", "c"], 8, plenty) == 3  # however many threads: the GPU computes
    assert sizing.training(1, ["a"] * 8, 4, plenty) == 4 and sizing.training(1, ["a"] * 8, 16, 3 * sizing.TRAINING) == 3
    assert sizing.preparing(8, plenty) == 8 and sizing.preparing(8, 3 * sizing.PREPARING + 1) == 3
    assert sizing.preparing(8, 0) == 1


def test_workers_of_this_machine_take_no_more_than_it_has():
    assert 1 <= sizing.training(1) <= processes.cores() <= (os.cpu_count() or 1)
    assert sizing.training(1) == 1 or sizing.training(1) * sizing.TRAINING <= 1.5 * sizing.free()  # others take and give


def test_what_linux_says_is_free_counts_in_kilobytes(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroups, "memory", lambda: None)
    (tmp_path / "meminfo").write_text("MemTotal:       24684416 kB\nMemAvailable:   20210088 kB\nHugePages_Total:       0\n")
    assert sizing.free(tmp_path / "meminfo") == 20210088 * 1024
    assert sizing.free(tmp_path / "none") is None and sizing.preparing(3) >= 1
    monkeypatch.setattr(cgroups, "memory", lambda: 7)
    assert sizing.free(tmp_path / "meminfo") == 7


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def test_limits_of_a_group_and_of_those_above_it_count(tmp_path):
    (tmp_path / "groups").write_text("0::/jobs/one\n")
    write(tmp_path / "jobs" / "one", memory__max="max", memory__current=GB, memory__stat="anon 5\ninactive_file 7",
          cpu__max="250000 100000")
    assert cgroups.memory(tmp_path, tmp_path / "groups") is None and cgroups.cores(tmp_path, tmp_path / "groups") == 2.5
    write(tmp_path / "jobs", memory__max=4 * GB, memory__current=3 * GB, memory__stat="inactive_file 1073741824",
          cpu__max="max 100000")
    assert cgroups.memory(tmp_path, tmp_path / "groups") == 2 * GB  # of 4 GB 3 are used, 1 of them can be given back
    write(tmp_path, cpu__max="150000 100000")
    assert cgroups.cores(tmp_path, tmp_path / "groups") == 1.5


def test_limits_of_the_first_version_are_read_too_and_in_a_container_its_own(tmp_path):
    (tmp_path / "groups").write_text("4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/\n")
    write(tmp_path / "memory", memory__limit_in_bytes=2 * GB, memory__usage_in_bytes=GB, memory__stat="total_inactive_file 0")
    write(tmp_path / "cpu,cpuacct", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000)
    assert cgroups.memory(tmp_path, tmp_path / "groups") == GB and cgroups.cores(tmp_path, tmp_path / "groups") is None
    write(tmp_path / "cpu,cpuacct" / "docker" / "abc", cpu__cfs_quota_us=300000, cpu__cfs_period_us=100000)
    assert cgroups.cores(tmp_path, tmp_path / "groups") == 3


def test_without_control_groups_nothing_is_limited(tmp_path):
    assert cgroups.memory(tmp_path, tmp_path / "none") is None and cgroups.cores(tmp_path, tmp_path / "none") is None


@pytest.mark.parametrize("count", ["0", "-1", "two", "1.5"])
def test_a_number_of_workers_that_is_none_is_said(ending, count):
    code, told = ending("prepare", "study.py", "--workers", count)
    assert code == 2 and "neither a number from 1 nor 'auto'" in " ".join(told.replace("│", " ").split())

"""The scripts written by hand still do the work that mixedfer does; how fast is for `make bench-peers` to say."""

import pytest
from typer.testing import CliRunner

from tests.benchmarks.peers import app


@pytest.mark.slow
def test_plain_scripts_and_mixedfer_do_the_same_work(real_data, monkeypatch):
    monkeypatch.setenv("MIXEDFER_TEST_DATA", str(real_data))
    few = ["--faces", "200", "--images", "200", "--epochs", "1", "--replicates", "1"]
    printed = CliRunner().invoke(app, few, catch_exceptions=False).stdout
    assert printed.count("(goal: ") == 3

"""`mixedfer serve` as a user starts it."""

import json
import signal
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

from mixedfer import use
from mixedfer.cli import app
from mixedfer.errors import BadInput
from tests.commands import start


def call(*arguments):
    result = CliRunner().invoke(app, ["serve", *map(str, arguments)])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


def test_it_serves_until_it_is_interrupted(control, kept, tmp_path):
    process = start("serve", control, kept, "--port", 0, "--host", "0.0.0.0", "--threads", 1, cwd=tmp_path)
    try:
        told = process.stdout.readline()
        assert told.startswith("Page: http://localhost:") and process.stdout.readline() == "Ctrl-C ends it.\n"
        with urllib.request.urlopen(told.removeprefix("Page: ").strip() + "about", timeout=30) as answer:
            assert [one["arm"] for one in json.load(answer)["bundles"]] == ["image-only", "mixed"]
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0 and output == ""
    assert errors == "Warning: whoever reaches this machine can send pictures, and what is sent can be read on the way.\n"
    assert not list(tmp_path.iterdir())


def test_slips_are_told(kept, tmp_path, monkeypatch):
    with pytest.raises(BadInput, match="3 bundles, and at most two"):
        call(kept, kept, kept)
    with pytest.raises(BadInput, match="not a bundle"):
        call(tmp_path, "--port", 0, "--threads", 1)
    monkeypatch.delitem(sys.modules, "mixedfer.use.serving", raising=False)
    monkeypatch.delattr(use, "serving", raising=False)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(BadInput, match="fastapi is not installed") as refused:
        call(kept, "--threads", 1)
    assert "mixedfer[serve]" in str(refused.value)

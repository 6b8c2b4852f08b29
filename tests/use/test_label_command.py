"""`mixedfer label` as a user starts it: killed and started again, with a key, and with slips in what is typed."""

import json
import signal
import time

import pytest
from typer.testing import CliRunner

from mixedfer.cli import app
from mixedfer.errors import BadInput, Fault, StudyError
from tests.commands import start
from tests.use.service import good, running, shades, stall

KEY = "s3cret-key-0123456789"
FIND = ("--set", "detector=WholeImage", "--set", "border=0")


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command's output, in a folder of its own; errors are raised."""
    monkeypatch.chdir(tmp_path)
    shades(tmp_path / "photos", range(8))

    def called(teacher, *arguments):
        result = CliRunner().invoke(app, ["label", "photos", "--teacher", teacher, "--out", "labels", *FIND,
                                          *map(str, arguments)])
        if isinstance(result.exception, Exception):
            raise result.exception
        return result.output
    return called


def command(service, *more):
    return ("label", "photos", "--teacher", f"http:{service.url}", "--out", "labels", "--mosaic", "2", "--set", "rate=1000",
            *FIND, *more)


def test_a_killed_command_goes_on_where_it_was(tmp_path, call):
    """It is killed while the third of four questions waits for its answer; two are answered, so two are left."""
    with running(good, good, stall) as service:
        process = start(*command(service), cwd=tmp_path)
        for _ in range(1200):
            if len(service.asked) == 3 or process.poll() is not None:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        output, errors = process.communicate()
        assert len(service.asked) == 3, output + errors
        assert len((tmp_path / "labels" / "answers.jsonl").read_text().splitlines()) == 2
        said = call(f"http:{service.url}", "--mosaic", 2, "--set", "rate=1000")
    assert "8 different faces: 4 answered before, 4 to ask about, in 2 questions" in said
    assert "8 of 8 different faces are labelled" in said and len(service.asked) == 5
    bodies = [body for *_, body in service.asked]
    assert bodies[2] in bodies[3:] and not set(bodies[:2]) & set(bodies[3:])


def test_the_key_is_in_nothing_that_is_written_or_printed(tmp_path, call, monkeypatch):
    monkeypatch.setenv("EMOTION_KEY", KEY)
    said = ""
    troubles = [(500, {"Retry-After": "0"}, KEY.encode()), (200, {}, json.dumps([{"scores": {KEY: 1}}]).encode()),
                (200, {}, KEY.encode()), (413, {}, KEY.encode())]
    with running(*troubles) as service:
        try:
            said += call(f"http:{service.url}", "--mosaic", 2, "--set", "rate=1000", "--set", "key=EMOTION_KEY")
        except Fault as error:
            said += str(error)
        said += call(f"http:{service.url}", "--mosaic", 2, "--set", "rate=1000", "--set", "key=EMOTION_KEY")
    assert {headers["Ocp-Apim-Subscription-Key"] for _, headers, _ in service.asked} == {KEY}
    assert "8 of 8 different faces are labelled" in said and KEY not in said
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 20 and not [path for path in written if KEY.encode() in path.read_bytes()]
    assert "(key)" in (tmp_path / "labels" / "answers.jsonl").read_text()


def test_a_preview_asks_nothing_and_the_end_says_how_to_read_the_labels(tmp_path, call):
    with running() as service:
        for option in ("--dry-run", "--cost-preview"):
            said = call(f"http:{service.url}", "--mosaic", 2, option, "--price", 1.5, "-q")
            assert "in 4 questions, 6.00 at 1.5 each, 4 s or more" in said
        assert service.asked == [] and not (tmp_path / "labels").exists()
        said = call(f"http:{service.url}", "--mosaic", 8, "-q")
    assert "votes=('happy', 'sad')" in said and "labels/manifest.csv" in said and "to ask about" not in said


@pytest.mark.parametrize(("arguments", "kind", "why"), [
    (("http:https://example.org", "--set", "rte=2"), StudyError, "the labelling has no field 'rte'"),
    (("http:https://example.org", "--set", "rate=0"), StudyError, "rate"),
    (("http:https://example.org", "--set", "key=NO_SUCH_KEY"), BadInput, "the environment has no variable"),
    (("http:https://example.org", "--set", "detector=Har"), StudyError, "no 'Har'"),
    (("htp:https://example.org",), BadInput, "KIND:PLACE"),
    (("command:no-such-command",), BadInput, "no command 'no-such-command'")])
def test_slips_are_told_before_anything_is_done(call, tmp_path, arguments, kind, why):
    with pytest.raises(kind, match=why):
        call(*arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_a_field_of_a_part(call, tmp_path):
    (tmp_path / "answer.json").write_text('{"people": [{"moods": [{"name": "happy", "p": 3}, {"name": "sad", "p": 1}]}]}')
    (tmp_path / "ask").write_text("#!/bin/sh\ncat answer.json\n")
    (tmp_path / "ask").chmod(0o755)
    said = call("command:./ask", "--set", "faces=people", "--set", "scores=moods", "--set", "label=name", "--set", "score=p")
    assert "8 of 8 different faces are labelled (happy 8)" in said

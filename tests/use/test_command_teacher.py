"""Real commands, run as a user would have them run."""

import sys
import time

import pytest

from mixedfer.errors import BadInput, Fault, StudyError, Unreadable
from mixedfer.use import teachers
from mixedfer.use.teachers import command
from mixedfer.use.teachers._reading import Reading

SCORES = Reading(scores="")


def ask(teacher, path):
    told, = teacher.start()([path])
    return told


def script(folder, text):
    """A command that runs these lines of Python, quickly started."""
    (folder / "with space.py").write_text(f"import os, sys, time\n{text}\n")
    return f"{sys.executable} -ISE '{folder / 'with space.py'}' --option"


def test_the_path_is_the_last_word(tmp_path):
    line = script(tmp_path, "print('{\"%s\": 1, \"%s\": 3}' % (sys.argv[1], os.path.basename(sys.argv[2])))")
    answer, = ask(command.Teacher(line, reading=SCORES), tmp_path / "a face.png").faces
    assert answer.scores == {"--option": 1.0, "a face.png": 3.0} and answer.box is None


@pytest.mark.parametrize(("text", "kind", "why"), [
    ("print('oh', file=sys.stderr); sys.exit(3)", Fault, "ended with 3: oh"), ("sys.exit(1)", Fault, "it says nothing"),
    ("os.kill(os.getpid(), 9)", Fault, "ended with -9"), ("print('happy')", Unreadable, "not JSON: happy"),
    ("", Unreadable, "JSON"), ("os.write(1, b'\\xff')", Unreadable, "not UTF-8")])
def test_a_command_that_fails(tmp_path, text, kind, why):
    with pytest.raises(kind, match=why):
        ask(command.Teacher(script(tmp_path, text)), tmp_path)


def test_a_command_that_takes_too_long_ends_with_all_that_it_started(tmp_path):
    text = f"import subprocess\nsubprocess.Popen(['sh', '-c', 'sleep 1; touch {tmp_path}/alive'])\ntime.sleep(60)"
    began = time.monotonic()
    with pytest.raises(Fault, match=r"longer than 0.5 s"):
        ask(command.Teacher(script(tmp_path, text), timeout=0.5), tmp_path)
    assert time.monotonic() - began < 10
    time.sleep(1.2)
    assert not (tmp_path / "alive").exists()


def test_what_is_no_command():
    with pytest.raises(BadInput, match="no command 'no-such-command'"):
        command.Teacher("no-such-command --x").start()
    with pytest.raises(BadInput, match="quotation"):
        command.Teacher("python 'ask.py")
    with pytest.raises(StudyError, match="no command"):
        command.Teacher("  ")


@pytest.mark.parametrize("text", ["htp:https://example.org", "http", "http:", "command: ", "_reading:x", "", "https://example.org"])
def test_what_is_no_teacher(text):
    with pytest.raises(BadInput, match="KIND:PLACE") as refused:
        teachers.of(text)
    assert "bundle, command, http" in refused.value.remedy


def test_a_teacher_by_its_kind():
    assert teachers.of("command: python ask.py") == command.Teacher("python ask.py")
    assert isinstance(teachers.of("http:https://example.org/x"), teachers.Teacher)


def test_answers_that_are_read_otherwise_are_another_teachers():
    assert command.Teacher("ask", reading=Reading(scores="moods", box="")).name == "command:ask box= scores=moods"

"""The command that makes a report's numbers again is the one that made them, and survives a shell."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from mixedfer.evidence import reproduce


def _plan(drawn, **command):
    return replace(drawn.plan, command=command)


def test_every_option_that_decides_a_number_is_repeated(drawn):
    plan = _plan(drawn, file="work/mine.py", settings=["epochs=3"], threads=4, predictor="/my models/68.dat", backend="jax",
                 weights="vgg16.h5")
    assert reproduce.command(plan) == (
        "KERAS_BACKEND=jax mixedfer run work/mine.py --set epochs=3 --threads 4 --predictor '/my models/68.dat' "
        "--weights vgg16.h5")
    plain = _plan(drawn, file="a.py", settings=[], threads=1, predictor=None, weights=None, backend="tensorflow")
    assert reproduce.command(plain) == "mixedfer run a.py"


@pytest.mark.parametrize("text", [
    "epochs=3", "a b", "it's", "two\nlines ``` and '\\x", "bell\a$(x)`y`", "ü\u2028\u200e", "é\t"])
def test_bash_reads_back_what_was_quoted(text):
    word = reproduce.quoted(text)
    assert "\n" not in word and "\u2028" not in word
    told = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True).stdout
    assert told.decode() == text

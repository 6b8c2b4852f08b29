"""The command that makes a study's numbers again, as it can be pasted into a shell."""

from __future__ import annotations

import shlex
import unicodedata

from mixedfer.records import Plan
from mixedfer.study import PREDICTOR

LICENCE = ("The 68 landmarks come from dlib's shape predictor, trained on the iBUG 300-W data set, whose licence "
           "excludes commercial use. What is trained on these landmarks inherits that limit.")


def command(plan: Plan, verb: str = "run", pictures: bool = True) -> str:
    """One line for a POSIX shell (bash, zsh): backend, study file, settings, threads, landmark model, weights as they were."""
    backend, threads = plan.command["backend"], plan.command["threads"]
    return " ".join([
        *([f"KERAS_BACKEND={quoted(backend)}"] if backend != "tensorflow" else []),
        f"mixedfer {verb}", quoted(plan.command["file"]),
        *(f"--set {quoted(setting)}" for setting in plan.command["settings"]),
        *([f"--threads {threads}"] if threads != 1 else []),
        *(f"--{name} {quoted(plan.command[name])}" for name in ("predictor", "weights") if plan.command[name]),
        *([] if pictures else ["--no-pictures"]),
    ])


def quoted(text: str) -> str:
    r"""One word of a shell command; control characters, which a page cannot show, are written as escapes.

    >>> quoted("epochs=3"), quoted("name=a b"), quoted("a'\n`")
    ('epochs=3', "'name=a b'", "$'a\\'\\x0a`'")
    """
    if not any(_hidden(letter) for letter in text):
        return shlex.quote(text)
    return "$'" + "".join(_escaped(letter) for letter in text) + "'"


def licence(plan: Plan) -> str:
    """What the landmark model's licence asks for."""
    predictor = plan.study["preparation"]["predictor"]
    if predictor == PREDICTOR:
        return LICENCE
    return f"The landmarks come from another predictor than the usual one (SHA-256 {predictor}); mind its licence."


def _hidden(letter: str) -> bool:
    return unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029"


def _escaped(letter: str) -> str:
    if _hidden(letter):
        return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))
    return {"\\": "\\\\", "'": "\\'"}.get(letter, letter)

"""Errors that carry their evidence: what happened, in which file and row, and what would fix it.

Every error mixedfer raises on purpose is a `MixedferError`. The command line prints it as one paragraph and ends
with its `exit_code`: 2 for input that the user can mend, 1 for faults of the machine or of a run.

>>> str(BadInput("48 pixels, expected 2304", file="fer2013.csv", row=17, remedy="Download the file again."))
'fer2013.csv, row 17: 48 pixels, expected 2304. Download the file again.'
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class MixedferError(Exception):
    """Base of all: `what` happened, `file` and `row` (1-based, as a spreadsheet counts) where, `remedy` what to do."""

    exit_code = 1

    def __init__(self, what: str, *, file: str | Path | None = None, row: int | None = None, remedy: str = ""):
        self.what, self.file, self.row, self.remedy = what, file, row, remedy
        super().__init__(what)

    def __str__(self) -> str:
        place = ", ".join(part for part in (str(self.file or ""), f"row {self.row}" if self.row else "") if part)
        sentence = f"{place}: {self.what}" if place else self.what
        return f"{sentence.rstrip('.')}. {self.remedy}".strip() if self.remedy else sentence

    def __reduce__(self):
        return _rebuild, (type(self), self.what, self.file, self.row, self.remedy)


class BadInput(MixedferError):
    """Something the user gave is wrong: a file, a row, a name, a value."""

    exit_code = 2


class StudyError(BadInput):
    """A study file, or a value set from the command line, does not make a study."""


class Busy(BadInput):
    """Another process is working on the same thing."""


class Unreadable(BadInput):
    """One picture cannot be read. Preparation records it and goes on."""


class Fault(MixedferError):
    """The machine or a run failed: a full disk, a NaN loss, a dead worker."""


class Diverged(Fault):
    """The loss or a weight of a run became no number: its recipe does not train, others may."""


class Interrupted(MixedferError):
    """The user stopped the command."""

    exit_code = 130


class Damaged(Fault):
    """A finished file on disk is not what it was when it was written."""


def _rebuild(kind, what, file, row, remedy):
    return kind(what, file=file, row=row, remedy=remedy)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Say which valid name was probably meant.

    >>> nearest("epoch", ["epochs", "seed"])
    "Did you mean 'epochs'? Valid: epochs, seed."
    """
    valid = sorted(set(valid))
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Valid: {', '.join(valid)}."

"""Any command that gets a picture's path and prints JSON: a script around a model or a service of one's own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput, Fault, Unreadable
from mixedfer.use.teachers import Ask, Told
from mixedfer.use.teachers._reading import Reading, read


@dataclass(frozen=True)
class Teacher(Checked):
    """`line` is split as a shell would, but no shell runs it; the path is its last word. `timeout` is in seconds.

    >>> Teacher("python ask.py --model 'my model'").name
    "command:python ask.py --model 'my model'"
    """

    RANGES = {"timeout": (0.01, 10**6)}
    line: str
    _: dataclasses.KW_ONLY
    timeout: float = 300.0
    reading: Reading = field(default_factory=Reading)

    def __post_init__(self):
        super().__post_init__()
        try:
            require(bool(shlex.split(self.line)), "--teacher command: names no command")
        except ValueError as error:
            raise BadInput(f"--teacher command:{self.line}: {error}", remedy="Close the quotation mark.") from error

    @property
    def name(self) -> str:
        return f"command:{self.line} {self.reading}".strip()

    def start(self) -> Ask:
        import shutil

        first = shlex.split(self.line)[0]
        if not shutil.which(first):
            raise BadInput(f"--teacher command: there is no command {first!r}", remedy="Give its path, or install it.")
        return self._ask_all

    def _ask_all(self, paths: Sequence[Path]) -> list[Told]:
        return [self._ask(path) for path in paths]

    def _ask(self, path: Path) -> Told:
        """Raises Fault where the command fails or takes too long, Unreadable where it prints no JSON with faces."""
        # In a group of its own, so that what it has started ends with it.
        process = subprocess.Popen([*shlex.split(self.line), str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        with process:
            try:
                output, errors = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                raise Fault(f"the command took longer than {self.timeout:g} s", file=path,
                            remedy="Allow it more with --set timeout=SECONDS.") from None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode:
            last = (errors.decode(errors="replace").strip().splitlines() or ["it says nothing"])[-1]
            raise Fault(f"the command ended with {process.returncode}: {last[:200]}", file=path)
        try:
            return read(output.decode(), self.reading)
        except UnicodeDecodeError as error:
            raise Unreadable("the command prints what is not UTF-8 text") from error

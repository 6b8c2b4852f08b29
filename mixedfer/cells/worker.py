"""What a process that trains cells does, whatever engine it belongs to."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

from mixedfer.cells import Job, run_name
from mixedfer.errors import Fault, MixedferError
from mixedfer.faceset import FaceSet
from mixedfer.learning import backend


@functools.cache
def set_up(threads: int) -> None:
    """Import the backend, once per process."""
    backend.quiet()
    backend.making()
    backend.setup(threads)


def device(threads: int) -> str:
    """What this process would train on."""
    set_up(threads)
    return backend.device()


def train(job: Job, faces: Callable[[], FaceSet], store: Path, threads: int, watch: Callable[[list[dict]], None],
          say: Callable[[str], None]) -> None:
    """Make the record of a job's cell in `store`; for the others, see `learning.training.train`.

    Raises Fault, besides what that raises, for whatever else goes wrong, with the file where it is one: the other cells go on.
    """
    try:
        set_up(threads)
        from mixedfer.learning import training

        seen = faces()
        if run_name(job.cell, seen, threads) != job.run:
            raise Fault("mixedfer's source or a library changed after this command began",
                        remedy="Give the same command again.")
        training.train(job.cell, seen, store, job.run, threads, watch, say)
    except (MixedferError, BrokenPipeError):
        raise
    except OSError as error:
        raise Fault(f"{type(error).__name__}: {error.strerror or error}", file=error.filename) from None
    except Exception as error:  # whatever goes wrong in one cell, the others go on
        raise Fault(f"{type(error).__name__}: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What a library says is wrong, in one line: without colours for a terminal and the list of tensors that Keras adds."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", str(error))
    return " ".join(plain.partition("Arguments received by")[0].split())[:500]

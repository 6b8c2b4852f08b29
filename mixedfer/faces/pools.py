"""Who makes the chunks of a face set: this process, others of this machine, or another `Pool`, as a cluster's nodes."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass

from mixedfer import processes
from mixedfer.faces import work
from mixedfer.faces.work import Chunk, Done, Job

#: What makes chunks, in any order; every one that it yields is on disk, in the job's `part`.
Make = Callable[[Iterator[Chunk]], Iterator[Done]]
#: What has such ready for a job as long as its `with` lasts; it begins to get ready at once, and refuses what cannot work.
Pool = Callable[[Job], AbstractContextManager[Make]]
#: Chunks per worker that are begun or wait for it. More would fill memory, for each holds its pictures' keys and boxes.
AHEAD = 4


@dataclass(frozen=True)
class Processes:
    """So many processes of this machine. Raises Fault when one dies."""

    workers: int = 1

    @contextlib.contextmanager
    def __call__(self, job: Job) -> Iterator[Make]:
        with processes.huge_pages(), processes.pool(self.workers, work.start) as executor:
            for _ in range(self.workers):
                executor.submit(work.get_ready, job.predictor)  # while pictures are listed
            yield lambda chunks: _make(executor, self.workers * AHEAD, job, chunks)


@contextlib.contextmanager
def _here(job: Job) -> Iterator[Make]:
    yield lambda chunks: (work.work(job, chunk) for chunk in chunks)


#: This process, as it is set up, and no other. For few pictures: a process that starts takes longer than they do.
ONE: Pool = _here


def _make(executor: Executor, together: int, job: Job, chunks: Iterator[Chunk]) -> Iterator[Done]:
    # Futures are dropped as they are done: they would hold what was found in all pictures.
    pending = {executor.submit(work.work, job, chunk) for chunk in itertools.islice(chunks, together)}
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        pending |= {executor.submit(work.work, job, chunk) for chunk in itertools.islice(chunks, len(done))}
        yield from (future.result() for future in done)

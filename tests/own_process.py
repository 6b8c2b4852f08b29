"""An engine of this process, for tests that need trained runs but no worker, which would have to import TensorFlow first."""

from mixedfer import faceset
from mixedfer.cells import unheard
from mixedfer.cells.progress import tell
from mixedfer.errors import MixedferError
from mixedfer.faces.pools import ONE


class OwnProcess:
    """Prepares and trains here; as any engine it goes on where a cell fails, and tells in the end. Needs `keras_ready`."""

    def pool(self, threads):
        return ONE

    def run(self, jobs, threads, quiet, hear=unheard):
        from mixedfer.learning import training

        failures = []
        for job in jobs:
            try:
                training.train(job.cell, faceset.load(job.faces), job.store, job.run, threads)
            except MixedferError as error:
                failures.append((job, error))
        tell(failures, len(jobs))

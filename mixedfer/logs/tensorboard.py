"""TensorBoard: a folder per run, with one event file. Written by tensorboardX (MIT), which needs no TensorFlow."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from mixedfer import disk
from mixedfer.errors import BadInput

#: What the names of our files end with; files of others in the same folder are left alone.
ENDING = ".mixedfer"


class Log:
    """Writes to the folder `place`, for `tensorboard --logdir PLACE`. Raises BadInput when tensorboardX is missing, and where
    nothing can be written: before training, not after its first epoch.
    """

    def __init__(self, place: str):
        try:
            import tensorboardX
        except ImportError:
            raise BadInput("--log tensorboard: tensorboardX is not installed",
                           remedy="Install it with `pip install 'mixedfer[tensorboard]'`.") from None
        self.folder, self._open = Path(place), tensorboardX.SummaryWriter
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.folder).close()
        except OSError as error:
            raise BadInput(f"--log tensorboard: cannot be written to ({error.strerror})", file=self.folder,
                           remedy="Name another folder.") from error
        self._writers: dict[str, tensorboardX.SummaryWriter] = {}
        self._written: dict[str, int] = {}

    def __call__(self, name: str, history: Sequence[dict], epochs: int) -> None:
        """Write a run's entries that are not written yet; its file is closed after the last of `epochs`."""
        done = self._written.get(name, 0)
        if done >= len(history):
            return
        with disk.full_disk(self.folder):
            writer = self._writers.get(name) or self._begin(name)
            for entry in history[done:]:
                for what, value in entry.items():
                    if what != "epoch":
                        writer.add_scalar(what, value, entry["epoch"])
            writer.flush()
            self._written[name] = len(history)
            if len(history) >= epochs:
                self._writers.pop(name).close()

    def _begin(self, name: str):
        folder = self.folder / name
        for left in folder.glob(f"events.out.tfevents.*{ENDING}"):
            left.unlink()
        self._writers[name] = self._open(str(folder), filename_suffix=ENDING)
        return self._writers[name]

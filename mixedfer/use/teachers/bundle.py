"""A trained arm as a teacher: a bundle that `mixedfer export` wrote. It looks for faces as it did in its training."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mixedfer import disk, processes
from mixedfer.checked import Checked
from mixedfer.use import bundle
from mixedfer.use.teachers import Answer, Ask, Told


@dataclass(frozen=True)
class Teacher(Checked):
    """`model` is the landmark model's file, where it is not the installed one; `threads` 0 is all.

    It needs no mosaics: it is asked about many pictures at once. On a mosaic a detector's box may lie a few pixels elsewhere,
    and the shares differ a little.

    >>> Teacher("bundles/quickstart-mixed").threads
    0
    """

    together: ClassVar[int] = 64
    RANGES = {"threads": (0, 10**4)}
    folder: str
    _: dataclasses.KW_ONLY
    model: str = ""
    threads: int = 0

    @property
    def name(self) -> str:
        """By what the bundle is, wherever it lies: another one in its place is another teacher."""
        return f"bundle:{disk.read_json(Path(self.folder) / bundle.FILE)['digest'][:20]}"

    def start(self) -> Ask:
        """Raises BadInput for a bundle that is refused, see `mixedfer.use.bundle`."""
        from mixedfer.learning import backend

        read = bundle.read(Path(self.folder))
        backend.quiet()
        backend.setup(self.threads or processes.cores())
        from mixedfer.use.prediction import Predictor

        return functools.partial(_ask, Predictor(read, Path(self.model) if self.model else None))


def _ask(predictor, paths: Sequence[Path]) -> list[Told]:
    """Where no face is found a bundle may answer for the whole picture: such an answer has no rectangle."""
    classes = predictor.bundle.classes
    return [Told([Answer(face.box if face.found else None, dict(zip(classes, face.probabilities.tolist())))
                  for face in seen.faces], [seen.why] if seen.why else []) for seen in predictor.predict_many(paths)]

"""One or two bundles, such as an image-only and a mixed arm, asked about one and the same picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from mixedfer.errors import BadInput
from mixedfer.use import bundle as bundles
from mixedfer.use import rows, upload
from mixedfer.use.bundle import Bundle
from mixedfer.use.prediction import Predictor


class Answers(NamedTuple):
    """What each bundle says of a picture of (height, width): its name -> rows, see `mixedfer.use.rows`."""

    size: tuple[int, int]
    rows: dict[str, list[dict]]


class SideBySide:
    """The bundles in these folders, loaded. Raises BadInput for one that is refused, see `mixedfer.use.bundle`."""

    def __init__(self, folders: Sequence[Path], predictor: Path | None = None):
        read = [bundles.read(folder) for folder in folders]
        self.predictors = dict(zip(names(read), [Predictor(one, predictor) for one in read]))

    @property
    def pixels(self) -> int:
        """How many pixels a picture may have; each further doubling of its sides takes four times the memory."""
        detectors = [each.finder.preparation.detector for each in self.predictors.values()]
        doublings = [getattr(getattr(one, "fallback", None) or one, "upsample", 1) for one in detectors]
        return upload.PIXELS // 4**(max(1, *doublings) - 1)

    def __call__(self, raw: bytes, source: str) -> Answers:
        """The answers for the picture in these bytes, which rows call `source`. Raises Unreadable where they are none."""
        picture = upload.decode(raw, source, self.pixels)
        # Of a picture the faces are looked for once, where both bundles would find the same.
        finders = [each.finder for each in self.predictors.values()]
        looked = [finder(picture) for finder in finders[:1]]
        looked += [looked[0] if finder == finders[0] else finder(picture) for finder in finders[1:]]
        said = {name: rows.of(source, *each.answers([found]), each.bundle.classes)
                for (name, each), found in zip(self.predictors.items(), looked)}
        return Answers(picture.shape[:2], said)


def names(read: Sequence[Bundle]) -> list[str]:
    """What to call bundles: by their arm, or by more where that is the same. Raises BadInput for one that is given twice."""
    ways: tuple[Callable[[Bundle], str], ...] = (
        lambda one: one.said["arm"]["name"], lambda one: f"{one.said['study']}: {one.said['arm']['name']}",
        lambda one: one.folder.resolve().name, lambda one: str(one.folder.resolve()))
    for way in ways:
        told = [str(way(one)) for one in read]
        if len(set(told)) == len(read):
            return told
    raise BadInput("the same bundle twice", file=read[0].folder, remedy="Name two different ones, or one.")

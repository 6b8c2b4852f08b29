"""One or two bundles, such as an image-only and a mixed arm, asked about one and the same picture."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import pictures
from mixedfer.use import bundle as bundles
from mixedfer.use import rows
from mixedfer.use.bundle import Bundle
from mixedfer.use.prediction import Predictor

#: What is taken, by Pillow's names; some of its other decoders start programs.
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
#: Pixels of a picture; a detector that doubles its size once needs about a gigabyte for so many.
PIXELS = 50_000_000


class TooLarge(Unreadable):
    """A picture with more pixels than are searched."""


class Answers(NamedTuple):
    """What each bundle says of a picture of (height, width): its name -> rows, see `mixedfer.use.rows`."""

    size: tuple[int, int]
    rows: dict[str, list[dict]]


class Asked:
    """The bundles in these folders, loaded. Raises BadInput for one that is refused, see `mixedfer.use.bundle`."""

    def __init__(self, folders: Sequence[Path], predictor: Path | None = None):
        read = [bundles.read(folder) for folder in folders]
        self.predictors = dict(zip(names(read), [Predictor(one, predictor) for one in read]))

    @property
    def pixels(self) -> int:
        """How many pixels a picture may have; each further doubling of its sides takes four times the memory."""
        detectors = [each.finder.preparation.detector for each in self.predictors.values()]
        doublings = [getattr(getattr(one, "fallback", None) or one, "upsample", 1) for one in detectors]
        return PIXELS // 4**(max(1, *doublings) - 1)

    def __call__(self, raw: bytes, source: str) -> Answers:
        """The answers for the picture in these bytes, which rows call `source`. Raises Unreadable where they are none."""
        picture = decode(raw, source, self.pixels)
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


def decode(raw: bytes, source: str, most: int) -> np.ndarray:
    """The pixels in the bytes of a file, as `pictures.read` reads it. Raises Unreadable as it does, and for other kinds of
    pictures than `KINDS`; TooLarge for more than `most` pixels.
    """
    _measure(raw, source, most)
    handle, name = tempfile.mkstemp(prefix="mixedfer-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        return pictures.read(Path(name))
    except Unreadable as error:
        raise Unreadable(error.what, file=source) from error
    finally:
        os.unlink(name)


def _measure(raw: bytes, source: str, most: int) -> None:
    """Look at the beginning of a picture, before any pixel is decoded."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=KINDS) as image:
                width, height = image.size
                several = width * height <= most and image.format != "MPO" and _has_another(image)
    except Image.DecompressionBombError as error:
        raise TooLarge(f"more pixels than are safe to decode ({error})", file=source) from error
    except (Image.UnidentifiedImageError, *pictures.BROKEN) as error:
        raise Unreadable(f"not a picture of a kind that is taken ({', '.join(KINDS)})", file=source) from error
    if width * height > most:
        raise TooLarge(f"a picture of {width} x {height} pixels; at most {most:,} are searched", file=source,
                       remedy="Make it smaller.")
    if several:
        raise Unreadable("several pictures in one file (an animation?); give one file per picture", file=source)


def _has_another(image) -> bool:
    """Whether a file holds a second picture. To count them all takes minutes for a small file that is made so."""
    try:
        image.seek(1)
    except EOFError:
        return False
    return True

"""The bytes of a picture that was sent, looked at before they are decoded: they may come from anybody."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np

from mixedfer.errors import Unreadable
from mixedfer.faces import pictures

#: What is taken, by Pillow's names; some of its other decoders start programs.
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
#: Pixels of a picture; a detector that doubles its size once needs about a gigabyte for so many.
PIXELS = 50_000_000


class TooLarge(Unreadable):
    """A picture with more pixels than are searched."""


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
                several = width * height <= most and pictures.several(image)
    except Image.DecompressionBombError as error:
        raise TooLarge(f"more pixels than are safe to decode ({error})", file=source) from error
    except (Image.UnidentifiedImageError, *pictures.BROKEN) as error:
        raise Unreadable(f"not a picture of a kind that is taken ({', '.join(KINDS)})", file=source) from error
    if width * height > most:
        raise TooLarge(f"a picture of {width} x {height} pixels; at most {most:,} are searched", file=source,
                       remedy="Make it smaller.")
    if several:
        raise Unreadable(pictures.SEVERAL, file=source)

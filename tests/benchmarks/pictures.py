"""Pictures in the layout of fer2013.csv, as many as a benchmark wants: real ones where they are at hand, else portraits."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from mixedfer.faces.datasets.fer2013 import CLASSES, SIDE, Fer2013
from mixedfer.faces.datasets.portrait import Portrait
from tests import real_data

USAGE = ("Training", "PublicTest", "PrivateTest")
#: Every value of a pixel as text. With leading zeros, so that a row is one look-up; readers take them for what they are.
WORDS = np.array([b"%03d " % value for value in range(256)], "S4")
#: How far the pixels of a varied picture may be from those of its source.
CHANGE = 2
#: How many portraits there are before they are varied: one takes as long as a hundred real rows.
PORTRAITS = 240


class Picture(NamedTuple):
    """A row of the CSV; `pixels` are (48, 48) uint8."""

    emotion: int
    usage: str
    pixels: np.ndarray


def known(count: int, classes: Sequence[str] = CLASSES) -> list[Picture]:
    """Some `count` different pictures, or as many as there are, spread over FER2013; without it, happy and sad portraits. In
    random order, so that the first ones are of every class and part.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = real_data.fer2013(Path(scratch))
        found = _real(folder, count, tuple(classes)) if folder else _portraits(min(count, PORTRAITS))
    return [found[place] for place in np.random.default_rng(0).permutation(len(found))]


def varied(pictures: Sequence[Picture], count: int) -> Iterator[Picture]:
    """`count` pictures, all different: those that are given, then again and again with every pixel slightly changed."""
    yield from pictures[:count]
    rng = np.random.default_rng(0)
    for picture in itertools.islice(itertools.cycle(pictures), max(0, count - len(pictures))):
        change = rng.integers(-CHANGE, CHANGE + 1, (SIDE, SIDE), np.int16)
        yield picture._replace(pixels=np.clip(picture.pixels + change, 0, 255).astype(np.uint8))


def write(path: Path, pictures: Iterable[Picture]) -> Path:
    """The CSV of these pictures, row by row."""
    with open(path, "wb") as file:
        file.write(b"emotion,pixels,Usage\n")
        for emotion, usage, pixels in pictures:
            file.write(b"%d,%s,%s\n" % (emotion, WORDS[pixels.ravel()].tobytes()[:-1], usage.encode()))
    return path


def _real(folder: Path, count: int, classes: tuple[str, ...]) -> list[Picture]:
    source = Fer2013(classes=classes)
    listing = source.list(folder)
    places = np.unique(np.linspace(0, len(listing.keys) - 1, count).astype(int))
    return [Picture(CLASSES.index(listing.classes[listing.labels[place]]), USAGE[listing.partition[place]],
                    source.read(folder, listing.keys[place])) for place in places]


def _portraits(count: int) -> list[Picture]:
    """Gray and as small as FER2013's; person by person, the last fifth of them for validation and test."""
    source = Portrait(classes=("happy", "sad"), identities=-(-count // 8))
    listing = source.list(None)
    tenth = 10 * np.arange(len(listing.keys)) // len(listing.keys)
    return [Picture(CLASSES.index(listing.classes[label]), USAGE[max(0, part - 7)],
                    np.asarray(Image.fromarray(source.read(None, key)).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)))
            for key, label, part in zip(listing.keys, listing.labels, tenth)]

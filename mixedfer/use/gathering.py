"""Which pictures are meant, and the faces in them, each cut out as a square picture of its own."""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer import disk, processes
from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import pictures, register, sightings, work
from mixedfer.faces.crop import crop, square
from mixedfer.faces.detectors import Box
from mixedfer.study import Preparation

#: Pictures that a worker is given at once.
CHUNK = 64


class Crop(NamedTuple):
    """A face: the picture that it is in, a name that follows from its crop's pixels, and its box in pixels of the crop."""

    picture: str
    name: str
    side: int
    box: Box


class Gathered(NamedTuple):
    """What pictures hold: faces from left to right, pictures without one, those that cannot be read and why, and what was
    found in pictures that the register did not have.
    """

    faces: list[Crop]
    faceless: list[str]
    unreadable: dict[str, str]
    new: dict[bytes, np.ndarray]

    def different(self) -> dict[str, Crop]:
        """Of faces that are alike pixel for pixel, the first; by name."""
        found: dict[str, Crop] = {}
        for face in self.faces:
            found.setdefault(face.name, face)
        return found


@dataclass(frozen=True)
class Search:
    """What is the same for all pictures. A crop reaches `border` sides beyond its face and has at most `largest` pixels per
    side; `crops` is where they are written, or None; `known` is the register's file.
    """

    preparation: Preparation
    border: float
    largest: int
    predictor: Path
    known: Path
    crops: Path | None


def files(sources: Sequence[str], besides: Path | None, more: tuple[str, ...] = ()) -> dict[str, str]:
    """The pictures that are meant: files, all pictures below folders, and patterns such as "photos/*.jpg"; each once, with its
    path from the folder that was named. Patterns also find files whose names end in one of `more`.

    Raises BadInput where a source has none, and where one lies in the folder `besides`, if any, which is written to.
    """
    found: dict[str, tuple[str, str]] = {}
    for source in sources:
        names = _named(source, more)
        if not names:
            raise BadInput("no such file, and no picture", file=source, remedy="Give pictures, folders with pictures, or a "
                           "pattern such as 'photos/*.jpg'.")
        for name in names:
            below = os.path.relpath(name, source) if os.path.isdir(source) else name
            found.setdefault(os.path.realpath(name), (os.path.normpath(name), below))
    inside = [name for real, (name, _) in found.items() if besides and Path(real).is_relative_to(besides.resolve())]
    if inside:
        raise BadInput("a picture in the folder that is written to", file=inside[0],
                       remedy="Choose an --out outside of SOURCE.")
    return dict(found.values())


def _named(source: str, more: tuple[str, ...]) -> list[str]:
    if os.path.isfile(source):
        return [source]
    if os.path.isdir(source):
        return [os.path.join(source, name) for name in pictures.pictures(pictures.files(Path(source)))]
    found = glob.glob(source, recursive=True)
    named = {*pictures.pictures(found), *(name for name in found if name.lower().endswith(more))}
    return sorted(name for name in named if os.path.isfile(name))


def look(job: Search, names: Sequence[str], workers: int, quiet: bool) -> Gathered:
    """The faces in these pictures; with several workers where there are more than a few."""
    from tqdm import tqdm

    chunks = [names[first:first + CHUNK] for first in range(0, len(names), CHUNK)]
    seen = Gathered([], [], {}, {})
    with register.Register(job.known) as known, tqdm(total=len(names), unit="picture", desc="faces", disable=quiet or None,
                                                     dynamic_ncols=True) as bar:
        for chunk, part in zip(chunks, _mapped(job, chunks, workers)):
            known.enter(part.new)
            seen.faces.extend(part.faces)
            seen.faceless.extend(part.faceless)
            seen.unreadable.update(part.unreadable)
            bar.update(len(chunk))
    return seen


def _mapped(job: Search, chunks: Sequence[Sequence[str]], workers: int) -> Iterator[Gathered]:
    if len(chunks) < 2 or workers < 2:
        yield from (_look(job, chunk) for chunk in chunks)
        return
    with processes.pool(min(workers, len(chunks)), work.start) as pool:
        yield from pool.map(_look, [job] * len(chunks), chunks)


def _look(job: Search, names: Sequence[str]) -> Gathered:
    seen = Gathered([], [], {}, {})
    for name in names:
        try:
            picture = pictures.read(Path(name))
        except BadInput as error:  # which other steps raise for what no picture can mend
            seen.unreadable[name] = error.what
            continue
        try:
            found = _found(job, picture, seen.new)
            faces = [_cut(job, name, picture, Box(*map(float, one["box"]))) for one in found if one["found"]]
        except Unreadable as error:
            seen.unreadable[name] = error.what
            continue
        seen.faces.extend(faces)
        if not faces:
            seen.faceless.append(name)
    return seen


def _found(job: Search, picture: np.ndarray, new: dict[bytes, np.ndarray]) -> np.ndarray:
    """The faces of one picture, which are kept in `new` if the register lacks them."""
    name = sightings.name(picture, None)
    known: Mapping[bytes, np.ndarray] = register.look_up(job.known, [name])
    if name not in known:
        found = sightings.find({0: picture}, {}, job.preparation, job.predictor)[0]
        if isinstance(found, str):
            raise Unreadable(found)
        known = {name: found}
        new |= known
    return known[name]


def _cut(job: Search, name: str, picture: np.ndarray, box: Box) -> Crop:
    """Cut a face out, in the picture's own pixels unless it is too large, and write it."""
    _, _, side = square(box, job.border)
    side = min(max(1, round(side)), job.largest)
    image, matrix = crop(picture, box, job.border, side, colour=picture.ndim == 3)
    image = image if picture.ndim == 3 else image[..., 0]
    # A box counts from pixels' edges, a matrix from their centres.
    left, top = (matrix[axis, axis] * (box[axis] - 0.5) + matrix[axis, 2] + 0.5 for axis in (0, 1))
    scale = matrix[0, 0]
    face = Crop(name, sightings.name(image, None).hex()[:32], side,
                Box(float(left), float(top), float(box.width * scale), float(box.height * scale)))
    if job.crops:
        _keep(job.crops / f"{face.name}.png", png(image))
    return face


def _keep(path: Path, data: bytes) -> None:
    """Write a file that appears whole. It is made anew by every command, so it need not wait for the disk."""
    with disk.full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = disk.beside(path)
        part.write_bytes(data)
        os.replace(part, path)


def png(image: np.ndarray) -> bytes:
    """A picture as the bytes of a PNG file, which loses nothing."""
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(image).save(held, "PNG")
    return held.getvalue()


def subject(pattern: str, path: str) -> str:
    """Whose face it is: what the pattern's group finds in a picture's path.

    >>> subject("([a-z]+)-[0-9]", "photos/anna-2.jpg")
    'anna'
    """
    match = re.search(pattern, path)
    if not match or not match.group(1):
        raise BadInput(f"the subject pattern {pattern!r} does not match", file=path,
                       remedy="Rename it, or set another `subject`.")
    return match.group(1)

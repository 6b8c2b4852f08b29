"""What a worker process does with some pictures: read, find faces and landmarks unless they are known, cut images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixedfer.errors import Unreadable
from mixedfer.faces import chunks, landmarks, sightings
from mixedfer.faces.chunks import Made
from mixedfer.faces.crop import crop, equalised, warp
from mixedfer.faces.detectors import Box
from mixedfer.geometry import transform
from mixedfer.study import Preparation

GROUP = 1 << 24  # bytes of pictures that a worker holds at once
#: Pictures by their number in the data set's list, or what was found in them; where there is none, why.
Pictures = Mapping[int, np.ndarray | str]
#: What has been found in pictures, by their names, see `register.look_up`; those that are not known are left out.
Known = Callable[[Collection[bytes]], dict[bytes, np.ndarray]]


@dataclass(frozen=True)
class Job:
    """What all chunks have in common; small, so that it can be sent to a worker. `part` is the folder of chunks."""

    dataset: Any
    preparation: Preparation
    data: Path | None
    predictor: Path
    known: Known
    part: Path


class Chunk(NamedTuple):
    """Some pictures: the number of the first, their keys, and the boxes that a list gives, by number."""

    first: int
    keys: Sequence[Any]
    boxes: Mapping[int, Box]


class Done(NamedTuple):
    """A chunk that is on disk: its first picture, its rows, and what was found in pictures that were not known."""

    first: int
    count: int
    found: dict[bytes, np.ndarray]


def start() -> None:
    """Set a worker process up."""
    import cv2

    cv2.setNumThreads(1)


def get_ready(predictor: Path) -> None:
    """Load the landmark model; an error is raised again by the first chunk."""
    landmarks.load(predictor)  # not returned: it would be sent back


def work(job: Job, chunk: Chunk) -> Done:
    """Make a chunk's rows and write them."""
    made, found = make(job, chunk)
    return write(job, chunk.first, made, found)


def write(job: Job, first: int, made: Made, found: dict[bytes, np.ndarray]) -> Done:
    """Write a chunk that was made, here or elsewhere."""
    chunks.write(job.part, first, made)
    return Done(first, len(made.rows), found)


def make(job: Job, chunk: Chunk) -> tuple[Made, dict[bytes, np.ndarray]]:
    """A chunk's rows, and what was found in pictures that were not known."""
    parts, unreadable, new, count = [], {}, {}, 0
    for group in _groups(job, chunk):
        faces, found = _search(job, group, chunk.boxes)
        made = _cut(group, faces, job.preparation)
        parts.append(made.rows)
        unreadable |= {count + place: why for place, why in made.unreadable.items()}
        new |= found
        count += len(made.rows)
    return Made(np.concatenate(parts), unreadable), new


def _groups(job: Job, chunk: Chunk) -> Iterator[Pictures]:
    """The pictures; as many at once as memory should hold."""
    group: dict[int, np.ndarray | str] = {}
    size = 0
    for number, key in enumerate(chunk.keys, chunk.first):
        try:
            group[number] = job.dataset.read(job.data, key)
            size += group[number].nbytes
        except Unreadable as error:
            group[number] = error.what
        if size > GROUP:
            yield group
            group, size = {}, 0
    if group:
        yield group


def _search(job: Job, pictures: Pictures, boxes: Mapping[int, Box]) -> tuple[Pictures, dict[bytes, np.ndarray]]:
    """The faces in each picture, in the order of the pictures, and those of pictures that the register has not yet."""
    names = {number: sightings.name(picture, boxes.get(number)) for number, picture in pictures.items()
             if not isinstance(picture, str)}
    known = job.known(names.values())
    unknown = {number: pictures[number] for number, name in names.items() if name not in known}
    found = sightings.find(unknown, boxes, job.preparation, job.predictor)
    faces = {number: known.get(names[number], found.get(number)) if number in names else picture
             for number, picture in pictures.items()}
    return faces, {names[number]: one for number, one in found.items() if not isinstance(one, str)}


def _cut(pictures: Pictures, faces: Pictures, preparation: Preparation) -> Made:
    """A row for each face, and one for each picture that cannot be read."""
    import cv2

    pairs = [(number, face) for number, found in faces.items() for face in ([None] if isinstance(found, str) else found)]
    rows, unreadable, matrices = np.zeros(len(pairs), chunks.layout(preparation)), {}, {}
    rows["picture"] = [number for number, _ in pairs]
    for place, (number, face) in enumerate(pairs):
        if face is None:
            unreadable[place] = faces[number]
            continue
        rows["found"][place], rows["boxes"][place] = face["found"], face["box"]
        try:
            rows["images"][place], matrices[place] = cut(pictures[number], face, preparation)
        except (cv2.error, Unreadable) as error:
            unreadable[place] = error.what if isinstance(error, Unreadable) else str(error).strip()
    if matrices:
        made = list(matrices)
        rows["readable"][made] = True
        points = np.stack([pairs[place][1]["landmarks"] for place in made])
        rows["landmarks"][made] = transform(points, np.stack(list(matrices.values())))
    return Made(rows, unreadable)


def cut(picture: np.ndarray, face: np.ndarray, preparation: Preparation) -> tuple[np.ndarray, np.ndarray]:
    """The image of a face (one of `sightings.FACE`), as arms see it, and the 2x3 matrix from picture pixels to image pixels.

    A face that was not found is never aligned: its image is the whole picture.
    """
    box, size, colour = Box(*map(float, face["box"])), preparation.size, preparation.colour
    if face["found"] and preparation.alignment:
        matrix = preparation.alignment.matrix(face["landmarks"].astype(float), box, size)
        return equalised(warp(picture, matrix, size, colour), preparation.equalise), matrix
    if not (face["found"] and preparation.crop):
        image, matrix = crop(picture, sightings.whole(picture), 0.0, size, colour)
    else:
        image, matrix = crop(picture, box, preparation.border, size, colour)
    return equalised(image, preparation.equalise), matrix

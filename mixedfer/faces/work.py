"""What a worker process does with some pictures: read, find faces and landmarks unless they are known, cut images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixedfer.errors import Unreadable
from mixedfer.faces import chunks, landmarks, sightings
from mixedfer.faces.crop import crop, equalised, warp
from mixedfer.faces.detectors import Box
from mixedfer.geometry import transform
from mixedfer.study import Preparation

GROUP = 1 << 24  # bytes of pictures that a worker holds at once


@dataclass(frozen=True)
class Job:
    """What all chunks have in common; small, so that it can be sent to a worker. `seen` is the folder of sightings, `part`
    that of the images; None where faces are only to be found.
    """

    dataset: Any
    preparation: Preparation
    data: Path | None
    predictor: Path
    seen: Path
    part: Path | None


class Chunk(NamedTuple):
    """Some pictures: the number of the first, their keys, the boxes that a list gives, by number, and their first row."""

    first: int
    keys: Sequence[Any]
    boxes: Mapping[int, Box]
    row: int


def start() -> None:
    """Set a worker process up."""
    import cv2

    cv2.setNumThreads(1)


def get_ready(predictor: Path) -> None:
    """Load the landmark model; an error is raised again by the first chunk."""
    landmarks.load(predictor)  # not returned: it would be sent back


def work(job: Job, chunk: Chunk) -> chunks.Done:
    """Finish a chunk: its sightings are on disk, and its images where the job has a folder for them."""
    known = sightings.read(job.seen, chunk.first)
    parts, row, failed = [], chunk.row, {}
    for group in _groups(job, chunk) if job.part or known is None else ():
        parts.append(known.of(group) if known else sightings.find(group, chunk.boxes, job.preparation, job.predictor))
        if job.part:
            failed |= _cut(chunks.arrays(job.part), row, group, parts[-1].rows, job.preparation)
        row += len(parts[-1].rows)
    if known is None:
        sightings.write(job.seen, chunk.first, sightings.joined(parts))
    count = row - chunk.row
    checksum = chunks.checksum(chunks.arrays(job.part), chunk.row, count) if job.part else 0
    return {"first": chunk.first, "row": chunk.row, "count": count, "failed": list(failed.items()), "checksum": checksum}


def _groups(job: Job, chunk: Chunk) -> Iterator[dict[int, np.ndarray | str]]:
    """The pictures by number, or why they cannot be read; as many at once as memory should hold."""
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


def _cut(arrays: dict[str, np.ndarray], first: int, pictures: Mapping[int, np.ndarray | str], faces: np.ndarray,
         preparation: Preparation) -> dict[int, str]:
    """Write the images and landmarks of faces from row `first` on; returns the rows that cannot be made, and why."""
    import cv2

    made, matrices, failed = {}, [], {}
    for row, face in enumerate(faces, first):
        picture = pictures[int(face["picture"])]
        try:
            if isinstance(picture, str):
                raise Unreadable(picture)
            if face["readable"]:
                made[row], matrix = cut(picture, face, preparation)
                matrices.append(matrix)
        except (cv2.error, Unreadable) as error:
            failed[row] = error.what if isinstance(error, Unreadable) else str(error).strip()
    if made:
        rows = list(made)
        arrays["images"][rows] = list(made.values())
        arrays["landmarks"][rows] = transform(faces["landmarks"][np.array(rows) - first], np.stack(matrices))
    return failed


def cut(picture: np.ndarray, face: np.ndarray, preparation: Preparation) -> tuple[np.ndarray, np.ndarray]:
    """The image of a face (a row of sightings), as arms see it, and the 2x3 matrix from picture pixels to image pixels.

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

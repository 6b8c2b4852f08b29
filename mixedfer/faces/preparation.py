"""Pictures to a face set: detect, crop, find landmarks, on all cores; what is done stays done.

The set is named by everything its bytes depend on (source, preparation, versions, the code of this stage), so the same
request finds the finished set. Workers write their rows straight into memory-mapped arrays; memory does not grow with
the number of pictures. An interrupted preparation loses its unfinished chunks only: every finished one has a line in
`chunks.jsonl`, with a checksum of its rows, so that what a power failure kept from the disk is made again.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import zlib
from collections.abc import Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer import disk, faceset, processes
from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import landmarks
from mixedfer.faces.crop import crop
from mixedfer.faces.datasets import Listing
from mixedfer.faces.detectors import Box, Sight
from mixedfer.faceset import FaceSet
from mixedfer.geometry import POINTS, transform
from mixedfer.identity import canonical, digest, hash_source, version
from mixedfer.study import Preparation, Study

CHUNK = 64
GROUP = 1 << 24  # bytes of pictures that a worker holds at once
LOG = "chunks.jsonl"
MADE = ("images", "landmarks", "boxes", "found", "readable")
PACKAGES = ("dlib-bin", "dlib", "opencv-python-headless", "pillow", "numpy", "scipy")
#: What decides a set's bytes; data sets and detectors name themselves, but not the packages that they lie in.
SOURCE = ("seeds.py", "geometry.py", "faceset.py", "faces/preparation.py", "faces/crop.py", "faces/landmarks.py",
          "faces/pictures.py", "faces/datasets/__init__.py", "faces/detectors/__init__.py")


@dataclass(frozen=True)
class _Job:
    """What a worker needs to know; small, so that it can be sent to one."""

    dataset: Any
    preparation: Preparation
    data: Path | None
    predictor: Path
    folder: Path


def prepare(study: Study, data: Path | None, store: Path, *, predictor: Path | None = None, workers: int = 1,
            quiet: bool = False) -> FaceSet:
    """The study's face set, made now or found finished in `store`.

    Raises BadInput for input that cannot be used, Busy when another process prepares the same set, Fault when the disk
    is full or a worker dies.
    """
    model = landmarks.find_predictor(predictor, study.preparation.predictor)
    folder = store / "faces" / _key(study, data)
    if not disk.is_done(folder):
        with disk.lock(store / "locks" / folder.name, "this face set"):
            if not disk.is_done(folder):
                with disk.full_disk(folder):
                    _make(study, data, folder, model, workers, quiet)
    faces = faceset.load(folder)
    if not faces.found.any():
        raise BadInput("no face was found in any picture", file=data,
                       remedy="Small faces need upsampling (--set upsample=1); for faces that are already cropped use the "
                       "detector WholeImage.")
    return faces


def describe(faces: FaceSet) -> str:
    """The found rate, in all and per class, and what is to be said about the data, as lines of text."""
    counts = faces.counts()
    width = max(len(name) for name in [*counts["by_class"], "all"])
    rows = {**counts["by_class"], "all": counts}
    lines = [f"  {name:<{width}}  {row['found']:>7,} of {row['images']:>7,} faces found  {_percent(row)}" if faces.searched else
             f"  {name:<{width}}  {row['images']:>7,} pictures, taken as they are" for name, row in rows.items()]
    lines += [f"  {counts['unreadable']:,} pictures could not be read"] * bool(counts["unreadable"])
    lines += [f"  {count:,} more were left out: {reason}" for reason, count in counts["excluded"].items()]
    return "\n".join(lines + [f"  Note: {faces.meta['note']}"] * bool(faces.meta["note"]))


def _percent(row: dict) -> str:
    return f"{100 * row['found'] / row['images']:5.1f}%" if row["images"] else "    -"


def _key(study: Study, data: Path | None) -> str:
    # Which missed faces an arm sees is settled when rows are split; detection need not be repeated for it.
    preparation = {name: value for name, value in canonical(study.preparation).items() if name != "missed"}
    code = hash_source(*(Path(faceset.__file__).parent / name for name in SOURCE))
    return digest({"dataset": canonical(study.dataset), "preparation": preparation, "code": code,
                   "pictures": study.dataset.fingerprint(data), "versions": {name: version(name) for name in PACKAGES}})


def _make(study: Study, data: Path | None, folder: Path, model: Path, workers: int, quiet: bool) -> None:
    part = folder.with_suffix(".partial")
    job = _Job(study.dataset, study.preparation, data, model, part)
    with processes.pool(workers, _start) as pool:
        for _ in range(workers):
            pool.submit(_get_ready, model)  # while pictures are listed; an error is raised again by the first chunk
        listing = study.dataset.list(data)
        if not len(listing.keys):
            raise BadInput("the data set lists no picture", file=data)
        if not (part / LOG).exists():
            _allocate(part, listing, study.preparation)
        unreadable = _fill(job, listing, pool, quiet)
    if len(unreadable) == len(listing.keys):
        shutil.rmtree(part)
        raise BadInput(f"no picture could be read; the first, {listing.ids[0]}: {unreadable[0][1]}", file=data)
    _close(part, folder, study, listing, unreadable)


def _allocate(part: Path, listing: Listing, preparation: Preparation) -> None:
    part.mkdir(parents=True, exist_ok=True)
    count, size, channels = len(listing.keys), preparation.size, 3 if preparation.colour else 1
    unknown = np.full(count, -1)
    filled = {"images": ((count, size, size, channels), np.uint8), "landmarks": ((count, POINTS, 2), np.float32),
              "boxes": ((count, 4), np.float32), "found": ((count,), bool), "readable": ((count,), bool)}
    for name, (shape, dtype) in filled.items():
        array = np.lib.format.open_memmap(part / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
        _reserve(part / f"{name}.npy", array.offset + array.nbytes)
    np.save(part / "labels.npy", listing.labels)
    alone = np.eye(len(listing.classes), dtype=np.float32)[listing.labels]
    np.save(part / "votes.npy", alone if listing.votes is None else listing.votes)
    np.save(part / "partition.npy", unknown.astype(np.int8) if listing.partition is None else listing.partition)
    np.save(part / "subjects.npy", unknown if listing.subjects is None else listing.subjects)
    np.save(part / "ids.npy", np.array([os.fsencode(name) for name in listing.ids]))
    (part / LOG).touch()


def _reserve(path: Path, size: int) -> None:
    """Take the disk space now: writing to a memory map on a full disk would kill the process without a word."""
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)


def _fill(job: _Job, listing: Listing, pool: Executor, quiet: bool) -> list[tuple[int, str]]:
    """Run the chunks that the log does not hold yet; every finished chunk adds its line. Returns unreadable rows, and why."""
    from tqdm import tqdm

    log = job.folder / LOG
    chunks = _finished(log)
    disk.write_bytes(log, "".join(map(_line, chunks)).encode())
    done = {chunk["start"] for chunk in chunks}
    starts = [start for start in range(0, len(listing.keys), CHUNK) if start not in done]
    bar = tqdm(total=len(listing.keys), initial=len(listing.keys) - _size(starts, listing), desc="faces", unit="picture",
               disable=quiet or None, dynamic_ncols=True)
    futures = [pool.submit(_chunk, job, start, listing.keys[start:start + CHUNK]) for start in starts]
    with bar, open(log, "a", encoding="utf-8") as file:
        for chunk in (future.result() for future in as_completed(futures)):
            file.write(_line(chunk))
            file.flush()
            chunks.append(chunk)
            bar.update(_size([chunk["start"]], listing))
    return sorted((row, why) for chunk in chunks for row, why in chunk["unreadable"])


def _line(chunk: dict) -> str:
    return json.dumps(chunk) + "\n"


def _finished(log: Path) -> list[dict]:
    """The chunks in the log whose rows are on disk; a line that a kill or a full disk cut off is a chunk that is not done."""
    lines = [line for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
    arrays = {name: disk.read_array(log.parent / f"{name}.npy", mmap=True) for name in MADE}
    return [chunk for chunk in map(json.loads, lines) if chunk["checksum"] == _checksum(arrays, chunk["start"])]


def _checksum(arrays: dict[str, np.ndarray], start: int) -> int:
    checksum = 0
    for array in arrays.values():
        checksum = zlib.crc32(array[start:start + CHUNK], checksum)
    return checksum


def _size(starts: list[int], listing: Listing) -> int:
    return sum(min(CHUNK, len(listing.keys) - start) for start in starts)


def _start() -> None:
    import cv2

    cv2.setNumThreads(1)


def _get_ready(model: Path) -> None:
    landmarks.load(model)  # not returned: it would be sent back


@functools.cache
def _arrays(folder: Path) -> dict[str, np.ndarray]:
    return {name: np.lib.format.open_memmap(folder / f"{name}.npy", mode="r+") for name in MADE}


def _chunk(job: _Job, start: int, keys: Sequence[Any]) -> dict:
    unreadable, group = [], {}
    for row, key in enumerate(keys, start):
        try:
            group[row] = job.dataset.read(job.data, key)
        except Unreadable as error:
            unreadable.append((row, error.what))
        if sum(picture.nbytes for picture in group.values()) > GROUP:
            unreadable += _write(job, group)
            group = {}
    unreadable += _write(job, group)
    return {"start": start, "unreadable": unreadable, "checksum": _checksum(_arrays(job.folder), start)}


def _write(job: _Job, group: dict[int, np.ndarray]) -> list[tuple[int, str]]:
    """See the pictures of these rows and write them down; returns the rows that cannot be seen, and why."""
    import cv2

    rows = list(group)
    if not rows:
        return []
    try:
        faces = see(list(group.values()), job.preparation, job.predictor)
    except (cv2.error, RuntimeError) as error:  # OpenCV or dlib cannot cope with one of them
        if len(rows) == 1:
            return [(rows[0], str(error).strip())]
        return [bad for row in rows for bad in _write(job, {row: group[row]})]
    for name, values in {**faces, "readable": True}.items():
        _arrays(job.folder)[name][rows] = values
    return []


def see(pictures: Sequence[np.ndarray], preparation: Preparation, predictor: Path) -> dict[str, np.ndarray]:
    """Pictures as arms see them: {"images", "landmarks", "boxes", "found"}, each as in a face set.

    First all are searched, then all get their landmarks, and so on: what a step needs stays in the processor's caches,
    which makes small pictures a tenth faster than one after the other.
    """
    wholes = [Box(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0])) for picture in pictures]
    found = [largest(preparation.detector.find(picture)) for picture in pictures]
    boxes = [box or whole for box, whole in zip(found, wholes)]
    points = landmarks.extract(pictures, boxes, predictor)
    frames = [(box, preparation.border) if preparation.crop and box else (whole, 0.0) for box, whole in zip(found, wholes)]
    cropped = [crop(picture, *frame, preparation.size, preparation.colour) for picture, frame in zip(pictures, frames)]
    images, matrices = map(np.stack, zip(*cropped))
    return {"images": images, "landmarks": transform(points, matrices), "boxes": np.array(boxes),
            "found": np.array([box is not None for box in found])}


def largest(sights: Sequence[Sight]) -> Box | None:
    """The box of the largest face, the first of several that are equally large."""
    return max((sight.box for sight in sights), key=lambda box: box.width * box.height, default=None)


def _close(part: Path, folder: Path, study: Study, listing: Listing, unreadable: list[tuple[int, str]]) -> None:
    arrays = {name: disk.read_array(part / f"{name}.npy", mmap=True) for name in faceset.ARRAYS}
    disk.write_json(part / "meta.json", {
        "content": faceset.content_hash(arrays, listing.classes), "classes": list(listing.classes),
        "partitions": list(faceset.PARTITIONS), "note": listing.note, "excluded": dict(listing.excluded),
        "dataset": canonical(study.dataset),
        "preparation": canonical(study.preparation), "searched": getattr(study.preparation.detector, "searches", True),
        "unreadable": [[arrays["ids"][row].decode("utf-8", "replace"), why] for row, why in unreadable]})
    disk.finish(part, folder)
    (folder / LOG).unlink()

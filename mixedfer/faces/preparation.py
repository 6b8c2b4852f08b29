"""Pictures to a face set: find faces and landmarks, cut images, on all cores; what is done stays done.

There are two stages, each kept under a name that follows from everything its bytes depend on: what is found in the pictures
(`sightings`), and the images that are cut by it (the face set). A first run reads each picture once and does both, unless
every face of a picture is taken: how many rows there are is known only when all pictures have been searched.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path

import numpy as np

from mixedfer import disk, faceset, processes
from mixedfer.errors import BadInput, Busy
from mixedfer.faces import chunks, landmarks, rows, sightings, work
from mixedfer.faces.datasets import Listing
from mixedfer.faces.detectors import Box
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical, digest, hash_source, version
from mixedfer.study import Study

PACKAGES = (*sightings.OPENCV, "pillow", "numpy", "scipy")
#: Seconds after which an unfinished set is taken for one that nobody will finish.
LEFT = 7 * 24 * 3600
TOGETHER = "Faces of one picture are kept together; where no subject is known, each picture is one."
#: What decides a set's bytes, given what was found.
SOURCE = ("geometry.py", "faceset.py", "faces/preparation.py", "faces/work.py", "faces/rows.py", "faces/chunks.py",
          "faces/crop.py", "faces/alignments/__init__.py")


def prepare(study: Study, data: Path | None, store: Path, *, predictor: Path | None = None, workers: int = 1,
            quiet: bool = False) -> FaceSet:
    """The study's face set, made now or found finished in `store`.

    What killed preparations left unfinished in `store` a week ago or earlier, and nobody works on, is removed before a new
    set is made.

    Raises BadInput for input that cannot be used and for data that change while they are read, Busy when another process
    prepares the same set, Fault when the disk is full or a worker dies.
    """
    making = sightings.making(study, study.dataset.fingerprint(data))
    seen, folder = store / "sightings" / digest(making), store / "faces" / _key(study, making)
    if not disk.is_done(folder):
        with disk.lock(store / "locks" / folder.name, "this face set"), disk.full_disk(folder):
            if not disk.is_done(folder):
                _remove_left(store)
                disk.write_json(seen / "meta.json", making)
                _make(study, data, seen, folder, predictor, workers, quiet)
    elif predictor:
        landmarks.find_predictor(predictor, study.preparation.predictor)  # a wrong one is told, though none is needed
    faces = faceset.load(folder)
    if not faces.found.any():
        raise BadInput("no face was found in any picture", file=data,
                       remedy="Small faces need upsampling (--set upsample=1); for faces that are already cropped use the "
                       "detector WholeImage.")
    return faces


def _key(study: Study, making: dict) -> str:
    # Which missed faces an arm sees is settled when rows are split; detection need not be repeated for it.
    preparation = {name: value for name, value in canonical(study.preparation).items() if name != "missed"}
    code = hash_source(*(Path(faceset.__file__).parent / name for name in SOURCE))
    return digest({"sightings": making, "preparation": preparation, "code": code,
                   "versions": {name: version(name) for name in PACKAGES}})


def _remove_left(store: Path) -> None:
    """Remove unfinished sets that nobody works on, or has for a week: data or options have changed since, and no command
    would go on with them.
    """
    for part in store.glob("faces/*.partial"):
        with contextlib.suppress(Busy, FileNotFoundError), disk.lock(store / "locks" / part.stem, "this face set", patience=0):
            if time.time() - max(path.stat().st_mtime for path in (part, *part.iterdir())) > LEFT:
                shutil.rmtree(part)


def _make(study: Study, data: Path | None, seen: Path, folder: Path, predictor: Path | None, workers: int, quiet: bool) -> None:
    preparation, part = study.preparation, folder.with_suffix(".partial")
    with processes.huge_pages(), processes.pool(workers, work.start) as pool:
        model = landmarks.find_predictor(predictor, preparation.predictor)  # while workers start
        if not any(seen.glob("*.npz")):
            for _ in range(workers):
                pool.submit(work.get_ready, model)  # while pictures are listed
        listing = _list(study, data)
        job = work.Job(study.dataset, preparation, data, model, seen, part)
        firsts = range(0, len(listing.keys), sightings.CHUNK)
        starts, count = firsts, len(listing.keys)
        if preparation.face == "all":
            _fill(dataclasses.replace(job, part=None), listing, starts, pool, quiet)
            picture = rows.gather(seen, firsts, {}).picture
            starts, count = np.searchsorted(picture, firsts).tolist(), len(picture)
        chunks.allocate(part, count, preparation.size, 3 if preparation.colour else 1)
        failed = _fill(job, listing, starts, pool, quiet)
    _close(job, folder, study, listing, rows.gather(seen, firsts, failed))


def _list(study: Study, data: Path | None) -> Listing:
    listing = study.dataset.list(data)
    if not len(listing.keys):
        raise BadInput("the data set lists no picture", file=data)
    if getattr(study.preparation.detector, "annotated", False) and listing.boxes is None:
        raise BadInput("the data set's list has no box for any picture", file=data,
                       remedy="Choose a detector that looks for faces, or WholeImage for faces that are already cropped.")
    return listing


def _fill(job: work.Job, listing: Listing, starts: Sequence[int], pool: Executor, quiet: bool) -> dict[int, str]:
    """Run the chunks that are not finished; `starts` are their first rows. Returns rows that could not be made, and why."""
    from tqdm import tqdm

    done = _resume(job) if job.part else []
    todo = [chunk for chunk in _chunks(listing, starts, job) if chunk.first not in {one["first"] for one in done}]
    sizes = {chunk.first: len(chunk.keys) for chunk in todo}
    bar = tqdm(total=len(listing.keys), initial=len(listing.keys) - sum(sizes.values()), unit="picture",
               desc="faces" if job.part else "finding faces", disable=quiet or None, dynamic_ncols=True)
    futures = [pool.submit(work.work, job, chunk) for chunk in todo]
    with bar, open(job.part / chunks.LOG if job.part else os.devnull, "a", encoding="utf-8") as log:
        for chunk in (future.result() for future in as_completed(futures)):
            log.write(chunks.line(chunk))
            log.flush()
            done.append(chunk)
            bar.update(sizes[chunk["first"]])
    return {row: why for chunk in done for row, why in chunk["failed"]}


def _resume(job: work.Job) -> list[chunks.Done]:
    """The chunks that an earlier call has finished; the log says no more than that from here on."""
    done = [chunk for chunk in chunks.finished(job.part) if sightings.read(job.seen, chunk["first"]) is not None]
    disk.write_bytes(job.part / chunks.LOG, "".join(map(chunks.line, done)).encode())
    return done


def _chunks(listing: Listing, starts: Sequence[int], job: work.Job) -> Iterator[work.Chunk]:
    annotated = getattr(job.preparation.detector, "annotated", False)
    for first, row in zip(range(0, len(listing.keys), sightings.CHUNK), starts):
        end = first + sightings.CHUNK
        boxes = enumerate(listing.boxes[first:end].tolist() if annotated else (), first)
        listed = {number: Box(*box) for number, box in boxes if not any(map(math.isnan, box))}
        yield work.Chunk(first, listing.keys[first:end], listed, row)


def _see_unchanged(job: work.Job, study: Study) -> None:
    """Raise BadInput, and remove what was made, where the data are no longer those that name it."""
    if study.dataset.fingerprint(job.data) != disk.read_json(job.seen / "meta.json")["pictures"]:
        shutil.rmtree(job.part)
        shutil.rmtree(job.seen)
        raise BadInput("the data changed while they were read", file=job.data,
                       remedy="Give the same command again once nothing writes there any more.")


def _close(job: work.Job, folder: Path, study: Study, listing: Listing, made: rows.Rows) -> None:
    """Write what belongs to the rows besides their images, and give the set its name."""
    part = job.part
    _see_unchanged(job, study)
    if not made.readable.any():
        shutil.rmtree(part)
        raise BadInput(f"no picture could be read; the first, {listing.ids[0]}: {made.unreadable[0]}", file=job.data)
    columns = {**rows.listed(listing, made.picture), "boxes": made.boxes, "found": made.found, "readable": made.readable}
    for name, values in columns.items():
        np.save(part / f"{name}.npy", values)
    arrays = {name: disk.read_array(part / f"{name}.npy", mmap=True) for name in faceset.ARRAYS}
    disk.write_json(part / "meta.json", {
        "content": faceset.content_hash(arrays, listing.classes), "classes": list(listing.classes),
        "partitions": list(faceset.PARTITIONS), "pictures": len(listing.keys), "excluded": dict(listing.excluded),
        "note": _note(listing, made, study.preparation.alignment is not None),
        "dataset": canonical(study.dataset), "preparation": canonical(study.preparation), "sightings": job.seen.name,
        "searched": getattr(study.preparation.detector, "searches", True),
        "unreadable": [[arrays["ids"][row].decode("utf-8", "replace"), why] for row, why in sorted(made.unreadable.items())]})
    disk.finish(part, folder)
    (folder / chunks.LOG).unlink()


def _note(listing: Listing, made: rows.Rows, aligned: bool) -> str:
    """The data set's note, and what is to be said of the rows."""
    missed = int((made.readable & ~made.found).sum()) if aligned else 0
    told = [(listing.note, listing.note), (len(made.picture) > len(listing.keys), TOGETHER),
            (missed, f"{missed:,} of {len(made.picture):,} images are not aligned: no face was found in them.")]
    return " ".join(words for true, words in told if true)

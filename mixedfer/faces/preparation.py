"""Pictures to a face set: find faces and landmarks, cut images, on whatever `pools` offer; what is done stays done.

Two things are kept, each under a name that follows from everything that its bytes depend on: what is found in a picture
(`register`), and the rows that are made of it (the face set). Pictures are read once, each face is searched for once.
"""

from __future__ import annotations

import contextlib
import functools
import math
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from mixedfer import disk, faceset
from mixedfer.errors import BadInput, Busy
from mixedfer.faces import chunks, landmarks, register, rows, sightings, work
from mixedfer.faces.datasets import Listing
from mixedfer.faces.detectors import Box
from mixedfer.faces.pools import ONE, Make, Pool
from mixedfer.faces.register import Register
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical, digest, hash_source, version
from mixedfer.study import Study

PACKAGES = (*sightings.OPENCV, "pillow", "numpy", "scipy")
#: Seconds after which an unfinished set is taken for one that nobody will finish.
LEFT = 7 * 24 * 3600
TOGETHER = "Faces of one picture are kept together; where no subject is known, each picture is one."
#: What decides a set's bytes, given what is found; data sets and alignments name themselves.
SOURCE = ("seeds.py", "geometry.py", "faceset.py", "faces/preparation.py", "faces/work.py", "faces/rows.py", "faces/chunks.py",
          "faces/register.py", "faces/crop.py", "faces/pictures.py", "faces/alignments/__init__.py",
          "faces/datasets/__init__.py")


def prepare(study: Study, data: Path | None, store: Path, *, predictor: Path | None = None,
            pool: Pool = ONE, quiet: bool = False) -> FaceSet:
    """The study's face set, made now by `pool` or found finished in `store`; whoever makes it, its bytes are the same.

    What killed preparations left unfinished in `store` a week ago or earlier, and nobody works on, is removed before a new
    set is made.

    Raises BadInput for input that cannot be used and for data that change while they are read, Busy when another process
    prepares the same set, Fault when the disk is full or a worker dies.
    """
    fingerprint, found = study.dataset.fingerprint(data), sightings.making(study.preparation)
    folder, known = store / "faces" / _key(study, fingerprint, found), store / "sightings" / f"{digest(found)}.db"
    if not disk.is_done(folder):
        with disk.lock(store / "locks" / folder.name, "this face set"), disk.full_disk(folder):
            if not disk.is_done(folder):
                _remove_left(store)
                disk.write_json(known.with_suffix(".json"), found)
                _make(study, data, fingerprint, known, folder, predictor, pool, quiet)
    elif predictor:
        landmarks.find_predictor(predictor, study.preparation.predictor)  # a wrong one is told, though none is needed
    faces = faceset.load(folder)
    if not faces.found.any():
        raise BadInput("no face was found in any picture", file=data,
                       remedy="Small faces need upsampling (--set upsample=1); for faces that are already cropped use the "
                       "detector WholeImage.")
    return faces


def _key(study: Study, fingerprint: str, found: dict) -> str:
    # Which missed faces an arm sees is settled when rows are split; nothing need be prepared again for it.
    preparation = {name: value for name, value in canonical(study.preparation).items() if name != "missed"}
    code = hash_source(*(Path(faceset.__file__).parent / name for name in SOURCE))
    return digest({"dataset": canonical(study.dataset), "pictures": fingerprint, "sightings": found, "preparation": preparation,
                   "code": code, "versions": {name: version(name) for name in PACKAGES}})


def _remove_left(store: Path) -> None:
    """Remove unfinished sets that nobody works on, or has for a week: data or options have changed since, and no command
    would go on with them.
    """
    for part in store.glob("faces/*.partial"):
        with contextlib.suppress(Busy, FileNotFoundError), disk.lock(store / "locks" / part.stem, "this face set", patience=0):
            if time.time() - max(path.stat().st_mtime for path in (part, *part.iterdir())) > LEFT:
                shutil.rmtree(part)


def _make(study: Study, data: Path | None, fingerprint: str, known: Path, folder: Path, predictor: Path | None, pool: Pool,
          quiet: bool) -> None:
    part = folder.with_suffix(".partial")
    model = landmarks.find_predictor(predictor, study.preparation.predictor)
    job = work.Job(study.dataset, study.preparation, data, model, functools.partial(register.look_up, known.absolute()), part)
    with Register(known) as entries, pool(job) as make:
        listing = _list(study, data)
        part.mkdir(parents=True, exist_ok=True)
        counts = _fill(job, listing, make, entries, quiet)
    if study.dataset.fingerprint(data) != fingerprint:
        shutil.rmtree(part)
        raise BadInput("the data changed while they were read", file=data,
                       remedy="Give the same command again once nothing writes there any more.")
    _close(part, study, listing, counts, data, known.stem)
    disk.finish(part, folder)


def _list(study: Study, data: Path | None) -> Listing:
    listing = study.dataset.list(data)
    if not len(listing.keys):
        left = "; ".join(f"{count:,} left out: {reason}" for reason, count in listing.excluded.items())
        raise BadInput(f"the data set lists no picture{f' ({left})' if left else ''}", file=data)
    if getattr(study.preparation.detector, "annotated", False) and listing.boxes is None:
        raise BadInput("the data set's list has no box for any picture", file=data,
                       remedy="Choose a detector that looks for faces, or WholeImage for faces that are already cropped.")
    return listing


def _fill(job: work.Job, listing: Listing, make: Make, entries: Register, quiet: bool) -> dict[int, int]:
    """Make the chunks that an earlier call has not finished. Returns how many rows each has, by its first picture."""
    from tqdm import tqdm

    total = len(listing.keys)
    counts = chunks.finished(job.part, total)
    with tqdm(total=total, initial=sum(_size(first, total) for first in counts), unit="picture", desc="faces",
              disable=quiet or None, dynamic_ncols=True) as bar:
        for done in make(_chunks(listing, job.preparation.detector, frozenset(counts))):
            entries.enter(done.found)
            counts[done.first] = done.count
            bar.update(_size(done.first, total))
    return counts


def _size(first: int, total: int) -> int:
    return min(chunks.SIZE, total - first)


def _chunks(listing: Listing, detector: object, finished: Collection[int]) -> Iterator[work.Chunk]:
    annotated = getattr(detector, "annotated", False)
    for first in range(0, len(listing.keys), chunks.SIZE):
        if first in finished:
            continue
        end = first + chunks.SIZE
        boxes = enumerate(listing.boxes[first:end].tolist() if annotated else (), first)
        listed = {number: Box(*box) for number, box in boxes if not any(map(math.isnan, box))}
        yield work.Chunk(first, listing.keys[first:end], listed)


def _close(part: Path, study: Study, listing: Listing, counts: dict[int, int], data: Path | None, found_by: str) -> None:
    """Join the rows, and write what belongs to them besides."""
    picture, unreadable = chunks.join(part, counts, chunks.layout(study.preparation))
    if len(unreadable) == len(picture):
        shutil.rmtree(part)
        raise BadInput(f"no picture could be read; the first, {listing.ids[0]}: {unreadable[0]}", file=data)
    for name, values in rows.listed(listing, picture):
        np.save(part / f"{name}.npy", values)
    arrays = {name: disk.read_array(part / f"{name}.npy", mmap=True) for name in faceset.ARRAYS}
    detector, missed = study.preparation.detector, int((arrays["readable"] & ~arrays["found"]).sum())
    disk.write_json(part / "meta.json", {
        "content": faceset.content_hash(arrays, listing.classes), "classes": list(listing.classes),
        "partitions": list(faceset.PARTITIONS), "pictures": len(listing.keys), "excluded": dict(listing.excluded),
        "note": _note(listing, len(picture), missed if study.preparation.alignment else 0),
        "dataset": canonical(study.dataset), "preparation": canonical(study.preparation), "sightings": found_by,
        "searched": getattr(detector, "searches", True),
        "unreadable": [[arrays["ids"][row].decode("utf-8", "replace"), why] for row, why in sorted(unreadable.items())]})


def _note(listing: Listing, count: int, unaligned: int) -> str:
    """The data set's note, and what is to be said of the rows."""
    told = [(listing.note, listing.note), (count > len(listing.keys), TOGETHER),
            (unaligned, f"{unaligned:,} of {count:,} images are not aligned: no face was found in them.")]
    return " ".join(words for true, words in told if true)

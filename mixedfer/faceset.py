"""On disk, what was seen: one row per picture (or per face, where every face of a picture is taken), in the data set's order.

    meta.json        content, classes, partitions, dataset, preparation, sightings (the register's name), searched, note,
                     unreadable (picture and reason), pictures (how many the data set lists), excluded (how many it left
                     out, by reason)
    images.npy       (n, size, size, channels) uint8; what every arm sees
    landmarks.npy    (n, 68, 2) float32, x and y in pixels of that image
    boxes.npy        (n, 4) float32: left, top, width, height in pixels of the picture as given
    found.npy        (n,) bool: the detector found a face; where not, the box is the whole picture (all, if none searched)
    readable.npy     (n,) bool: the picture could be read; where not, its image is black and no arm sees it
    labels.npy       (n,) int64 into `classes`
    votes.npy        (n, classes) float32: the share of annotators who chose each class; where unknown, 1 for the label
    partition.npy    (n,) int8 into `partitions`, -1 where the data set has none
    subjects.npy     (n,) int64, -1 where unknown
    ids.npy          (n,) bytes, UTF-8: where the picture came from (a path, a row); `#2`, `#3`, ... for its further faces

Arrays are memory-mapped: a set larger than memory can be trained on.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.errors import Damaged

PARTITIONS = ("train", "validation", "test")
KEYS = ("content", "classes", "partitions", "note", "unreadable")
ARRAYS = ("images", "landmarks", "boxes", "found", "readable", "labels", "votes", "partition", "subjects", "ids")


@dataclass(frozen=True)
class FaceSet:
    """A finished face set; see the module for its arrays. `content` is the hash of everything that training can see."""

    folder: Path
    meta: dict
    images: np.ndarray
    landmarks: np.ndarray
    boxes: np.ndarray
    found: np.ndarray
    readable: np.ndarray
    labels: np.ndarray
    votes: np.ndarray
    partition: np.ndarray
    subjects: np.ndarray
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def content(self) -> str:
        return self.meta["content"]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.meta["classes"])

    @property
    def searched(self) -> bool:
        """Whether a detector looked for faces; where none did, `found` says nothing."""
        return self.meta.get("searched", True)

    def used(self, missed: str) -> np.ndarray:
        """`(n,)` bool: the rows that arms may see under the policy "whole-image" or "exclude"."""
        return self.readable & self.found if missed == "exclude" else np.asarray(self.readable)

    def name(self, row: int) -> str:
        """Where a row's picture came from."""
        return self.ids[row].decode("utf-8", "replace")

    def take(self, name: str, rows: np.ndarray) -> np.ndarray:
        """A copy of some rows of "images" or "landmarks", read from the file and not through its memory map.

        For each row that is touched out of order the system may map two megabytes around it, which then count as this
        process's memory: a batch of 256 faces took 285 MB.
        """
        array = getattr(self, name)
        if not isinstance(array, np.memmap) or not hasattr(os, "preadv"):
            return array[rows]
        taken = np.empty((len(rows), *array.shape[1:]), array.dtype)
        with open(array.filename, "rb", buffering=0) as file:
            for row, place in zip(rows, taken):
                if os.preadv(file.fileno(), [place], array.offset + int(row) * array.strides[0]) != place.nbytes:
                    raise Damaged("it has become shorter while it was in use", file=array.filename, remedy=_again(self.folder))
        return taken

    def counts(self) -> dict:
        """Pictures that could be read and faces found in them, in all, by class and by partition, as in `results.json`; how
        many of the listed ones could not be read; and how many more the data set left out, by reason.
        """
        def count(rows):
            rows = rows & self.readable
            return {"images": int(rows.sum()), "found": int((rows & self.found).sum())}
        everything = np.ones(len(self), bool)
        by_class = {name: count(self.labels == index) for index, name in enumerate(self.classes)}
        by_partition = {name: count(self.partition == index) for index, name in enumerate(self.meta["partitions"])}
        return {**count(everything), "unreadable": int((~self.readable).sum()), "excluded": self.meta.get("excluded", {}),
                "by_class": by_class, "by_partition": by_partition}


def load(folder: Path) -> FaceSet:
    """Open a finished face set; arrays stay on disk, see `verify`. Raises Damaged when it is not whole."""
    if not disk.is_done(folder):
        raise Damaged("not a finished face set", file=folder, remedy="Run `mixedfer prepare` on the study again.")
    meta = disk.read_json(folder / "meta.json")
    missing = [key for key in KEYS if key not in meta] if isinstance(meta, dict) else KEYS
    if missing:
        raise Damaged(f"it does not say {', '.join(missing)}", file=folder / "meta.json", remedy=_again(folder))
    arrays = {name: disk.read_array(folder / f"{name}.npy", mmap=name in ("images", "landmarks")) for name in ARRAYS}
    if len({len(array) for array in arrays.values()}) != 1:
        raise Damaged("its arrays have different lengths", file=folder, remedy=_again(folder))
    return FaceSet(folder=folder, meta=meta, **arrays)


def verify(faces: FaceSet) -> None:
    """Read a face set to its end. Raises Damaged when what training can see is not what preparation wrote."""
    if content_hash({name: getattr(faces, name) for name in ARRAYS}, faces.classes) != faces.content:
        raise Damaged("its bytes have changed since it was made", file=faces.folder, remedy=_again(faces.folder))


def content_hash(arrays: dict[str, np.ndarray], classes: tuple[str, ...]) -> str:
    """The hash that names what training can see: images, landmarks, found, readable, labels, votes, partition, subjects."""
    seen = ("images", "landmarks", "found", "readable", "labels", "votes", "partition", "subjects")
    return disk.hash_arrays(np.array("\n".join(classes)), *(arrays[name] for name in seen))[:20]


def _again(folder: Path) -> str:
    return f"Delete {folder} and give the same command again."

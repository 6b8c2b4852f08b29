"""A face set without its test pictures, for a search: what is not there cannot be learnt from, nor chosen by.

It holds the training pictures of a study and those it validates on, the latter twice: a run of the search is validated on
them, and what it answers "at test" is told of them again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mixedfer import disk, faceset
from mixedfer.faces import chunks, splits
from mixedfer.faceset import PARTITIONS, FaceSet
from mixedfer.identity import digest, hash_source
from mixedfer.study import Study

CHUNK = 4096  # rows at once, so that a set larger than memory can be copied
ROWS = "rows.npy"  # the row of the original set that each row is a copy of


def make(faces: FaceSet, study: Study, store: Path) -> FaceSet:
    """The set for a search, made now or found finished in `store`; its partitions are official ones.

    Raises BadInput where the study cannot be split, Busy when another process makes the same set, Fault when the disk is full.
    """
    split = splits.split(faces, study)
    rows = np.concatenate([split.train, split.validation, split.validation])
    partition = np.repeat(np.arange(len(PARTITIONS), dtype=np.int8),
                          [len(split.train), len(split.validation), len(split.validation)])
    name = digest({"without test": faces.content, "rows": disk.hash_arrays(rows, partition),
                   "code": hash_source(Path(__file__))})
    folder = store / "faces" / name
    if not disk.is_done(folder):
        with disk.lock(store / "locks" / name, "the face set of a search"):
            if not disk.is_done(folder):
                _write(faces, rows, partition, folder)
    return faceset.load(folder)


def _write(faces: FaceSet, rows: np.ndarray, partition: np.ndarray, folder: Path) -> None:
    with disk.new_folder(folder) as part:
        for name in faceset.ARRAYS:
            _copy(getattr(faces, name), rows, part / f"{name}.npy")
        np.save(part / "partition.npy", partition)
        # Who is seen twice by design is told as nobody, for no person may be in two partitions.
        again = partition == PARTITIONS.index("test")
        np.save(part / "subjects.npy", np.where(again, -1, np.asarray(faces.subjects)[rows]))
        np.save(part / ROWS, rows)
        arrays = {name: disk.read_array(part / f"{name}.npy", mmap=True) for name in faceset.ARRAYS}
        # It is no data set's: nobody who looks for a prepared set may take it for one.
        meta = {**faces.meta, "content": faceset.content_hash(arrays, faces.classes),
                "dataset": {"without_test_of": faces.content}}
        (part / "meta.json").write_text(disk.to_json(meta), encoding="utf-8")


def _copy(array: np.ndarray, rows: np.ndarray, path: Path) -> None:
    with chunks.array(path, len(rows), np.dtype((array.dtype, array.shape[1:]))) as file:
        for start in range(0, len(rows), CHUNK):
            file.write(np.ascontiguousarray(array[rows[start:start + CHUNK]]))

"""What is quick to train: a small network of the FER2013 study, and a face set of noise for it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from mixedfer import disk, faceset, study_files
from mixedfer.study import Study
from tests.commands import ROOT


def study(**changes: object) -> Study:
    """Two arms, image-only and mixed, one replicate and one epoch, or what `changes` say."""
    whole = study_files.load(ROOT / "experiments" / "fer2013.py")
    small = whole.varying(**{"width": 0.25, "batch_size": 64, "epochs": 1, "replicates": 1, **changes})
    return dataclasses.replace(small, treatments=small.treatments[:1])


def faces(folder: Path, count: int) -> faceset.FaceSet:
    """A face set of noise: speed and memory do not depend on what the pictures show."""
    if not disk.is_done(folder):
        rng = np.random.default_rng(0)
        with disk.new_folder(folder) as part:
            images = np.lib.format.open_memmap(part / "images.npy", mode="w+", dtype=np.uint8, shape=(count, 48, 48, 1))
            points = np.lib.format.open_memmap(part / "landmarks.npy", mode="w+", dtype=np.float32, shape=(count, 68, 2))
            for start in range(0, count, 1000):
                images[start:start + 1000] = rng.integers(0, 256, images[start:start + 1000].shape, dtype=np.uint8)
                points[start:start + 1000] = rng.random(points[start:start + 1000].shape, dtype=np.float32) * 48
            row, yes = np.arange(count), np.ones(count, bool)
            columns = {"boxes": np.zeros((count, 4), np.float32), "found": yes, "readable": yes, "labels": row % 7,
                       "votes": np.eye(7, dtype=np.float32)[row % 7],
                       "subjects": np.full(count, -1), "ids": row.astype("S7"),
                       "partition": np.searchsorted([6, 8], row % 10, side="right").astype(np.int8)}
            for name, column in columns.items():
                np.save(part / f"{name}.npy", column)
            disk.write_json(part / "meta.json", {"content": f"noise-{count}", "classes": list("abcdefg"), "note": "",
                                                 "partitions": list(faceset.PARTITIONS), "unreadable": []})
    return faceset.load(folder)

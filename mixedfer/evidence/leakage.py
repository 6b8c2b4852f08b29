"""Were test images seen in training? Exact and near duplicates, shared subjects, and the effect without them.

A near duplicate has the same difference hash: the signs of the 64 horizontal steps of the image shrunk to 8 x 9 (Krawetz 2013).
Pictures of one gray value are counted apart, because all of them have one hash. Training and validation count as seen.
"""

from __future__ import annotations

import numpy as np

from mixedfer.evidence import partitions
from mixedfer.evidence.comparing import difference
from mixedfer.evidence.results import Results

CHUNK = 4096


def summarise(results: Results) -> dict:
    """{"exact", "near", "constant"}: test images; "subjects": of the test that were seen too (None where none is known);
    "without": per treatment the study's difference on the test images that have no duplicate, where some have one.
    """
    exact, near, constant = duplicates(results)
    clean = ~(exact | near)
    some = not clean.all() and clean.any()
    without = [difference(results, name, clean) for name in results.plan.treatments] if some else []
    return {"exact": int(exact.sum()), "near": int(near.sum()), "constant": int(constant.sum()), "subjects": _subjects(results),
            "images_without": int(clean.sum()),
            "without": [{"treatment": found.treatment, "estimate": found.estimate,
                         "ci95": found.ci95 and list(found.ci95)} for found in without]}


def duplicates(results: Results) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three (K,) bool: tested images of which a seen image is equal to the byte, nearly equal (and not equal), constant."""
    part = _parts(results)
    used = np.flatnonzero(part >= -1)
    images = results.faces.images
    full, hashes, constant = (np.concatenate(made) for made in zip(*(
        _hash(np.asarray(images[used[at:at + CHUNK]])) for at in range(0, len(used), CHUNK))))
    tested = np.searchsorted(used, results.rows)
    exact = _elsewhere(full, part[used])[tested]
    near = _elsewhere(np.where(constant, full, hashes), part[used])[tested]
    return exact, near & ~exact, constant[tested]


def difference_hash(images: np.ndarray) -> np.ndarray:
    """(n,) uint64 for images (n, size, size, channels)."""
    gray = images.astype(np.float32).mean(-1)
    for axis, count in ((1, 8), (2, 9)):
        edges = np.linspace(0, gray.shape[axis], count + 1).astype(int)
        gray = np.add.reduceat(gray, edges[:-1], axis) / np.diff(edges).reshape([-1 if at == axis else 1 for at in range(3)])
    return np.packbits(np.diff(gray, axis=2) > 0, axis=None).reshape(len(images), 8).view(np.uint64)[:, 0]


def _hash(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    flat = images.reshape(len(images), -1)
    full = np.fromiter((hash(row.tobytes()) for row in flat), np.int64, len(flat)).view(np.uint64)
    return full, difference_hash(images), flat.min(1) == flat.max(1)


def _parts(results: Results) -> np.ndarray:
    """(n,) over the face set: the fold in which an image is tested, -1 for what is trained or validated on, -2 unused."""
    part = np.full(len(results.faces), -2)
    for mask in partitions.of(results).values():
        part[mask] = -1
    part[results.rows] = results.fold
    return part


def _elsewhere(values: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(n,) bool: the same value also lies in another part."""
    _, group = np.unique(values, return_inverse=True)
    low, high = np.full(group.max() + 1, part.max()), np.full(group.max() + 1, part.min())
    np.minimum.at(low, group, part)
    np.maximum.at(high, group, part)
    return (low != high)[group]


def _subjects(results: Results) -> int | None:
    part, subjects = _parts(results), np.asarray(results.faces.subjects)
    known = (part >= -1) & (subjects >= 0)
    if not known[results.rows].any():
        return None
    shared = _elsewhere(subjects[known], part[known])
    tested = np.isin(np.flatnonzero(known), results.rows)
    return len(np.unique(subjects[known][shared & tested]))

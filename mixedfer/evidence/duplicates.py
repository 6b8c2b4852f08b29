"""Which pictures of a face set show the same: to the byte, nearly, or nothing at all (one gray value).

Two images are nearly equal if their difference hashes lie within `DISTANCE` of 64 bits of each other and the block means
behind them correlate by `ALIKE` or more. The hash (Krawetz 2013) holds the signs of the horizontal steps of the image
shrunk to 8 x 9; it alone would join strangers: of the pairs within 8 bits in FER2013 one in forty is a true pair.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

DISTANCE = 8
ALIKE = 0.97
ROWS, COLUMNS = 8, 9
CHUNK = 4096
#: Pairs that are looked at together.
PAIRS = 1 << 18


@dataclass(frozen=True)
class Copies:
    """What is equal to what, for every row of a face set: `equal` and `alike` number the groups, -1 where unreadable.

    `alike` joins images that are nearly equal, or that a chain of such joins, with all that are equal to them;
    `constant` (n,) bool are images of one gray value, which are equal or not and never alike.
    """

    equal: np.ndarray
    alike: np.ndarray
    constant: np.ndarray
    distance: int


def find(faces, distance: int = DISTANCE) -> Copies:
    """The copies among the readable pictures; takes about 0.5 GB of memory for a million distinct ones."""
    rows = np.flatnonzero(faces.readable)
    full, constant = np.empty(len(rows), np.uint64), np.empty(len(rows), bool)
    means = np.empty((len(rows), ROWS * COLUMNS), np.float32)
    for at in range(0, len(rows), CHUNK):
        here = slice(at, at + CHUNK)
        images = np.asarray(faces.images[rows[here]])
        flat = images.reshape(len(images), -1)
        full[here] = np.fromiter((hash(row.tobytes()) for row in flat), np.int64, len(flat)).view(np.uint64)
        constant[here] = flat.min(1) == flat.max(1)
        means[here] = blocks(images)
    _, first, number = np.unique(full, return_index=True, return_inverse=True)
    group = alike(means[first], distance, ~constant[first])
    spread = np.full((2, len(faces)), -1)
    spread[:, rows] = number, group[number]
    flags = np.zeros(len(faces), bool)
    flags[rows] = constant
    return Copies(*spread, flags, distance)


def blocks(images: np.ndarray) -> np.ndarray:
    """(n, 72) float32 means of the 8 x 9 blocks of images (n, size, size, channels), colours averaged."""
    means = images.mean(-1, dtype=np.float32)
    for axis, count in ((1, ROWS), (2, COLUMNS)):
        edges = np.linspace(0, means.shape[axis], count + 1).astype(int)
        means = np.add.reduceat(means, edges[:-1], axis) / np.diff(edges).reshape([-1 if at == axis else 1 for at in range(3)])
    return means.reshape(len(images), -1)


def difference_hash(means: np.ndarray) -> np.ndarray:
    """(n,) uint64 for the means of blocks."""
    steps = np.diff(means.reshape(-1, ROWS, COLUMNS), axis=2) > 0
    return np.packbits(steps, axis=None).reshape(len(means), 8).view(np.uint64)[:, 0]


def alike(means: np.ndarray, distance: int, chosen: np.ndarray | None = None) -> np.ndarray:
    """(n,) int: a number for each group of images that are nearly equal or joined by a chain of such; only those chosen."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(means)
    rows = np.arange(count) if chosen is None else np.flatnonzero(chosen)
    hashes = difference_hash(means)[rows]
    shape = means - means.mean(1, keepdims=True)
    shape /= np.maximum(np.linalg.norm(shape, axis=1, keepdims=True), 1e-6)
    group = np.arange(count)
    for one, other in _together(close(hashes, distance)):
        one, other = rows[one], rows[other]
        new = group[one] != group[other]
        one, other = one[new], other[new]
        pairs = np.einsum("pb,pb->p", shape[one], shape[other]) >= ALIKE
        edges = coo_array((np.ones(pairs.sum(), bool), (group[one[pairs]], group[other[pairs]])), (count, count))
        group = connected_components(edges, directed=False)[1][group]
    return group


def close(hashes: np.ndarray, distance: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every pair of different rows whose hashes differ in at most `distance` bits, in pieces; some come several times.

    The bits are dealt out to `distance + k` bands. Hashes that close agree in k bands or more, so only those that agree in
    some k bands are compared (as in Manku et al. 2007). Memory does not grow with the number of pairs.

    >>> {(int(a), int(b)) for one, other in close(np.array([0b11, 0b0, 0b111], np.uint64), 1) for a, b in zip(one, other)}
    {(0, 2)}
    """
    agree = _agreeing(len(hashes), distance)
    bands = distance + agree
    masks = [sum(1 << bit for bit in range(band, 64, bands)) for band in range(bands)]
    for chosen in itertools.combinations(masks, agree):
        key = hashes & np.uint64(sum(chosen))
        order = np.argsort(key)
        key, sorted_hashes = key[order], hashes[order]
        end, one = np.searchsorted(key, key, "right"), np.arange(len(key))
        for step in itertools.count(1):
            one = one[one + step < end[one]]
            if not len(one):
                break
            near = one[np.bitwise_count(sorted_hashes[one] ^ sorted_hashes[one + step]) <= distance]
            if len(near):
                yield order[near], order[near + step]


def _agreeing(count: int, distance: int) -> int:
    """In how many bands two hashes must agree: more for more hashes, so that few strangers do; each costs a sort or many.

    >>> _agreeing(300, 8), _agreeing(36_000, 8), _agreeing(1_000_000, 8)
    (1, 2, 3)
    """
    return next((agree for agree in (1, 2) if 64 * agree / (distance + agree) > np.log2(max(count, 2)) - 2.5), 3)


def elsewhere(groups: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(n,) bool: a member of the same group lies in another part.

    >>> elsewhere(np.array([7, 7, 5, 5]), np.array([0, 1, 2, 2])).tolist()
    [True, True, False, False]
    """
    if not len(groups):
        return np.zeros(0, bool)
    _, group = np.unique(groups, return_inverse=True)
    low, high = np.full(group.max() + 1, part.max()), np.full(group.max() + 1, part.min())
    np.minimum.at(low, group, part)
    np.maximum.at(high, group, part)
    return (low != high)[group]


def _together(pieces: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Small pieces joined to some of `PAIRS` pairs or a little more, the rest at the end."""
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece[0])
        if size >= PAIRS:
            yield tuple(map(np.concatenate, zip(*held)))
            held, size = [], 0
    if held:
        yield tuple(map(np.concatenate, zip(*held)))

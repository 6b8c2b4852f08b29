"""Equal and nearly equal pictures are found, and strangers are not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mixedfer.evidence import duplicates
from tests.evidence.synthetic import write_faces
from tests.evidence.test_audit import noise, opened


def brute(hashes: np.ndarray, distance: int) -> set[tuple[int, int]]:
    apart = np.bitwise_count(hashes[:, None] ^ hashes)
    return {(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(apart <= distance, 1)))}


def searched(hashes: np.ndarray, distance: int) -> set[tuple[int, int]]:
    return {(min(a, b), max(a, b)) for one, other in duplicates.close(hashes, distance)
            for a, b in zip(one.tolist(), other.tolist())}


@settings(max_examples=40, deadline=None)
@given(distance=some.integers(0, 16), seed=some.integers(0, 2**32), flips=some.integers(0, 20))
def test_the_search_finds_every_pair_and_no_other(distance, seed, flips):
    """Random hashes, and kin of them with up to `flips` bits flipped, so that all distances occur."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**64, 30, np.uint64)
    kin = hashes.copy()
    for bit in rng.permutation(64)[:flips]:
        kin ^= np.where(rng.random(30) < 0.7, np.uint64(1) << np.uint64(bit), np.uint64(0))
    both = np.concatenate([hashes, kin, hashes[:3]])
    assert searched(both, distance) == brute(both, distance)


def test_groups_are_chains_of_pairs():
    """Steps of at most `distance` bits from each to the next; the ends are farther apart than that."""
    means = np.tile(np.linspace(0, 100, 72, dtype=np.float32), (4, 1)).reshape(4, 8, 9)
    for index in range(1, 4):
        means[index:, index, 3] += 8    # turns one step around, hardly changes the correlation
    means = means.reshape(4, -1)
    hashes = duplicates.difference_hash(means)
    assert np.bitwise_count(hashes[1:] ^ hashes[:-1]).tolist() == [1, 1, 1]
    assert len(set(duplicates.alike(means, 1).tolist())) == 1
    assert len(set(duplicates.alike(means[[0, 3]], 1).tolist())) == 2


def test_pixels_must_agree_too():
    """The same signs of all steps, and steps of quite another height."""
    smooth = np.tile(np.arange(9.0), 8)[None]
    steep = np.tile(np.r_[np.arange(8.0), 400], 8)[None]
    both = np.concatenate([smooth, steep]).astype(np.float32)
    assert np.ptp(duplicates.difference_hash(both)) == 0 and len(set(duplicates.alike(both, 8).tolist())) == 2


@pytest.mark.parametrize(("change", "kind"), [
    (lambda image: image, "equal"),
    (lambda image: image + np.uint8(1), "near"),
    (lambda image: np.roll(image, 1, axis=1), "near"),
    (lambda image: np.roll(image, 1, axis=0), "near"),
    (lambda image: (image * 0.8).astype(np.uint8), "near"),
    (lambda image: image[:, ::-1], "other"),
    (lambda image: 255 - image, "other"),
])
def test_copies_of_one_picture(tmp_path, change, kind):
    faces = opened(tmp_path, write_faces(tmp_path, 12, ("a", "b")))
    images = noise(len(faces))
    images[5] = change(images[2])
    copies = duplicates.find(dataclasses.replace(faces, images=images))
    assert (copies.equal[5] == copies.equal[2]) == (kind == "equal")
    assert (copies.alike[5] == copies.alike[2]) == (kind != "other")
    assert len(np.unique(copies.alike)) == len(faces) - (kind != "other")


def test_gray_pictures_and_unreadable_ones_are_like_nothing(tmp_path):
    faces = opened(tmp_path, write_faces(tmp_path, 12, ("a", "b")))
    images, readable = noise(len(faces)), np.ones(len(faces), bool)
    images[[0, 1, 2, 3]] = np.array([0, 0, 9, 0]).reshape(4, 1, 1, 1)
    readable[3] = False
    copies = duplicates.find(dataclasses.replace(faces, images=images, readable=readable))
    assert copies.equal[0] == copies.equal[1] != copies.equal[2] and copies.alike[0] != copies.alike[2]
    assert copies.constant.nonzero()[0].tolist() == [0, 1, 2]
    assert copies.equal[3] == copies.alike[3] == -1


def test_the_hash_follows_the_steps_not_the_level():
    images = np.random.default_rng(0).integers(0, 200, (50, 48, 48, 1), np.uint8)
    hashes, brighter = (duplicates.difference_hash(duplicates.blocks(here)) for here in (images, images + np.uint8(40)))
    assert len(np.unique(hashes)) == 50 and np.array_equal(brighter, hashes)


def test_block_means_of_gray_and_colour():
    """48 rows in 8 blocks of 6; the first row of blocks is 10, and a colour picture is the mean of its channels."""
    image = np.zeros((1, 48, 48, 3), np.uint8)
    image[0, :6] = (0, 10, 20)
    assert duplicates.blocks(image).reshape(8, 9)[:2].tolist() == [[10.0] * 9, [0.0] * 9]

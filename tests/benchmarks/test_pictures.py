"""The pictures of benchmarks are what they say: FER2013's layout, all different, near to their sources."""

import numpy as np
import pytest

from mixedfer.faces.datasets.fer2013 import Fer2013
from tests.benchmarks import pictures
from tests.benchmarks.pictures import CHANGE, SIDE, USAGE, Picture


@pytest.fixture
def known():
    rng = np.random.default_rng(0)
    return [Picture(3 + number % 2, usage, rng.integers(0, 256, (SIDE, SIDE), np.uint8)) for number, usage in enumerate(USAGE)]


def test_what_is_written_is_read_back(tmp_path, known):
    source, path = Fer2013(), pictures.write(tmp_path / "fer2013.csv", known)
    listing = source.list(path)
    assert [listing.classes[label] for label in listing.labels] == ["happy", "sad", "happy"]
    assert listing.partition.tolist() == [0, 1, 2]
    for key, picture in zip(listing.keys, known, strict=True):
        assert np.array_equal(source.read(path, key), picture.pixels)


def test_varied_pictures_are_all_different_and_near_to_their_sources(known):
    made = list(pictures.varied(known, 11))
    assert len({picture.pixels.tobytes() for picture in made}) == len(made) == 11
    for number, picture in enumerate(made):
        source = known[number % len(known)]
        assert picture[:2] == source[:2]
        assert abs(picture.pixels.astype(int) - source.pixels).max() <= CHANGE * (number >= len(known))


def test_without_real_data_there_are_portraits_of_both_expressions(monkeypatch):
    monkeypatch.delenv("MIXEDFER_TEST_DATA", raising=False)
    made = pictures.known(16)
    assert len(made) == 16 and all(picture.pixels.shape == (SIDE, SIDE) for picture in made)
    assert {picture[:2] for picture in made} >= {(emotion, USAGE[0]) for emotion in (3, 4)}

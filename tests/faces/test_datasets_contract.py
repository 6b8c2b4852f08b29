"""What every data set must do. A test file joins by offering a function whose name begins with `look_alike`:

    def look_alike(folder): ...     lays a few pictures out as the official download does and returns (data set, --data)

Each picture that is laid out must be listed or counted as left out. They are the picture files below --data; where they are
not files of their own (a table, a video), the function returns their number too: (data set, --data, number).
"""

import dataclasses
import importlib
import json
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mixedfer.checked import Checked
from mixedfer.errors import BadInput
from mixedfer.faces import datasets, pictures
from mixedfer.faces.datasets import fer2013
from mixedfer.faces.datasets.remapped import Remapped
from mixedfer.identity import canonical

HERE = Path(__file__).parent
#: How the names of files end that say what pictures show, or where.
LISTS = (".csv", ".tsv", ".txt", ".lst", ".npy")
MODULES = [path.stem for path in sorted(HERE.glob("test_*.py")) if "\ndef look_alike" in path.read_text(encoding="utf-8")]
LAYOUTS = {f"{module.removeprefix('test_')}-{name}": layout for module in MODULES
           for name, layout in vars(importlib.import_module(f"tests.faces.{module}")).items() if name.startswith("look_alike")}


@pytest.fixture(params=LAYOUTS)
def laid_out(request, tmp_path):
    """A data set, its --data, and how many pictures there are."""
    dataset, data, *number = LAYOUTS[request.param](tmp_path / "set")
    return dataset, data, number[0] if number else len(pictures.pictures(pictures.files(data)))


def test_every_data_set_has_joined(tmp_path):
    joined = {type(layout(tmp_path / name)[0]).__module__.rpartition(".")[2] for name, layout in LAYOUTS.items()}
    files = {path.stem for path in Path(datasets.__file__).parent.glob("[!_]*.py")}
    assert files - joined == {"portrait", "across", "remapped"}  # with a picture of its own; made of other data sets


def test_every_picture_is_listed_or_counted(laid_out):
    dataset, data, number = laid_out
    listing = dataset.list(data)
    assert len(listing.keys) > 0
    assert len(listing.keys) + sum(listing.excluded.values()) == number
    assert min(listing.excluded.values(), default=1) > 0


def see_whole(listing):
    """Assert that what a listing says has one entry for each picture."""
    count = len(listing.keys)
    assert len(listing.ids) == len(set(listing.ids)) == len(listing.labels) == count
    assert listing.labels.min() >= 0 and listing.labels.max() < len(listing.classes)
    shapes = {"partition": (count,), "subjects": (count,), "votes": (count, len(listing.classes)), "boxes": (count, 4)}
    for name, shape in shapes.items():
        assert getattr(listing, name) is None or getattr(listing, name).shape == shape, name
    assert listing.votes is None or np.allclose(listing.votes.sum(1), 1)


def test_what_a_listing_says_has_one_entry_for_each_picture(laid_out):
    dataset, data, _ = laid_out
    see_whole(dataset.list(data))


@pytest.mark.filterwarnings("ignore:Reading `.npy`")  # a mangled header that looks like one of Python 2
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(which=0, at=0.42, length=7, put=b"\0\0\0")  # in the header of an array, which is Python
@given(which=st.integers(0, 30), at=st.floats(0, 1), length=st.integers(0, 12),
       put=st.binary(max_size=4) | st.sampled_from([b"\n", b",", b'"', b" ", b"9", b"-1", b"NULL", b"nan", b"1e999", b"../"]))
def test_a_mangled_list_is_read_with_counts_that_add_up_or_named(laid_out, which, at, length, put):
    dataset, data, number = laid_out
    lists = [data] if data.is_file() else sorted(path for path in data.rglob("*") if path.suffix in LISTS)
    if not lists:
        return
    path = lists[which % len(lists)]
    whole = path.read_bytes()
    place = int(at * len(whole))
    try:
        path.write_bytes(whole[:place] + put + whole[place + length:])
        listing = dataset.list(data)
    except BadInput as error:
        assert error.file == path or Path(error.file).is_relative_to(data)
        assert error.row is None or 1 <= error.row <= 3 + whole.count(b"\n")
    else:
        see_whole(listing)
        lines = 1 + (whole[place:place + length] + put).count(b"\n")  # that became another number of lines, or a blank one
        assert abs(len(listing.keys) + sum(listing.excluded.values()) - number) <= 3 * lines  # a clip has up to three frames
    finally:
        path.write_bytes(whole)


def test_a_listing_is_the_same_each_time(laid_out):
    dataset, data, _ = laid_out
    one, two = dataset.list(data), dataclasses.replace(dataset).list(Path(data))
    np.testing.assert_equal(dataclasses.asdict(one), dataclasses.asdict(two))


def test_keys_are_small_and_travel_to_other_processes(laid_out):
    dataset, data, _ = laid_out
    keys = dataset.list(data).keys
    assert pickle.loads(pickle.dumps((dataset, data, keys))) == (dataset, data, keys)
    assert max(len(pickle.dumps(key)) for key in keys) < 1000


def test_every_picture_is_bytes_of_gray_or_colour(laid_out):
    dataset, data, _ = laid_out
    for key in dataset.list(data).keys:
        image = dataset.read(data, key)
        assert image.dtype == np.uint8 and min(image.shape[:2]) > 0
        assert image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)


def test_the_fingerprint_changes_with_a_picture_and_not_without(laid_out):
    dataset, data, _ = laid_out
    before = dataset.fingerprint(data)
    assert dataset.fingerprint(data) == before
    name = dataset.list(data).ids[0]
    files = [data] if data.is_file() else [path for path in data.rglob("*") if path.is_file() and path.name in name]
    with open(files[0], "ab") as file:
        file.write(b"\n")
    assert dataset.fingerprint(data) != before


def test_it_is_a_part_of_a_study(laid_out):
    dataset, data, _ = laid_out
    assert isinstance(dataset, Checked)
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.classes = ()
    assert json.loads(json.dumps(canonical(dataset)))["kind"].startswith(type(dataset).__module__)
    dataset.list(data).note.encode()  # reports are written in UTF-8


def test_some_of_the_classes(laid_out):
    dataset, data, number = laid_out
    everything = dataset.list(data)
    present = [everything.classes[label] for label in np.unique(everything.labels)]
    chosen = tuple(reversed(present[:2]))
    some = dataclasses.replace(dataset, classes=chosen).list(data)
    assert some.classes == chosen
    names = dict(zip(everything.ids, np.array(everything.classes)[everything.labels]))
    assert {name: chosen[label] for name, label in zip(some.ids, some.labels)} == {
        name: label for name, label in names.items() if label in chosen}
    assert len(some.keys) + sum(some.excluded.values()) == number


def test_it_can_be_tested_against_fer2013(laid_out):
    """A module may say how FER2013 calls its classes."""
    dataset, data, _ = laid_out
    names = getattr(sys.modules[type(dataset).__module__], "AS_FER2013", None)
    if names:
        assert tuple(names.values()) == tuple(name for name in fer2013.CLASSES if name in names.values())
        before, after = dataset.list(data), Remapped(dataset, names).list(data)
        assert after.classes == tuple(names.values())
        labels = dict(zip(before.ids, np.array(before.classes)[before.labels]))
        assert [names[labels[name]] for name in after.ids] == [after.classes[label] for label in after.labels]


def test_no_data_and_no_such_data(laid_out, tmp_path):
    dataset, _, _ = laid_out
    for method in (dataset.list, dataset.fingerprint):
        with pytest.raises(BadInput, match="--data"):
            method(None)
        with pytest.raises(BadInput, match=r"nowhere.*no such file") as error:
            method(tmp_path / "nowhere")
        assert "--data" in error.value.remedy


def test_an_empty_folder_and_one_of_something_else(laid_out, tmp_path):
    dataset, _, _ = laid_out
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(BadInput, match="other"):
        dataset.list(other)
    (other / "thesis.txt").write_text("something else")
    with pytest.raises(BadInput, match="other"):
        dataset.list(other)


def test_an_archive(laid_out, tmp_path):
    dataset, data, _ = laid_out
    if data.is_dir():
        archive = shutil.make_archive(tmp_path / "download", "zip", data)
        with pytest.raises(BadInput, match=r"download\.zip: an archive.*Unpack"):
            dataset.list(Path(archive))

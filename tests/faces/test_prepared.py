"""Face sets that were carried along are found by what they were made of, wherever dlib and the data are."""

import dataclasses
import shutil

import numpy as np
import pytest

from mixedfer import disk, faceset
from mixedfer.errors import BadInput
from mixedfer.faces import prepared as carried
from tests.tiny import STUDY


@pytest.fixture
def store(prepared, tmp_path):
    """A store with nothing but the tiny study's face set, under a name that no version here would give it."""
    shutil.copytree(prepared[1].folder, tmp_path / "faces" / "elsewhere")
    return tmp_path


def test_a_face_set_is_found_by_its_data_set_and_preparation(prepared, store):
    found = carried.find(STUDY, store)
    assert found.folder.name == "elsewhere" and found.content == prepared[1].content
    excluding = dataclasses.replace(STUDY.preparation, missed="exclude")
    assert carried.find(dataclasses.replace(STUDY, preparation=excluding), store).folder == found.folder


@pytest.mark.parametrize("change", [{"size": 40}, {"upsample": 1}, {"identities": 13}])
def test_another_preparation_or_data_set_is_another_set(store, change):
    with pytest.raises(BadInput, match=r"no face set here .* Run `mixedfer prepare`"):
        carried.find(STUDY.varying(**change), store)


def test_sets_of_one_study_that_differ_are_named(store):
    again = store / "faces" / "again"
    shutil.copytree(store / "faces" / "elsewhere", again)
    assert carried.find(STUDY, store).folder.name in ("again", "elsewhere")
    labels = 1 - np.load(again / "labels.npy")
    np.save(again / "labels.npy", labels)
    faces = faceset.load(again)
    content = faceset.content_hash({name: getattr(faces, name) for name in faceset.ARRAYS}, faces.classes)
    disk.write_json(again / "meta.json", {**faces.meta, "content": content})
    with pytest.raises(BadInput, match=r"2 face sets here .* differ: again, elsewhere"):
        carried.find(STUDY, store)


def test_an_unfinished_set_is_none(store):
    (store / "faces" / "elsewhere" / "DONE").unlink()
    with pytest.raises(BadInput, match="no face set here"):
        carried.find(STUDY, store)

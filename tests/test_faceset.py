"""A face set that is not what preparation wrote is said to be damaged, with what to do."""

import shutil

import numpy as np
import pytest

from mixedfer import faceset
from mixedfer.errors import Damaged


def test_a_damaged_set_is_said(prepared, tmp_path):
    _, faces = prepared
    copy = tmp_path / "set"
    shutil.copytree(faces.folder, copy)
    (copy / "images.npy").write_bytes((copy / "images.npy").read_bytes()[:100])
    with pytest.raises(Damaged, match=r"images\.npy"):
        faceset.load(copy)
    (copy / "DONE").unlink()
    with pytest.raises(Damaged, match="not a finished face set"):
        faceset.load(copy)


def test_a_set_whose_meta_lacks_something_is_damaged(prepared, tmp_path):
    copy = tmp_path / "set"
    shutil.copytree(prepared[1].folder, copy)
    for content in ("{}", "[]", '{"content": "a", "classes": [], "note": "", "unreadable": []}'):
        (copy / "meta.json").write_text(content)
        with pytest.raises(Damaged, match=r"meta\.json: it does not say .*partitions.*Delete .*again"):
            faceset.load(copy)


def test_all_that_training_can_see_is_in_the_name(prepared):
    """Also the votes: with other votes and the same labels, soft labels train something else."""
    _, faces = prepared
    arrays = {name: np.array(getattr(faces, name)) for name in faceset.ARRAYS}
    assert faceset.content_hash(arrays, faces.classes) == faces.content
    for name in set(faceset.ARRAYS) - {"boxes", "ids"}:
        changed = arrays[name].copy()
        changed.view(np.uint8).reshape(-1)[-1] ^= 1
        assert faceset.content_hash({**arrays, name: changed}, faces.classes) != faces.content, name


def test_a_changed_byte_of_a_finished_set_is_noticed(prepared, tmp_path):
    copy = tmp_path / "set"
    shutil.copytree(prepared[1].folder, copy)
    faceset.verify(faceset.load(copy))
    with open(copy / "landmarks.npy", "r+b") as file:
        file.seek(-3, 2)
        file.write(b"\x7f")
    with pytest.raises(Damaged, match=r"its bytes have changed.*Delete .*again"):
        faceset.verify(faceset.load(copy))

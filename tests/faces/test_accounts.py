"""No picture disappears: what was given is the sum of what was used and of what was not, with reasons."""

import dataclasses

import cv2
import numpy as np
import pytest

from mixedfer.faces import preparation
from mixedfer.faces.accounts import account, describe
from mixedfer.faces.datasets.folder import Folder
from tests.tiny import STUDY


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Per class five photos; besides them one that is broken, one without a face, one with two, and a class not chosen."""
    folder, listing = tmp_path_factory.mktemp("photos"), STUDY.dataset.list(None)
    pictures = [STUDY.dataset.read(None, key) for key in listing.keys[:10]]
    for name in ("happy", "sad", "fear"):
        (folder / name).mkdir()
        for row, picture in enumerate(pictures[:5]):
            cv2.imwrite(str(folder / name / f"{row}.png"), picture)
    cv2.imwrite(str(folder / "sad" / "two.png"), np.concatenate(pictures[5:7], 1))
    cv2.imwrite(str(folder / "sad" / "none.png"), np.zeros((60, 60), np.uint8))
    (folder / "sad" / "broken.png").write_bytes(b"no picture")
    return folder


def prepared(photos, store, **changes):
    study = dataclasses.replace(STUDY, dataset=Folder(classes=("happy", "sad"))).varying(**changes)
    return preparation.prepare(study, photos, store, quiet=True)


@pytest.mark.parametrize(("face", "further"), [("largest", 0), ("all", 1)])
@pytest.mark.parametrize(("missed", "left_out"), [("whole-image", 0), ("exclude", 1)])
def test_counts_add_up(photos, tmp_path, face, further, missed, left_out):
    faces = prepared(photos, tmp_path, face=face)
    told = account(faces, missed)
    assert told == {"given": 18, "listed": 13, "further": further, "unreadable": 1, "missed": left_out,
                    "used": 13 + further - 1 - left_out}
    assert told["given"] == told["listed"] + sum(faces.counts()["excluded"].values())
    assert told["listed"] + told["further"] == told["used"] + told["unreadable"] + told["missed"]
    assert told["used"] == faces.used(missed).sum()


def test_the_text_says_the_sum(photos, tmp_path):
    lines = describe(prepared(photos, tmp_path, face="all"), "exclude").splitlines()
    assert ("  18 pictures given and 1 further faces in them: 12 used; 1 could not be read; 1 without a face, left out; "
            "5 left out: of a class that the study leaves out") in lines
    assert "  18 pictures given: 12 used; 1 could not be read; 5 left out: of a class that the study leaves out" in describe(
        prepared(photos, tmp_path), "whole-image").splitlines()

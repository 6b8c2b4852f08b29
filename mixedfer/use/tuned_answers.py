"""What a bundle and the one that was fine-tuned of it say, of given faces and of the test images of the bundle's own study."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixedfer import disk, faceset, records
from mixedfer.errors import Damaged
from mixedfer.faceset import FaceSet
from mixedfer.use.bundle import Bundle
from mixedfer.use.network import Network


class BeforeAfter(NamedTuple):
    """Of some pictures: `names`, true classes `truth` (n,), whether a face was `found` (n,), and the probabilities (n, classes)
    of the bundle `before` fine-tuning, which are 0 for new classes, and `after` it.
    """

    names: list[str]
    truth: np.ndarray
    found: np.ndarray
    before: np.ndarray
    after: np.ndarray


def answers(bundle: Bundle, models: list, faces: FaceSet, rows: np.ndarray, members: list[int] | None = None) -> BeforeAfter:
    """What both say of some rows: means over networks, or those of some `members`."""
    chosen = range(len(models)) if members is None else members
    before = Network(bundle).answers(faces, rows)[chosen].mean(0)
    after = Network(bundle, models).answers(faces, rows)[chosen].mean(0)
    before = np.pad(before, [(0, 0), (0, after.shape[1] - before.shape[1])])
    return BeforeAfter([faces.name(row) for row in rows], faces.labels[rows], faces.found[rows], before, after)


class Checked(NamedTuple):
    """What was answered, or None and `why` not; `left_out` test images are among those that were fine-tuned to."""

    answers: BeforeAfter | None
    why: str = ""
    left_out: int = 0


def check(bundle: Bundle, models: list, trained: np.ndarray, store: Path) -> Checked:
    """Before and after on the test images of the bundle's study, of folds by the networks that have not seen them; without
    those that are to the byte among the images `trained` (n, size, size, channels) on.
    """
    members, folds, left_out = bundle.said["members"], [], 0
    seen = {image.tobytes() for image in trained}
    for fold in dict.fromkeys(member["fold"] for member in members):
        places = [place for place, member in enumerate(members) if member["fold"] == fold]
        folder = records.run_folder(store, members[places[0]]["run"])
        if not disk.is_done(folder):
            return Checked(None, f"the runs of its study are not in {store}")
        record = records.read(folder)
        faces = _faces(store, record.spec["data"])
        if faces is None or faces.classes != bundle.classes[:len(faces.classes)]:
            return Checked(None, f"the faces of its study are not in {store}")
        rows = record.test.rows
        new = np.array([image.tobytes() not in seen for image in faces.take("images", rows)])
        left_out += int((~new).sum())
        if new.any():
            folds.append(answers(bundle, models, faces, rows[new], places))
    if not folds:
        return Checked(None, "all test images of its study are among the pictures", left_out)
    names = [name for one in folds for name in one.names]
    return Checked(BeforeAfter(names, *(np.concatenate(column) for column in zip(*(one[1:] for one in folds)))), "", left_out)


def _faces(store: Path, content: str) -> FaceSet | None:
    """The face set of this content, if it is there and whole."""
    for path in sorted((store / "faces").glob("*/meta.json")):
        with contextlib.suppress(Damaged):
            if disk.is_done(path.parent) and disk.read_json(path).get("content") == content:
                return faceset.load(path.parent)
    return None

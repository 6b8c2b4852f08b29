"""Which rows train, validate and test: official partitions, a drawn hold-out, or folds; whole subjects, never parts.

A split depends on the study's seed and the fold. It knows neither arms nor replicates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.errors import BadInput
from mixedfer.faceset import PARTITIONS, FaceSet
from mixedfer.seeds import derive
from mixedfer.study import Study


@dataclass(frozen=True)
class Split:
    """Sorted rows of the face set, disjoint."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(faces: FaceSet, study: Study, fold: int = 0) -> Split:
    """The rows of one fold. Raises BadInput when a class is missing from a part."""
    rows = np.flatnonzero(faces.used(study.preparation.missed))
    if study.folds:
        parts = _fold(faces, study, rows, fold)
    elif (faces.partition[rows] >= 0).any():
        parts = _official(faces, study, rows)
    else:
        rest, test = _divide(faces, rows, study.test, derive("test", study.seed))
        train, validation = _divide(faces, rest, study.validation / (1 - study.test), derive("validation", study.seed))
        parts = train, validation, test
    result = Split(*(np.sort(part) for part in parts))
    _check(faces, result)
    return result


def _official(faces: FaceSet, study: Study, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    train, validation, test = (rows[faces.partition[rows] == index] for index in range(len(PARTITIONS)))
    if not len(validation):
        train, validation = _divide(faces, train, study.validation, derive("validation", study.seed))
    return train, validation, test


def _fold(faces: FaceSet, study: Study, rows: np.ndarray, fold: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    folds = _folds(faces, rows, study.folds, derive("folds", study.seed))
    rest = np.concatenate([part for index, part in enumerate(folds) if index != fold])
    train, validation = _divide(faces, np.sort(rest), study.validation, derive("validation", study.seed, fold))
    return train, validation, folds[fold]


def _divide(faces: FaceSet, rows: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`rows` without about `fraction` of them, and that fraction."""
    if not len(rows):
        return rows, rows
    # In twentieths, or in as many parts as the subjects (or the pictures of the rarest class) allow.
    count = min(20, max(2, _limit(faces, rows)))
    parts = _folds(faces, rows, count, seed)
    taken = min(count - 1, max(1, round(fraction * count)))
    return np.concatenate(parts[taken:]), np.concatenate(parts[:taken])


def _folds(faces: FaceSet, rows: np.ndarray, count: int, seed: int) -> list[np.ndarray]:
    """`count` parts with like class shares; rows of one subject stay together."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    labels, subjects = faces.labels[rows], faces.subjects[rows]
    known, few = (subjects >= 0).all(), _limit(faces, rows)
    if few < count:
        raise BadInput(f"{count} parts cannot be made of {few} {'subjects' if known else 'pictures of a class'}",
                       file=faces.folder, remedy="Use fewer folds, or larger validation and test fractions.")
    splitter = (StratifiedGroupKFold if known else StratifiedKFold)(count, shuffle=True, random_state=seed % 2**32)
    return [rows[part] for _, part in splitter.split(rows, labels, subjects if known else None)]


def _limit(faces: FaceSet, rows: np.ndarray) -> int:
    """Into how many parts these rows can be cut."""
    if (faces.subjects[rows] >= 0).all():
        return len(np.unique(faces.subjects[rows]))
    counts = np.bincount(faces.labels[rows])
    return int(counts[counts > 0].min())


def _check(faces: FaceSet, parts: Split) -> None:
    if len(faces.classes) < 2:
        raise BadInput(f"one class ({faces.classes[0]}) leaves nothing to tell apart", remedy="Choose two or more classes.")
    for name in PARTITIONS:
        here = np.bincount(faces.labels[getattr(parts, name)], minlength=len(faces.classes))
        for index in np.flatnonzero(here == 0):
            raise BadInput(f"class {faces.classes[index]!r} has no usable picture in the {name} partition",
                           remedy="Choose other classes, or another split (folds, validation, test).")

"""Which rows train, validate and test: official partitions, a drawn hold-out, or folds; whole subjects, never parts.

A split depends on the data, the study's seed and the fold. It knows neither arms nor replicates. A picture whose
subject is not known is a subject of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.errors import BadInput
from mixedfer.faceset import PARTITIONS, FaceSet
from mixedfer.seeds import derive, generator
from mixedfer.study import Study

DRAWS = 100       # of subjects for a hold-out; the one with the best balance of classes is taken
TOLERANCE = 0.10  # how far a hold-out may be from the fraction asked for, when few subjects allow no better


@dataclass(frozen=True)
class Split:
    """Sorted rows of the face set, disjoint."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(faces: FaceSet, study: Study, fold: int = 0) -> Split:
    """The rows of one fold. Raises BadInput when a class is missing from a part, or subjects cannot be kept apart."""
    rows = np.flatnonzero(faces.used(study.preparation.missed))
    if study.folds:
        parts = _fold(faces, study, rows, fold)
    elif (faces.partition[rows] >= 0).any():
        parts = _official(faces, study, rows)
    else:
        rest, test = _divide(faces, rows, study.test, "test", study.seed)
        train, validation = _divide(faces, rest, study.validation / (1 - study.test), "validation", study.seed)
        parts = train, validation, test
    train, *others = parts
    if study.train_share < 1:
        train = _share(faces, np.sort(train), study.train_share, generator("share", study.seed, fold))
    result = Split(*(np.sort(part) for part in (train, *others)))
    _check(faces, result)
    return result


def _official(faces: FaceSet, study: Study, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    nowhere = rows[faces.partition[rows] < 0]
    if len(nowhere):
        raise BadInput(f"{len(nowhere)} of {len(rows)} pictures are in no partition; the first is {faces.name(nowhere[0])}",
                       file=faces.folder, remedy="Give every picture a partition, or none.")
    _refuse_shared_subjects(faces, rows)
    train, validation, test = (rows[faces.partition[rows] == index] for index in range(len(PARTITIONS)))
    if not len(validation):
        train, validation = _divide(faces, train, study.validation, "validation", study.seed)
    return train, validation, test


def _refuse_shared_subjects(faces: FaceSet, rows: np.ndarray) -> None:
    rows = rows[faces.subjects[rows] >= 0]
    subjects, first, subject = np.unique(faces.subjects[rows], return_index=True, return_inverse=True)
    elsewhere = np.flatnonzero(faces.partition[rows] != faces.partition[rows[first]][subject])
    if len(elsewhere):
        shared, where = np.unique(subject[elsewhere], return_index=True)
        pairs = [f"{faces.name(rows[first[one]])} and {faces.name(rows[elsewhere[at]])}" for one, at in zip(shared, where)]
        raise BadInput(f"{len(shared)} of {len(subjects)} subjects are in more than one partition: {'; '.join(pairs[:3])}",
                       file=faces.folder, remedy="Move their pictures into one partition, or give the pictures without "
                       "partitions: whole subjects are then drawn.")


def _fold(faces: FaceSet, study: Study, rows: np.ndarray, fold: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if (faces.partition[rows] == PARTITIONS.index("test")).any():
        raise BadInput(f"{study.folds} folds would mix the data set's own test partition with what is trained on",
                       file=faces.folder, remedy="Leave folds out (--set folds=0): the data set's partitions are then used.")
    rest, test = _folds(faces, rows, study.folds, derive("folds", study.seed))[fold]
    train, validation = _divide(faces, rest, study.validation, "validation", study.seed, fold)
    return train, validation, test


def _folds(faces: FaceSet, rows: np.ndarray, count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """`count` times the rows without one part, and that part; parts have like class shares, subjects stay together."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    labels, subjects = faces.labels[rows], _subjects(faces, rows)
    known = (faces.subjects[rows] >= 0).any()
    for label in np.unique(labels):
        few = len(np.unique(subjects[labels == label]))
        if few < count:
            raise BadInput(f"{count} folds cannot be made of {few} {'subjects' if known else 'pictures'} of class "
                           f"{faces.classes[label]!r}", file=faces.folder, remedy="Use fewer folds, or leave the class out.")
    splitter = (StratifiedGroupKFold if known else StratifiedKFold)(count, shuffle=True, random_state=seed % 2**32)
    return [(rows[rest], rows[part]) for rest, part in splitter.split(rows, labels, subjects if known else None)]


def _subjects(faces: FaceSet, rows: np.ndarray) -> np.ndarray:
    return np.where(faces.subjects[rows] >= 0, faces.subjects[rows], -1 - np.arange(len(rows)))


def _divide(faces: FaceSet, rows: np.ndarray, fraction: float, *axes: str | int) -> tuple[np.ndarray, np.ndarray]:
    """`rows` without about `fraction` of them, and that fraction; `axes` are what the draw depends on."""
    labels = faces.labels[rows]
    if (faces.subjects[rows] < 0).all():
        taken = _draw_pictures(labels, fraction, generator(*axes))
    else:
        taken = _draw_subjects(labels, _subjects(faces, rows), fraction, derive(*axes))
        if abs(taken.mean() - fraction) > TOLERANCE:
            raise BadInput(f"whole subjects allow a {axes[0]} part of {taken.mean():.0%} of the pictures at hand, not of "
                           f"{fraction:.0%}", file=faces.folder,
                           remedy="Set other fractions (test, validation), or add subjects.")
    return rows[~taken], rows[taken]


def _share(faces: FaceSet, rows: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """A share of each class, one picture at least; a smaller share is a part of a larger one."""
    order = random.permutation(rows)
    labels = faces.labels[order]
    by_class = [order[labels == label] for label in np.unique(labels)]
    return np.concatenate([here[:max(1, round(share * len(here)))] for here in by_class])


def _draw_pictures(labels: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
    """`(n,)` bool: the fraction of each class, but one picture at least, and never all."""
    taken = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        here = random.permutation(np.flatnonzero(labels == label))
        taken[here[:min(len(here) - 1, max(1, round(fraction * len(here))))]] = True
    return taken


def _draw_subjects(labels: np.ndarray, subjects: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """`(n,)` bool: the fraction of all subjects whose pictures come closest to that fraction of each class."""
    from sklearn.model_selection import GroupShuffleSplit

    count, all_of = len(np.unique(subjects)), np.bincount(labels)
    if count < 2:
        raise BadInput("all pictures are of one subject, who cannot be in two partitions", remedy="Add subjects.")

    def misfit(part: np.ndarray) -> tuple[int, float]:
        here = np.bincount(labels[part], minlength=len(all_of))
        lacking = ((here == 0) | (here == all_of)) & (all_of > 0)
        return lacking.sum(), np.abs(here - fraction * all_of).sum()
    size = min(count - 1, max(1, round(fraction * count)))
    draws = GroupShuffleSplit(DRAWS, test_size=size, random_state=seed % 2**32).split(labels, groups=subjects)
    best = min((part for _, part in draws), key=misfit)
    taken = np.zeros(len(labels), bool)
    taken[best] = True
    return taken


def _check(faces: FaceSet, parts: Split) -> None:
    if len(faces.classes) < 2:
        raise BadInput(f"one class ({faces.classes[0]}) leaves nothing to tell apart", remedy="Choose two or more classes.")
    for name in PARTITIONS:
        here = np.bincount(faces.labels[getattr(parts, name)], minlength=len(faces.classes))
        for index in np.flatnonzero(here == 0):
            raise BadInput(f"class {faces.classes[index]!r} has no usable picture in the {name} partition",
                           remedy="Choose other classes, or another split (folds, validation, test).")

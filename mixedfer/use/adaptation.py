"""The pictures that a bundle is to be fine-tuned to: made ready as the bundle's own were, and some of them held out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixedfer import disk
from mixedfer.checked import Detector
from mixedfer.errors import BadInput, nearest
from mixedfer.faces import preparation
from mixedfer.faces.pools import Processes
from mixedfer.faceset import FaceSet
from mixedfer.seeds import generator
from mixedfer.study import Preparation
from mixedfer.use import trained
from mixedfer.use.bundle import Bundle

LIKE = ("Each class needs two pictures or more that are no copies of each other, nor of one named subject: add some, take its "
        "folder away, or name no subjects.")


class Pictures(NamedTuple):
    """What of a study `faces.preparation` asks for."""

    dataset: Any
    preparation: Preparation


class AdaptationPlace(NamedTuple):
    """Where the pictures are and what is found in them is kept, and how to work: as in `runner.Place`."""

    data: Path
    store: Path
    predictor: Path | None = None
    workers: int = 1
    quiet: bool = False


class Parts(NamedTuple):
    """Sorted rows of the face set, disjoint."""

    train: np.ndarray
    held_out: np.ndarray


def gather(bundle: Bundle, dataset: Any, new: tuple[str, ...], place: AdaptationPlace) -> FaceSet:
    """The faces of the data set, whose classes are those of the bundle and then the `new` ones, in the order in which they are
    named. Raises BadInput for a class that is neither, and where no face is found.
    """
    listing = dataset.list(place.data)
    _refuse(bundle.classes, listing.classes, new, place.data)
    if listing.partition is not None:
        raise BadInput("its pictures lie in partitions (train, test, ...), but fine-tuning draws what it holds out itself",
                       file=place.data, remedy="Give one folder with class folders.")
    asked = Pictures(dataset, _unlisted(bundle.preparation) if listing.boxes is None else bundle.preparation)
    try:
        faces = preparation.prepare(asked, place.data, place.store, predictor=place.predictor,
                                    pool=Processes(place.workers), quiet=place.quiet)
    except BadInput as error:
        if "--set" not in error.remedy:
            raise
        # The remedy speaks of a preparation that can be set; a bundle's cannot.
        raise BadInput(error.what, file=error.file, row=error.row, remedy="The bundle looks for faces as in its training: give "
                       "pictures like those, or another bundle.") from error
    return _renamed(faces, (*bundle.classes, *new))


def _refuse(known: tuple[str, ...], given: tuple[str, ...], new: tuple[str, ...], data: Path) -> None:
    for name in new:
        if name in known or new.count(name) > 1:
            raise BadInput(f"new_classes={','.join(new)}: the bundle has a class {name!r}, or it is named twice",
                           remedy="Name only classes that it has not.")
        if name not in given:
            raise BadInput(f"the new class {name!r} has no pictures", file=data, remedy=nearest(name, given))
    for name in given:
        if name not in (*known, *new):
            raise BadInput(f"the bundle has no class {name!r}", file=data, remedy=f"{nearest(name, known)} If it is a new one, "
                           f"say so: --set new_classes={name}.")
    if len(given) < 2:
        raise BadInput(f"one class ({', '.join(given)}) leaves nothing to tell apart", file=data,
                       remedy="Give pictures of two or more classes.")


def _unlisted(given: Preparation) -> Preparation:
    """The preparation of pictures for which no list says where the face is. Raises BadInput where it needs a list."""
    if not getattr(given.detector, "annotated", False):
        return given
    fallback: Detector | None = given.detector.fallback
    if fallback is None:
        raise BadInput("the bundle takes each face from its data set's list, and these pictures have none",
                       remedy="Give a list with boxes: --data FILE.csv --set dataset=Manifest.")
    return dataclasses.replace(given, detector=fallback)


def _renamed(faces: FaceSet, classes: tuple[str, ...]) -> FaceSet:
    """The same faces, their labels counted in other classes."""
    places = np.array([classes.index(name) for name in faces.classes])
    votes = np.zeros((len(faces), len(classes)), np.float32)
    votes[:, places] = faces.votes
    return dataclasses.replace(faces, meta=faces.meta | {"classes": list(classes)}, labels=places[faces.labels], votes=votes)


def hold_out(faces: FaceSet, bundle: Bundle, alike: np.ndarray, share: float, seed: int, data: Path) -> Parts:
    """Rows to train on, and about the `share` of each class that is not; what is one number in `alike` (n,) is not parted, nor
    are pictures of one subject. Raises BadInput where a class has too few pictures for both.

    The draw depends on the seed and the pictures alone, so that two arms' bundles are judged by the same ones.
    """
    rows = np.flatnonzero(faces.used(bundle.preparation.missed))
    groups, labels = _joined(alike[rows], faces.subjects[rows]), faces.labels[rows]
    sizes = np.zeros((len(np.unique(groups)), len(faces.classes)), int)
    np.add.at(sizes, (groups, labels), 1)
    smallest = np.where(sizes > 0, sizes, len(rows)).min(0, initial=len(rows))
    wanted, held = np.maximum(smallest, np.round(share * sizes.sum(0))), np.zeros(len(faces.classes))
    taken = np.zeros(len(sizes), bool)
    for group in generator("finetune", seed, "held-out").permutation(len(sizes)):
        taken[group] = (held + sizes[group] <= wanted)[sizes[group] > 0].all()
        held += taken[group] * sizes[group]
    parts = Parts(rows[~taken[groups]], rows[taken[groups]])
    for number in np.unique(faces.labels):
        train, out = (int((faces.labels[part] == number).sum()) for part in parts)
        if not (train and out):
            raise BadInput(f"too few pictures of class {faces.classes[number]!r}: of {train + out} that can be used, {train} "
                           f"would be trained on and {out} held out", file=data, remedy=LIKE)
    return parts


def _joined(alike: np.ndarray, subjects: np.ndarray) -> np.ndarray:
    """(n,) numbers of what must stay together, from 0 in the order in which they come: how `alike` counts differs between
    processes.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(alike)
    people = np.where(subjects < 0, count + np.arange(count), subjects)
    one, other = (np.unique(names, return_inverse=True)[1] for names in (alike, people))
    edges = coo_array((np.ones(count), (one, other + count)), (2 * count, 2 * count))
    _, first, group = np.unique(connected_components(edges, directed=False)[1][one], return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group]


def account(faces: FaceSet, parts: Parts, bundle: Bundle) -> dict:
    """What became of the pictures, as plain JSON values; `known` is how many of those held out the bundle was trained on, None
    where it does not say what it was trained on.
    """
    old, seen = bundle.classes, trained.read(bundle.folder, bundle.said["files"])
    known = None if seen is None else int(np.isin(trained.of(faces, parts.held_out), seen).sum())
    by_class = {name: {part: int((faces.labels[rows] == number).sum()) for part, rows in parts._asdict().items()}
                for number, name in enumerate(faces.classes)}
    return {"content": disk.hash_arrays(faces.images, faces.labels)[:20], "used": sum(map(len, parts)),
            "unreadable": int((~faces.readable).sum()), "no_face": int((faces.readable & ~faces.found).sum()),
            "train": len(parts.train), "held_out": len(parts.held_out), "known": known, "by_class": by_class,
            "new_classes": [name for name in faces.classes if name not in old],
            "without_pictures": [name for name, counts in by_class.items() if not any(counts.values())]}


def describe(told: dict) -> list[str]:
    """What became of the pictures, in lines."""
    lines = [f"Pictures: {told['train']:,} trained on, {told['held_out']:,} held out; no face in {told['no_face']:,}, "
             f"{told['unreadable']:,} cannot be read."]
    lines += [f"New classes: {', '.join(told['new_classes'])}. The bundle before could not answer them; its other classes kept "
              "their weights."] * bool(told["new_classes"])
    return lines + [f"Classes without pictures, which stay possible answers: {', '.join(told['without_pictures'])}."
                    ] * bool(told["without_pictures"])


def warnings(told: dict) -> list[str]:
    """What speaks against the comparison of before and after, in lines."""
    if told["known"] is None:
        return ["Warning: the bundle does not say what it was trained on. If held-out pictures are among that, it was better "
                "on them before than it is on others."]
    return [f"Warning: the bundle was trained on {told['known']:,} of the {told['held_out']:,} held-out pictures, so it was "
            "better on them before than it is on others."] * bool(told["known"])

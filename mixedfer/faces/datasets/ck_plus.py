"""CK+ (Extended Cohn-Kanade): posed sequences from a neutral face to the peak of an expression, 123 people.

Source: Lucey, Cohn, Kanade, Saragih, Ambadar and Matthews, "The Extended Cohn-Kanade Dataset (CK+)", CVPR Workshops 2010;
http://www.jeffcohn.net/Resources/. Terms: non-commercial research, on request; pictures of some people only may be shown.
Expected: 593 sequences, 327 of them labelled, from 118 people: 45 anger, 18 contempt, 59 disgust, 25 fear, 69 happy, 28
sadness, 83 surprise; no official partition. Two layouts are read:

    cohn-kanade-images/S005/001/S005_001_00000011.png     the original: person, sequence, frame; beside it, maybe each in the
    Emotion/S005/001/S005_001_00000011_emotion.txt        folder of its archive, `   3.0000000e+00` where there is a label

    CK+48/anger/S010_004_00000017.png                     the last three frames of each labelled sequence, cropped to 48x48:
                                                          981 pictures, as they go around on Kaggle

Subjects are the people. The label is the peak's: `last` says how many frames up to the peak, which is the frame that the
label's name has, are taken, 3 by custom. Frame 1 is the neutral onset and never shows the expression. What is left out is
counted in frames.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np

from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput, nearest
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect

#: By the official number.
CLASSES = ("neutral", "anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
#: As FER2013 calls its classes, in its order: for `remapped`. FER2013 has no contempt; "neutral" is there with neutral=True.
AS_FER2013 = {"anger": "angry", "disgust": "disgust", "fear": "fear", "happy": "happy", "sadness": "sad",
              "surprise": "surprise"}
FOLDERS = {"angry": "anger", "happiness": "happy", "sad": "sadness", **{name: name for name in CLASSES}}
NAME = re.compile(r"(S\d{3})_(\d{3})_(\d{8})\.\w+", re.IGNORECASE)
LABEL = re.compile(r"(S\d{3})_(\d{3})_(\d{8})_emotion\.txt", re.IGNORECASE)
IMAGES, LABELS = "cohn-kanade-images", "Emotion"
WHAT = "the folder with CK+, or with CK+48"
LAYOUT = f"{IMAGES}/S005/001/S005_001_00000011.png or CK+48/anger/S010_004_00000017.png"
UNLABELLED = "of a sequence without a label"
EARLIER = "a frame of its sequence that the study leaves out"
ONSET = "labelled with an expression, though it is its sequence's neutral first frame"
FIRST = 1


class Label(NamedTuple):
    """What a sequence shows, and the number of the frame that shows it most."""

    name: str
    peak: int


class Found(NamedTuple):
    """What lies in a folder: `frames` of each (person, sequence) in order, by path from `root`, and the `labels` there are."""

    root: Path
    frames: Mapping[tuple[str, str], list[str]]
    labels: Mapping[tuple[str, str], Label]
    others: int
    official: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class CkPlus(Checked):
    """Frames of the labelled sequences: the `last` ones and, with `neutral`, frame 1 as a neutral face.

    >>> CkPlus(classes=("happy", "neutral"), last=1, neutral=True).last
    1
    """

    RANGES: ClassVar = {"last": (1, 100)}

    classes: tuple[str, ...] = ()
    last: int = 3
    neutral: bool = False

    def __post_init__(self):
        super().__post_init__()
        choose(self.classes, CLASSES)
        require(self.neutral or "neutral" not in self.classes, "CkPlus: the class 'neutral' is there with neutral=True only")

    def fingerprint(self, data: Path | None) -> str:
        root = _layout.root(data, WHAT)
        if not _layout.holders(root, IMAGES):
            return pictures.fingerprint(root)
        images, labels = _original(root)
        return pictures.fingerprint(images) + \
            pictures.fingerprint(labels, pictures.files(labels))

    def list(self, data: Path | None) -> Listing:
        """The chosen frames of each labelled sequence. Raises BadInput for a label that cannot be read or has no frame, for a
        folder that is no class, and for neutral faces asked of CK+48, which has none.
        """
        root = _layout.root(data, WHAT)
        found = _read_original(root) if _layout.holders(root, IMAGES) else _read_cropped(root, self.neutral)
        entries, excluded = [], Counter({_layout.OTHER_NAME: found.others})
        for sequence, frames in found.frames.items():
            label = found.labels.get(sequence)
            taken = self._taken(frames, label) if label else {}
            onset = bool(label) and label.peak == FIRST
            excluded[ONSET] += onset
            excluded[EARLIER if label else UNLABELLED] += len(frames) - len(taken) - onset
            entries += [Entry(os.path.relpath(found.root / path, data), path, name, subject=sequence[0])
                        for path, name in taken.items()]
        return collect(entries, CLASSES if self.neutral else CLASSES[1:], self.classes, excluded=excluded,
                       note=_layout.unofficial(found.official))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)

    def _taken(self, frames: list[str], label: Label) -> dict[str, str]:
        """The class of each frame that is taken."""
        onset = [path for path in frames if _number(path) == FIRST and self.neutral and label.peak != FIRST]
        shown = [path for path in frames if FIRST < _number(path) <= label.peak]
        return {**dict.fromkeys(onset, "neutral"), **dict.fromkeys(shown[-self.last:], label.name)}


def _original(root: Path) -> tuple[Path, Path]:
    """The folders of images and of labels."""
    return tuple(_layout.holder(root, name, f"{name} below this folder, as the archives of CK+ unpack") / name
                 for name in (IMAGES, LABELS))


def _read_original(root: Path) -> Found:
    images, labels = _original(root)
    found, others = _layout.by_name(images, NAME, LAYOUT)
    frames, known = _sequences(found), {}
    for path in pictures.files(labels):
        match = LABEL.fullmatch(os.path.basename(path))
        if match:
            sequence = _sequence(match)
            if sequence in known:
                raise BadInput("a second label for this sequence", file=labels / path, remedy="Take one of the two away.")
            if match[3] not in {found[frame][3] for frame in frames.get(sequence, ())}:
                raise BadInput("the frame that it labels is not there", file=labels / path,
                               remedy=f"Unpack the pictures again into {images}.")
            known[sequence] = Label(_label(labels / path), int(match[3]))
    if not known:
        raise BadInput("no label in this folder", file=labels, remedy="Expected S005/001/S005_001_00000011_emotion.txt in it.")
    return Found(images, frames, known, others, {"sequences": (len(frames), 593), "labelled sequences": (len(known), 327)})


def _label(path: Path) -> str:
    content = path.read_bytes()
    try:
        return CLASSES[[float(number) for number in range(len(CLASSES))].index(float(content))]
    except ValueError:
        raise BadInput(f"label {content[:30]!r}, expected 0 to {len(CLASSES) - 1}", file=path, row=1) from None


def _read_cropped(root: Path, neutral: bool) -> Found:
    found, others = _layout.by_name(root, NAME, LAYOUT)
    labels: dict[tuple[str, str], str] = {}
    for path, match in found.items():
        name = _folder(root, path)
        if labels.setdefault(_sequence(match), name) != name:
            raise BadInput(f"its sequence is also in the folder of another class, {labels[_sequence(match)]!r}",
                           file=root / path, remedy="Unpack the set again.")
    if neutral:
        raise BadInput("CK+48 has no neutral faces", file=root, remedy="Give the original CK+, or set neutral=False.")
    frames = _sequences(found)
    known = {sequence: Label(name, _number(frames[sequence][-1])) for sequence, name in labels.items()}
    return Found(root, frames, known, others,
                 {"pictures": (len(found), 981), "labelled sequences": (len(labels), 327)})


def _folder(root: Path, path: str) -> str:
    """The class that the folder of a picture stands for."""
    name = (root.absolute() / path).parent.name
    if "/" in path and name.lower() in FOLDERS:
        return FOLDERS[name.lower()]
    if any((place / IMAGES).is_dir() for place in root.absolute().parents[:3]):
        _layout.holder(root, IMAGES, LAYOUT)  # says which folder to give
    if name.lower() in FOLDERS:
        raise BadInput("the folder of one class", file=root, remedy=f"Give {root.absolute().parent} with --data.")
    raise BadInput(f"{_layout.text(name)!r} is no class", file=root / path, remedy=nearest(_layout.text(name), FOLDERS))


def _number(path: str) -> int:
    """Which frame of its sequence this is, from 1."""
    return int(NAME.fullmatch(os.path.basename(path))[3])


def _sequence(match: re.Match) -> tuple[str, str]:
    return match[1].upper(), match[2]


def _sequences(found: Mapping[str, re.Match]) -> dict[tuple[str, str], list[str]]:
    """The paths of each sequence's frames, first to last."""
    sequences = defaultdict(list)
    for path in sorted(found, key=lambda path: found[path].groups()):
        sequences[_sequence(found[path])].append(path)
    return dict(sequences)

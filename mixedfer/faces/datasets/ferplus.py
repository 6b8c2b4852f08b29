"""FER+: FER2013's pictures, labelled anew by ten people each, with eight emotions (contempt is the eighth).

Source: Barsoum, Zhang, Canton Ferrer, Zhang, "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016 (arXiv:1608.01041); the votes are `fer2013new.csv` of github.com/microsoft/FERPlus (MIT licence). The
pictures are FER2013's (for research), see `fer2013`. --data is a folder that holds both files.

The rows of the two files belong together by their order alone; the numbers in the votes' picture names are other ones. The
Usage of each row must agree in both, and so must most labels (68 % do in the official files, 19 % after a shuffle).

Expected: 35,887 rows, 173 of them without a picture name (all ten votes for "not a face"). By their votes are kept, of the
training, public test and private test part: majority 25,060 / 3,199 / 3,153, probability 27,956 / 3,505 / 3,505, multi-target
27,671 / 3,472 / 3,472. Evaluation is on the majority's rows under each of them. In 1,844 rows two or more of the eight emotions
share the largest count of votes, if single votes count and votes for "unknown" and "not a face" do not; that includes the 173
rows where all eight have none. No tie can be a majority.

Published accuracy with VGG13, mean of five runs: majority 83.85 %, probability 84.99 %, cross-entropy 84.72 %, multi-target
83.97 %.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from mixedfer import disk
from mixedfer.checked import Checked
from mixedfer.errors import BadInput, StudyError, nearest
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect, fer2013

CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
COLUMNS = ("Usage", "Image name", *CLASSES, "unknown", "NF")
FILE = "fer2013new.csv"
MODES = ("majority", "probability", "multi-target")
AGREE = 0.4  # of the majority labels, at least: about half way from the shuffled files to the official ones
#: FER2013's label -> the class here.
SAME = np.array([CLASSES.index(name) for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")])
NO_PICTURE = "without a picture in FER+"
NO_FACE, UNKNOWN = "most votes say that it is not a face", "most votes say that the emotion is unknown"
NO_MAJORITY, SPREAD = "no emotion has more than half of the votes", "the votes are spread over too many emotions"


class Ballot(NamedTuple):
    """One row of `fer2013new.csv`: `votes` are ten counts, one per column after the picture's name (which may be "")."""

    number: int
    usage: bytes
    name: str
    votes: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class FerPlus(Checked):
    """FER2013's pictures with FER+'s votes.

    `labels` says which votes make a training picture, see `rule`, and what `votes` hold: all on the majority's emotion, or the
    shares of the emotions that are kept. Whatever it is, the pictures for validation and test are those with a majority, and
    labels are the majority's. A training picture without one gets the emotion with the largest share, the first of `classes`
    if several have it; how many do is noted.
    """

    classes: tuple[str, ...] = CLASSES
    labels: Literal["majority", "probability", "multi-target"] = "majority"

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "classes", choose(self.classes, CLASSES))

    def fingerprint(self, data: Path | None) -> str:
        return disk.to_json([disk.hash_file(path) for path in _files(data)])

    def list(self, data: Path | None) -> Listing:
        """Every row that has a picture and votes that agree well enough; the others are counted by reason.

        Raises BadInput with file and row for a wrong row, and where the rows of the two files do not belong together.
        """
        faces_file, votes_file = _files(data)
        faces, ballots = list(fer2013.rows(faces_file)), list(_ballots(votes_file))
        _match(faces, faces_file, ballots, votes_file)
        votes = np.array([ballot.votes for ballot in ballots])
        (majority, clear), (shares, usable) = rule(votes, "majority"), rule(votes, self.labels)
        _agree([face.emotion for face in faces], majority, clear, votes_file)
        trains = np.array([face.partition == 0 for face in faces])
        kept = np.where(trains, usable, clear) & [ballot.name != "" for ballot in ballots]
        names = [CLASSES[label] for label in np.where(clear, majority.argmax(1), shares.argmax(1))]
        found = [Entry((face.number, face.start, face.length), f"{faces_file.name}:{face.number}", names[row],
                       face.partition, votes=tuple(shares[row].tolist()))
                 for row, face in enumerate(faces) if kept[row]]
        undecided = sum(names[row] in self.classes for row in np.flatnonzero(kept & ~clear))
        strict = ~trains | (self.labels == "majority")
        return collect(found, CLASSES, self.classes, note=_note(undecided),
                       excluded=Counter(_reason(ballots[row], strict[row]) for row in np.flatnonzero(~kept)))

    def read(self, data: Path | None, key: tuple[int, int, int]) -> np.ndarray:
        """A row's pixels, (48, 48) gray."""
        return fer2013.Fer2013().read(data, key)


def rule(votes: np.ndarray, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """FER+'s rules: `votes` (n, 10) counts to the distribution (n, 8) over emotions, and (n,) bool whether the row is kept.

    In every mode a single vote counts as none, and what is taken must have more than half of the remaining votes.

        majority      what has more than half of the votes, which a tie cannot have
        probability   the largest counts, until three are taken or they hold 75 % of the votes, or one is for "unknown" or "not
                      a face". Equal counts are taken at once, whatever their order: where that makes four, the row is not
                      kept. Of a tie between emotions and "unknown" or "not a face" the emotions are taken.
        multi-target  every count of at least 30 % of the votes

    A row is not kept where "unknown" or "not a face" has more votes than any emotion that is taken. Where it has as many, the
    row stays and those votes fall away. Rows that are kept sum to 1, the others are 0. The rules are those of Barsoum et al.
    2016 and of the program published with it. Raises StudyError for another mode.

    >>> shares, kept = rule(np.array([[5, 3, 0, 2, 0, 0, 0, 0, 0, 0]]), "probability")
    >>> shares[0, :4].tolist(), kept.tolist()
    ([0.625, 0.375, 0.0, 0.0], [True])
    >>> rule(np.array([[5, 3, 0, 2, 0, 0, 0, 0, 0, 0]]), "majority")[1].tolist()
    [False]
    """
    if mode not in MODES:
        raise StudyError(f"unknown way to read votes {mode!r}", remedy=nearest(mode, MODES))
    votes = np.where(votes > 1, votes, 0)
    total = votes.sum(1, keepdims=True)
    if mode == "majority":
        taken = 2 * votes > total
    elif mode == "probability":
        taken = _largest(votes, total)
    else:
        taken = 10 * votes >= 3 * total
    held = np.where(taken, votes, 0)
    emotions, other = held[:, :len(CLASSES)], held[:, len(CLASSES):].max(1)
    kept = (2 * held.sum(1) > total[:, 0]) & (taken.sum(1) <= 3) & (emotions.max(1) > 0) & (emotions.max(1) >= other)
    sums = emotions.sum(1, keepdims=True)
    return np.divide(emotions, sums, out=np.zeros(emotions.shape), where=kept[:, None]), kept


def _largest(votes: np.ndarray, total: np.ndarray) -> np.ndarray:
    """`(n, 10)` bool: the emotions that "probability" takes, `votes` being without single ones."""
    above = votes[:, None, :] > votes[:, :, None]  # row, count, and which of the ten are larger than it
    held = np.einsum("ijk,ik->ij", above, votes)
    taken = (votes > 0) & (4 * held < 3 * total) & (above.sum(2) < 3) & ~above[:, :, len(CLASSES):].any(2)
    taken[:, len(CLASSES):] = False
    return taken


def _reason(ballot: Ballot, strict: bool) -> str:
    """Why a row is not kept; `strict` where only a majority would do."""
    if not ballot.name:
        return NO_PICTURE
    most = COLUMNS[2 + int(np.argmax(ballot.votes))]
    return {"NF": NO_FACE, "unknown": UNKNOWN}.get(most, NO_MAJORITY if strict else SPREAD)


def _note(undecided: int) -> str:
    return (f"{undecided:,} training pictures have no majority; their label is the emotion with the largest share of votes, "
            "the first of several.") if undecided else ""


def _files(data: Path | None) -> tuple[Path, Path]:
    """The pictures and the votes, in the folder that the user gave or a little below it."""
    what = f"fer2013.csv and {FILE}"
    folder = _layout.root(data, f"a folder with {what}")
    votes, faces = _layout.holder(folder, FILE, what) / FILE, fer2013.csv_file(folder)
    if faces is None:
        raise _layout.absent(folder / "fer2013.csv", f"Expected {what}.")
    return faces, votes


def _ballots(path: Path):
    """The rows of `fer2013new.csv`, in its order."""
    with open(path, "rb") as file:
        columns = tuple(name.strip() for name in file.readline().decode("utf-8-sig", "replace").split(","))
        if columns != COLUMNS:
            raise BadInput(f"the columns are {', '.join(columns)[:80]!r}; expected {','.join(COLUMNS)}", file=path, row=1,
                           remedy=f"Give the official {FILE}.")
        for row, line in enumerate(file, 2):
            if line.strip():
                yield _ballot(line, path, row)


def _ballot(line: bytes, path: Path, row: int) -> Ballot:
    usage, *rest = (part.strip() for part in line.split(b","))
    name, *votes = rest or [b""]
    if len(votes) != len(COLUMNS) - 2:
        raise BadInput(f"{len(rest) + 1} columns, expected {len(COLUMNS)}", file=path, row=row, remedy=fer2013.CUT_OFF)
    for vote, column in zip(votes, COLUMNS[2:]):
        if not vote.isdigit() or len(vote) > 3:
            raise BadInput(f"{vote.decode('utf-8', 'replace')!r} votes for {column}, expected a whole number", file=path,
                           row=row)
    return Ballot(row, usage, name.decode("utf-8", "replace"), tuple(map(int, votes)))


def _match(faces: list[fer2013.Row], faces_file: Path, ballots: list[Ballot], votes_file: Path) -> None:
    """See that the rows of the two files belong together, as far as their number and Usage tell."""
    if not faces:
        raise BadInput("a header and no picture", file=faces_file, remedy=fer2013.CUT_OFF)
    if len(faces) != len(ballots):
        raise BadInput(f"{len(ballots):,} rows of votes for the {len(faces):,} pictures of {faces_file.name}", file=votes_file,
                       remedy="The two belong together row by row: give both as they were published.")
    usages = {number: usage for usage, number in fer2013.USAGE.items()}
    for face, ballot in zip(faces, ballots):
        if ballot.usage != usages[face.partition]:
            raise BadInput(f"Usage {ballot.usage.decode('utf-8', 'replace')!r}, but {usages[face.partition].decode()!r} in row "
                           f"{face.number} of {faces_file.name}", file=votes_file, row=ballot.number,
                           remedy="The two belong together row by row: give both as they were published.")


def _agree(emotions: list[int], majority: np.ndarray, clear: np.ndarray, votes_file: Path) -> None:
    """See that the votes are for these pictures: the majority and FER2013's label are mostly the same."""
    same = (SAME[emotions] == majority.argmax(1))[clear]
    if len(same) and same.mean() < AGREE:
        raise BadInput(f"only {same.mean():.0%} of the majority labels agree with FER2013's (of the official files 68 %)",
                       file=votes_file, remedy="Is one of the files sorted? Give both as they were published.")

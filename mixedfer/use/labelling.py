"""Labels for faces that have none: find all faces, ask a teacher about them, write what `datasets/manifest.py` reads back.

    OUT/manifest.csv     a row for each labelled face: path, subject, left, top, width, height, picture, then a share per class
    OUT/crops/           the faces, each once, under a name that follows from its pixels
    OUT/mosaics/         the pictures that were asked about, where faces are asked about together
    OUT/answers.jsonl    what was said of which face, kept as it came
    OUT/labels.json      what became of all pictures and faces, and what was wrong with answers
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mixedfer import disk
from mixedfer.checked import Detector, require
from mixedfer.errors import BadInput, Fault, MixedferError, Unreadable
from mixedfer.faces import landmarks, pictures, sightings
from mixedfer.faces.datasets.folder import check_pattern
from mixedfer.faces.detectors import Box
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.identity import digest
from mixedfer.study import Preparation
from mixedfer.use import gathering, journal, labels, mosaic
from mixedfer.use.gathering import Crop, Gathered
from mixedfer.use.journal import Scores
from mixedfer.use.teachers import Ask, Teacher, Told
from mixedfer.varying import Varying

#: Questions in a row without an answer after which a teacher is left alone.
PATIENCE = 3


@dataclass(frozen=True, kw_only=True)
class Labelling(Varying):
    """Whom to ask, and about what: every face that `detector` finds, cut out `border` sides wider than its box on each side, in
    the picture's own pixels, or shrunk to `largest`; `mosaic` of them on one picture. `subject` is a regular expression with
    one group that names the person in a picture's path; without one, faces of one picture are never parted.
    """

    RANGES = {"mosaic": (1, 500), "border": (0, 2), "largest": (16, 4096)}
    teacher: Teacher
    detector: Detector = field(default_factory=lambda: DlibHog(upsample=1))
    mosaic: int = 1
    border: float = 0.25
    largest: int = 224
    subject: str = ""

    def __post_init__(self):
        super().__post_init__()
        check_pattern(self)
        require(not getattr(self.detector, "annotated", False), "the detector Annotated takes faces from a list; here is none")


class LabellingPlace(NamedTuple):
    """Where labels are written, where what is found is kept, and how to work: as in `runner.Place`."""

    out: Path
    store: Path
    predictor: Path | None = None
    workers: int = 1
    quiet: bool = False


def label(asked: Labelling, sources: Sequence[str], place: LabellingPlace, *, price: float = 0.0, dry_run: bool = False,
          say: Callable[[str], None] = print) -> dict | None:
    """Label the faces in `sources`, say what it takes beforehand, and return what `labels.json` holds; with `dry_run`, nothing
    is asked and nothing written.

    Raises BadInput for sources and teachers that cannot be used. Where a teacher falls silent or refuses, or Ctrl-C is pressed,
    the manifest holds what was answered before the error is raised; the same call goes on from there.
    """
    ask = asked.teacher.start()
    found = gathering.files(sources, besides=place.out)
    names, subjects = list(found), {name: gathering.subject(asked.subject, below) if asked.subject else name
                                    for name, below in found.items()}
    seen = _look(asked, names, place, None if dry_run else place.out / "crops")
    if not seen.faces:
        raise BadInput(f"no face was found in {len(names):,} pictures ({len(seen.unreadable):,} cannot be read)",
                       file=sources[0], remedy="Small faces need upsampling (--set upsample=2); for faces that are already "
                       "cropped use --set detector=WholeImage.")
    if dry_run:
        say(_preview(asked, names, seen, _missing(asked, seen, place.out), price))
        return None
    with disk.lock(place.out / ".lock", f"the labels in {place.out}", patience=0):
        missing = _missing(asked, seen, place.out)
        say(_preview(asked, names, seen, missing, price))
        stopped = None
        try:
            _ask_all(asked, ask, missing, place)
        except (MixedferError, KeyboardInterrupt) as error:
            stopped = error
        told = labels.write(place.out, asked.teacher.name, names, seen, subjects)
    if stopped:
        raise stopped
    if not told["labelled"]:
        raise BadInput(f"no face has an answer; the first: {(told['wrong'] or ['no rectangle came back'])[0]}",
                       file=place.out / labels.ACCOUNT, remedy="Say where the answers have what, see `mixedfer label --help`.")
    return told


def _look(asked: Labelling, names: Sequence[str], place: LabellingPlace, crops: Path | None) -> Gathered:
    preparation = Preparation(detector=asked.detector, face="all")
    predictor = landmarks.find_predictor(place.predictor, preparation.predictor)
    known = place.store / "sightings" / f"{digest(sightings.making(preparation))}.db"
    job = gathering.Search(preparation, asked.border, asked.largest, predictor, known, crops)
    return gathering.look(job, names, place.workers, place.quiet)


def _missing(asked: Labelling, seen: Gathered, out: Path) -> list[Crop]:
    """Each different face that has no answer: first those that were never asked about; of one size together."""
    file, name = out / journal.FILE, asked.teacher.name
    known, vain = journal.known(file, name), journal.in_vain(file, name)
    faces = [face for name, face in seen.different().items() if name not in known]
    return sorted(faces, key=lambda face: (vain[face.name], face.side))


def _preview(asked: Labelling, names: Sequence[str], seen: Gathered, missing: Sequence[Crop], price: float) -> str:
    """What there is and what asking will take."""
    different = len(seen.different())
    questions = math.ceil(len(missing) / asked.mosaic)
    cost = f", {questions * price:,.2f} at {price:g} each" if price else ""
    rate = getattr(asked.teacher, "rate", None)
    time = f", {questions / rate:,.0f} s or more" if rate else ""
    return (f"{len(names):,} pictures: {len(seen.faces):,} faces; no face in {len(seen.faceless):,}, {len(seen.unreadable):,} "
            f"cannot be read\n{different:,} different faces: {different - len(missing):,} answered before, {len(missing):,} to "
            f"ask about, in {questions:,} questions{cost}{time}")


def _ask_all(asked: Labelling, ask: Ask, missing: Sequence[Crop], place: LabellingPlace) -> None:
    """Ask about these faces and keep the answers. Raises Fault where the teacher is left alone before the end."""
    from tqdm import tqdm

    file, name, together = place.out / journal.FILE, asked.teacher.name, getattr(asked.teacher, "together", 1)
    understood, vain = bool(journal.known(file, name)), 0
    groups = [[missing[number] for number in group] for group in mosaic.groups(len(missing), asked.mosaic)]
    with journal.Journal(file) as kept, tqdm(total=len(groups), unit="question", desc="asked", disable=place.quiet or None,
                                                dynamic_ncols=True) as bar:
        for some in mosaic.groups(len(groups), together):
            questions = [_question(groups[number], place.out) for number in some]
            try:
                told = ask([question.path for question in questions])
                understood, vain = True, 0
            except (Unreadable, Fault) as error:
                told, vain, last = [Told([], [str(error)])] * len(questions), vain + 1, error
            for question, one in zip(questions, told):
                kept.keep(name, question.path.name, [face.name for face in question.faces], *_answers(one, question))
            bar.update(len(questions))
            if vain >= PATIENCE and (isinstance(last, Fault) or not understood):
                raise Fault(f"{vain} questions in a row were in vain; the last: {last}", remedy="Answers are kept, the "
                             "manifest has them, and the same command goes on from there.")


class Question(NamedTuple):
    """What a teacher is asked about: the faces on the picture in this file, and their places there."""

    faces: Sequence[Crop]
    path: Path
    places: Sequence[Box]


def _question(faces: Sequence[Crop], out: Path) -> Question:
    crops = [out / "crops" / f"{face.name}.png" for face in faces]
    picture, places = mosaic.join([pictures.read(crop) for crop in crops])
    if len(crops) == 1:
        return Question(faces, crops[0], places)
    path = out / "mosaics" / f"{digest([face.name for face in faces])}.png"
    disk.write_bytes(path, gathering.png(picture))
    return Question(faces, path, places)


def _answers(told: Told, question: Question) -> tuple[dict[str, Scores], list[str]]:
    """The scores of the faces that an answer is about, and what is wrong with the rest of it."""
    said = [answer.box for answer in told.faces]
    best, wrong = mosaic.match(said, question.places, [face.box for face in question.faces])
    scores = {face.name: told.faces[number].scores for face, number in zip(question.faces, best) if number is not None}
    return scores, [*told.wrong, *(f"{why}: {tuple(said[number] or ())}" for number, why in wrong.items())]

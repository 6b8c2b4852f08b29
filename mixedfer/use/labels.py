"""What labelling leaves: the manifest that `datasets/manifest.py` reads, and the account of all pictures, faces and answers."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from mixedfer import disk
from mixedfer.errors import BadInput
from mixedfer.use import journal
from mixedfer.use.gathering import Crop, Gathered
from mixedfer.use.journal import Scores

MANIFEST, ACCOUNT = "manifest.csv", "labels.json"
COLUMNS = ("path", "subject", "left", "top", "width", "height", "picture")


def write(out: Path, teacher: str, names: Sequence[str], seen: Gathered, subjects: Mapping[str, str]) -> dict:
    """Write the account and, where a face has an answer, the manifest. Returns what the account holds.

    Raises BadInput for a class that has the name of a column.
    """
    file = out / journal.FILE
    known, different = journal.known(file, teacher), seen.different()
    labelled = [face for name, face in different.items() if name in known]
    classes = sorted({name for face in labelled for name in known[face.name]})
    told = {"teacher": teacher, "pictures": len(names), "faces": len(seen.faces), "different": len(different),
            "labelled": len(labelled), "classes": classes, "faceless": [*map(_text, seen.faceless)],
            "unreadable": {_text(name): why for name, why in seen.unreadable.items()},
            "most": dict(Counter(max(known[face.name], key=known[face.name].get) for face in labelled)),
            "unanswered": [{"picture": _text(face.picture), "crop": _crop(face)}
                           for name, face in different.items() if name not in known],
            "wrong": journal.wrong(file, teacher)}
    disk.write_json(out / ACCOUNT, told)
    if labelled:
        disk.write_bytes(out / MANIFEST, _table(labelled, known, classes, subjects).encode())
    return told


def _table(faces: Sequence[Crop], known: Mapping[str, Scores], classes: Sequence[str], subjects: Mapping[str, str]) -> str:
    for name in set(COLUMNS).intersection(classes):
        raise BadInput(f"the teacher has a class {name!r}, and the manifest a column of that name")
    held = io.StringIO()
    rows = csv.writer(held, lineterminator="\n")
    rows.writerow([*COLUMNS, *classes])
    for face in faces:
        scores = known[face.name]
        total = sum(scores.values())
        rows.writerow([_crop(face), _text(subjects[face.picture]), *(f"{side:.6g}" for side in face.box), _text(face.picture),
                       *(f"{scores.get(name, 0.0) / total:.6g}" for name in classes)])
    return held.getvalue()


def _text(name: str) -> str:
    """A file's name as it can be written; one that is not UTF-8 with its odd bytes told by their numbers."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _crop(face: Crop) -> str:
    return f"crops/{face.name}.png"


def describe(told: Mapping, out: Path) -> str:
    """What became of the faces, and how a study reads them."""
    most = ", ".join(f"{name} {count:,}" for name, count in sorted(told["most"].items()))
    left = told["different"] - told["labelled"]
    missing = f"; {left:,} have no answer, see {out / ACCOUNT}" if left else ""
    votes = ", ".join(map(repr, told["classes"]))
    return (f"{told['labelled']:,} of {told['different']:,} different faces are labelled ({most}){missing}\n{out / MANIFEST}\n"
            f"In a study: Manifest(label='', votes=({votes}), subject='subject', box=('left', 'top', 'width', 'height')), with "
            "Preparation(detector=Annotated()) and Recipe(labels='soft')")

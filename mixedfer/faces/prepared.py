"""Face sets that were prepared elsewhere and carried along, found by what they say of themselves.

A machine that only trains needs neither the pictures nor what finds faces in them. What its face sets were made with stands
in their `meta.json`, and what training can see of them is named by their content, which is part of every run's name.
"""

from __future__ import annotations

from pathlib import Path

from mixedfer import disk, faceset
from mixedfer.errors import BadInput
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical
from mixedfer.study import Study


def find(study: Study, store: Path) -> FaceSet:
    """The finished face set in `store` that was made of the study's data set by the study's preparation.

    Which file the data were read from, and by which versions of dlib and OpenCV, is not asked. Raises BadInput when there is
    no such set, or several that do not hold the same.
    """
    folders = [path for path in sorted((store / "faces").glob("*")) if disk.is_done(path) and _asked(study, path)]
    sets = {faces.content: faces for faces in map(faceset.load, folders)}
    if not sets:
        raise BadInput("no face set here was made of this study's data set by its preparation", file=store / "faces",
                       remedy="Run `mixedfer prepare` with this study file and these settings where the data are, and carry "
                       "its store along; or leave out --prepared.")
    if len(sets) > 1:
        raise BadInput(f"{len(sets)} face sets here are of this study's data set and preparation, and they differ: "
                       + ", ".join(faces.folder.name for faces in sets.values()), file=store / "faces",
                       remedy="Keep the one that is meant and delete the others.")
    return next(iter(sets.values()))


def _asked(study: Study, folder: Path) -> bool:
    meta = disk.read_json(folder / "meta.json")
    return meta.get("dataset") == canonical(study.dataset) and _cut(meta.get("preparation", {})) == _cut(
        canonical(study.preparation))


def _cut(preparation: dict) -> dict:
    """A preparation without what is settled when rows are split."""
    return {name: value for name, value in preparation.items() if name != "missed"}

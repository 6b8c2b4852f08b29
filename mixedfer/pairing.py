"""What arms with preparations of their own must still share, so that they stay paired picture by picture.

A study may compare ways to prepare pictures: an arm then has a `Preparation` in place of the study's. Every arm must be
trained and tested on the same pictures all the same, or the difference between two arms would be one of data.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixedfer.errors import BadInput, StudyError
from mixedfer.identity import canonical
from mixedfer.varying import replaced

#: What two face sets must have in common, row by row.
LISTED = ("ids", "labels", "votes", "partition", "subjects", "readable")
IN_THE_FILE = "Change the preparations in the study file."


def refuse_other_pictures(shared: Any, own: Mapping[str, Any]) -> None:
    """Raises StudyError where preparations would give arms other pictures: `shared` the study's, `own` those of arms by name.

    A picture without a face is left out by `missed="exclude"`, and `face="all"` makes several of one picture: which ones
    then depends on the detector, and so on the arm.
    """
    for name, preparation in own.items():
        if preparation.missed != shared.missed:
            raise StudyError(f"arm {name!r} has a preparation with missed={preparation.missed!r}, the study one with "
                             f"missed={shared.missed!r}, so its arms would see other pictures",
                             remedy="Give all of them missed='whole-image'.")
        for whose, one in (("the study's preparation", shared), (f"the preparation of arm {name!r}", preparation)):
            if one.missed == "exclude":
                raise StudyError(f"arm {name!r} has a preparation of its own, and with missed='exclude' each detector would "
                                 "leave out other pictures", remedy="Give all preparations missed='whole-image'.")
            if one.face == "all":
                raise StudyError(f"arm {name!r} has a preparation of its own, and with face='all' in {whose} each detector "
                                 "would give other faces", remedy="Give all preparations face='largest'.")


def moved(shared: Any, name: str, own: Any, changes: Sequence[tuple[list[str], Any]]) -> Any:
    """An arm's own preparation after what was set in the study's: (path in the preparation, value) pairs.

    A value that is set moves every arm. Raises StudyError where the arm's preparation has another value there than the
    study's, for that is what the study compares, and for the study's preparation as a whole.
    """
    for path, _ in changes:
        if not path or canonical(_at(own, path)) != canonical(_at(shared, path)):
            raise StudyError(f"{'.'.join(['preparation', *path])} cannot be set: the preparation of arm {name!r} differs "
                             "there from the study's", remedy=IN_THE_FILE)
    return replaced(own, list(changes))


def _at(preparation: Any, path: Sequence[str]) -> Any:
    """What lies at a path of fields; None where there is nothing."""
    return functools.reduce(lambda node, field: getattr(node, field, None), path, preparation)


def refuse_other_rows(sets: Mapping[str, Any]) -> None:
    """Raises BadInput unless the face sets of all arms, by name, list the same pictures with the same labels in one order."""
    (first, reference), *others = sets.items()
    for name, faces in others:
        if faces.folder == reference.folder:
            continue
        if len(faces) != len(reference) or faces.classes != reference.classes:
            raise BadInput(f"the preparation of arm {name!r} gives {len(faces)} pictures of {len(faces.classes)} classes, that "
                           f"of arm {first!r} {len(reference)} of {len(reference.classes)}", file=faces.folder,
                           remedy=IN_THE_FILE)
        for listed in LISTED:
            one, other = (np.asarray(getattr(found, listed)) for found in (reference, faces))
            if not np.array_equal(one, other):
                row = int(np.flatnonzero((one != other).reshape(len(one), -1).any(1))[0])
                raise BadInput(f"arm {name!r} and arm {first!r} would not see the same pictures: their preparations differ in "
                               f"{listed}, first of {faces.name(row)}", file=faces.folder,
                               remedy=IN_THE_FILE)

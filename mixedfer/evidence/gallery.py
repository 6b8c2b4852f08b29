"""Faces to look at: which arm is right on which of them, in how many replicates, with what probabilities.

The page filters and counts all test images; pictures are kept of at most `LIMIT`, drawn evenly over what can be picked.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixedfer import seeds
from mixedfer.evidence import answers, preparations
from mixedfer.evidence.figures import style
from mixedfer.faceset import FaceSet
from mixedfer.geometry import OUTLINES

LIMIT = 400
#: Pictures side by side on the sheet, and the largest and the smallest side of one in pixels.
ACROSS, SIDE, SMALLEST = 20, 96, 32
#: Landmarks are stored as 16-bit numbers over this range of the picture's side; they may lie outside of it.
RANGE = (-0.5, 1.5)
HINT = ("An arm's answer to a face is the one that most of its replicates gave. Pick a cell to see its faces; pick it again to "
        "see all. Bars: probability of each class, mean over replicates.")


@dataclass(frozen=True)
class Gallery:
    """`sheet` holds the pictures as one `data:` address, `data` everything else that the page's script needs; `hint` says how
    to use it on the page. Where arms see several face sets, the pictures of one follow those of the other.
    """

    title: str
    hint: str
    sheet: str
    data: dict
    shown: int
    images: int


def make(results) -> Gallery:
    """The gallery of a study. Lists of images are in the order of the data set, lists of arms begin with the control."""
    arms, truth = list(results.arms), results.truth
    given = {arm: answers.answer(results, arm) for arm in arms}
    chosen = choose(np.stack([truth, *given.values()], -1))
    rows = results.rows[chosen]
    mean = np.stack([results.arms[arm].probabilities.mean(0)[chosen] for arm in arms], 1)
    seen = preparations.sets(results)
    sets = [one.faces for one in seen]
    data = {
        **described(*sets, rows=rows), "arms": arms, "colours": list(style.colours(results.plan).values()),
        "replicates": len(results.arms[arms[0]].records),
        "truth": truth.tolist(), "found": results.found.astype(int).tolist(),
        "answers": [given[arm].tolist() for arm in arms],
        "agree": [answers.votes(results, arm).max(-1).tolist() for arm in arms],
        "sets": [next(at for at, one in enumerate(seen) if arm in one.arms) for arm in arms],
        "seen": [one.faces.found[rows].astype(int).tolist() for one in seen],
        "shown": chosen.tolist(), "thousandths": (1000 * mean).round().astype(int).tolist(),
    }
    return Gallery("Disagreement gallery", HINT, sheet(*sets, rows=rows), data, len(chosen), len(truth))


def described(*sets: FaceSet, rows: np.ndarray) -> dict:
    """What a page's script needs to draw these rows of some face sets from a sheet, and to name them."""
    faces = sets[0]
    return {"classes": list(faces.classes), "searched": faces.searched, "names": [faces.name(int(row)) for row in rows],
            "points": _packed(sets, rows), "range": list(RANGE),
            "outlines": [[group.start, group.stop, closed] for group, closed in OUTLINES],
            "across": ACROSS, "side": _side(sets, len(rows))}


def choose(kinds: np.ndarray, limit: int = LIMIT) -> np.ndarray:
    """At most `limit` of the (K, ...) images, as many of each kind (each distinct row) as possible, at random, ascending.

    >>> choose(np.array([[0, 0], [0, 1]])).tolist()
    [0, 1]
    """
    order = seeds.generator("gallery").permutation(len(kinds))
    _, kind, counts = np.unique(kinds[order], axis=0, return_inverse=True, return_counts=True)
    turn = np.empty(len(kinds), int)  # the how manyth of its kind
    turn[np.argsort(kind, kind="stable")] = np.concatenate([np.arange(count) for count in counts])
    return np.sort(order[np.argsort(turn, kind="stable")[:limit]])


def _packed(sets: Sequence[FaceSet], rows: np.ndarray) -> str:
    """(sets * n, 68, 2) landmarks as fractions of the picture's side, 0 at its left or upper edge, in little-endian base64."""
    points = np.concatenate([(np.asarray(faces.landmarks[rows], float) + 0.5) / faces.images.shape[1] for faces in sets])
    scaled = (points - RANGE[0]) / (RANGE[1] - RANGE[0]) * 65535
    return base64.b64encode(np.nan_to_num(scaled).clip(0, 65535).round().astype("<u2").tobytes()).decode()


def _side(sets: Sequence[FaceSet], count: int) -> int:
    """The side of a picture on the sheet: no larger than it is, and smaller where a page shows more than `LIMIT`."""
    smallest = min(faces.images.shape[1] for faces in sets)
    return min(SIDE, smallest, max(SMALLEST, int(SIDE * (LIMIT / max(LIMIT, count)) ** 0.5)))


def sheet(*sets: FaceSet, rows: np.ndarray) -> str:
    """The pictures row by row on one JPEG, those of one face set after those of the other."""
    from PIL import Image

    side = _side(sets, len(rows))
    pictures = [np.asarray(faces.images[row]) for faces in sets for row in rows]
    colour = any(pixels.shape[-1] == 3 for pixels in pictures)
    whole = Image.new("RGB" if colour else "L", (ACROSS * side, -(-len(pictures) // ACROSS) * side))
    for at, pixels in enumerate(pictures):
        picture = Image.fromarray(pixels if pixels.shape[-1] == 3 else pixels[..., 0])
        whole.paste(picture.resize((side, side), Image.Resampling.LANCZOS), (at % ACROSS * side, at // ACROSS * side))
    file = io.BytesIO()
    whole.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"

"""Faces to look at: which arm is right on which of them, in how many replicates, with what probabilities.

The page filters and counts all test images; pictures are kept of at most `LIMIT`, drawn evenly over what can be picked.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np

from mixedfer import seeds
from mixedfer.evidence import answers
from mixedfer.evidence.figures import style
from mixedfer.geometry import OUTLINES

LIMIT = 400
#: Pictures side by side on the sheet, and the largest side of one in pixels.
ACROSS, SIDE = 20, 96
#: Landmarks are stored as 16-bit numbers over this range of the picture's side; they may lie outside of it.
RANGE = (-0.5, 1.5)


@dataclass(frozen=True)
class Gallery:
    """`sheet` holds the pictures as one `data:` address, `data` everything else that the page's script needs."""

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
    faces = results.faces
    data = {
        "classes": list(faces.classes), "arms": arms, "colours": list(style.colours(results.plan).values()),
        "replicates": len(results.arms[arms[0]].records), "searched": faces.searched,
        "truth": truth.tolist(), "found": results.found.astype(int).tolist(),
        "answers": [given[arm].tolist() for arm in arms],
        "agree": [answers.votes(results, arm).max(-1).tolist() for arm in arms],
        "shown": chosen.tolist(), "names": [faces.name(int(row)) for row in rows],
        "thousandths": (1000 * mean).round().astype(int).tolist(), "points": _packed(faces, rows),
        "range": list(RANGE), "outlines": [[group.start, group.stop, closed] for group, closed in OUTLINES],
        "across": ACROSS, "side": min(SIDE, faces.images.shape[1]),
    }
    return Gallery(_sheet(faces, rows), data, len(chosen), len(truth))


def choose(kinds: np.ndarray) -> np.ndarray:
    """At most LIMIT of the (K, ...) images, as many of each kind (each distinct row) as possible, at random, ascending.

    >>> choose(np.array([[0, 0], [0, 1]])).tolist()
    [0, 1]
    """
    order = seeds.generator("gallery").permutation(len(kinds))
    _, kind, counts = np.unique(kinds[order], axis=0, return_inverse=True, return_counts=True)
    turn = np.empty(len(kinds), int)  # the how manyth of its kind
    turn[np.argsort(kind, kind="stable")] = np.concatenate([np.arange(count) for count in counts])
    return np.sort(order[np.argsort(turn, kind="stable")[:LIMIT]])


def _packed(faces, rows: np.ndarray) -> str:
    """(n, 68, 2) landmarks as fractions of the picture's side, 0 at its left or upper edge, in little-endian base64."""
    points = (np.asarray(faces.landmarks[rows], float) + 0.5) / faces.images.shape[1]
    scaled = (points - RANGE[0]) / (RANGE[1] - RANGE[0]) * 65535
    return base64.b64encode(np.nan_to_num(scaled).clip(0, 65535).round().astype("<u2").tobytes()).decode()


def _sheet(faces, rows: np.ndarray) -> str:
    """The pictures row by row on one JPEG."""
    from PIL import Image

    side = min(SIDE, faces.images.shape[1])
    colour = faces.images.shape[-1] == 3
    sheet = Image.new("RGB" if colour else "L", (ACROSS * side, -(-len(rows) // ACROSS) * side))
    for at, row in enumerate(rows):
        pixels = np.asarray(faces.images[row])
        picture = Image.fromarray(pixels if colour else pixels[..., 0])
        sheet.paste(picture.resize((side, side), Image.Resampling.LANCZOS), (at % ACROSS * side, at // ACROSS * side))
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"

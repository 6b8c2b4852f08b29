"""Answers as rows: one per face, or one that says why a picture has none; as lines of JSON and as CSV.

A row has `source`, `face` (counted from 1, None where there is none), `found`, `box` (left, top, width, height), `label`,
`probabilities` and, of an ensemble, `spread` by class, `landmarks` (68 pairs) and `why`. Of a video also `frame` (counted from
0, lost ones too), `seconds` from its beginning, and `track`, one number for all that is taken for one face.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from mixedfer.use.finder import NO_FACE
from mixedfer.use.prediction import Face, Prediction

#: With one of these at its beginning a cell of text is a formula to spreadsheets (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PIXELS, CHANCES = 2, 6  # decimals
#: What rows of videos have besides.
VIDEO = ("frame", "seconds", "track")


def of(source: str, seen: Prediction, classes: Sequence[str]) -> list[dict]:
    """The rows of a picture, at least one."""
    if not seen.faces:
        return [{"source": source, "face": None, "found": False, "why": seen.why or NO_FACE}]
    return [{"source": source, "face": number, **_face(face, classes), "why": seen.why}
            for number, face in enumerate(seen.faces, 1)]


def _face(face: Face, classes: Sequence[str]) -> dict[str, Any]:
    spread = {} if face.spread is None else {"spread": _by_class(face.spread, classes)}
    return {"found": face.found, "box": [round(value, PIXELS) for value in face.box], "label": face.label,
            "probabilities": _by_class(face.probabilities, classes), **spread,
            "landmarks": np.round(face.landmarks.astype(float), PIXELS).tolist()}


def _by_class(values: np.ndarray, classes: Sequence[str]) -> dict[str, float]:
    return {name: round(float(value), CHANCES) for name, value in zip(classes, values)}


def line(row: dict) -> str:
    """A row as one line of JSON, in ASCII: whatever a name holds, a terminal only shows it."""
    return json.dumps(row, allow_nan=False)


def header(classes: Sequence[str], several: bool, video: bool) -> list[str]:
    """The columns of the CSV: those of `cells`. `several` networks differ by a spread, a `video` has frames."""
    spread = [f"spread {safe(name)}" for name in classes] if several else []
    return ["source", *VIDEO * video, "face", "found", "left", "top", "width", "height", "label",
            *(safe(f"p {name}") for name in classes), *spread, "why"]


def cells(row: dict, classes: Sequence[str], several: bool, video: bool) -> list:
    """A row as cells of the CSV; landmarks are left to the JSON."""
    numbers = [row.get(kind, {}).get(name, "") for kind in ("probabilities", *["spread"] * several) for name in classes]
    moment = [_cell(row.get(name)) for name in VIDEO * video]
    return [safe(row["source"]), *moment, _cell(row["face"]), str(row["found"]).lower(),
            *row.get("box", [""] * 4), safe(row.get("label", "")), *numbers, safe(row["why"])]


def _cell(value: float | None) -> float | str:
    return "" if value is None else value


def csv_line(values: Sequence) -> str:
    """Cells as one line of CSV, without its end.

    >>> csv_line(["a,b", 1])
    '"a,b",1'
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()


def safe(value: str) -> str:
    r"""Text for a cell: no formula, and no character that moves a terminal's cursor or text; those are told by their numbers.

    >>> safe("=1+1"), safe("a\x1b[2Jb"), safe("é.jpg")
    ("'=1+1", 'a\\x1b[2Jb', 'é.jpg')
    """
    text = "".join(letter.encode("unicode_escape").decode() if unicodedata.category(letter)[0] == "C" else letter
                   for letter in value)
    return f"'{text}" if value.startswith(FORMULA) else text

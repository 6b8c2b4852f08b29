"""What teachers have said, kept as it comes: one JSON line per question, on disk before the next one is asked.

A face goes by its pixels. So what has been answered is not asked again, whatever becomes of pictures, mosaics and commands.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from mixedfer import disk
from mixedfer.errors import Damaged

FILE = "answers.jsonl"
Scores = Mapping[str, float]


def known(path: Path, teacher: str) -> dict[str, Scores]:
    """What this teacher has said of which face. Raises Damaged with the row that is no answer."""
    return {face: scores for line in _lines(path) if line["teacher"] == teacher for face, scores in line["faces"].items()}


def in_vain(path: Path, teacher: str) -> Counter:
    """How often this teacher was asked about a face and did not answer."""
    return Counter(face for line in _lines(path) if line["teacher"] == teacher for face in line["about"]
                   if face not in line["faces"])


def wrong(path: Path, teacher: str) -> list[str]:
    """What could not be used, and of which picture it was said."""
    return [f"{line['asked']}: {what}" for line in _lines(path) if line["teacher"] == teacher for what in line["wrong"]]


class Journal:
    """The file, open for more; a line that a killed command left half written is taken away first."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "ab")
        self._file.truncate(len(_whole(self.path)))
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def keep(self, teacher: str, asked: str, about: Sequence[str], faces: Mapping[str, Scores], wrong: Sequence[str]) -> None:
        """Add what was said of the picture `asked`, which shows the faces `about`, and see that it lies on the disk."""
        line = json.dumps({"teacher": teacher, "asked": asked, "about": list(about), "faces": faces, "wrong": list(wrong)},
                          allow_nan=False, ensure_ascii=False)
        with disk.full_disk(self.path):
            self._file.write(line.encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())


def _whole(path: Path) -> bytes:
    """The lines that were written to their end."""
    data = path.read_bytes() if path.exists() else b""
    return data[:data.rfind(b"\n") + 1]


def _lines(path: Path) -> Iterator[dict]:
    for row, text in enumerate(_whole(path).splitlines(), 1):
        try:
            line = json.loads(text)
            fits = isinstance(line["teacher"], str) and isinstance(line["asked"], str) and _is_texts(line["about"]) and \
                _is_texts(line["wrong"]) and all(_is_scores(scores) for scores in line["faces"].values())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            fits = False
        if not fits:
            raise Damaged("not an answer", file=path, row=row, remedy="Take the row out; its faces will be asked about again.")
        yield line


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_scores(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(score, (int, float)) for score in value.values())

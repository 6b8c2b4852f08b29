"""Pictures on disk -> rows on the terminal or in files, and annotated copies: what `mixedfer predict` does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixedfer import disk
from mixedfer.errors import BadInput
from mixedfer.faces import pictures
from mixedfer.use import annotating, rows
from mixedfer.use.prediction import NO_FACE, Predictor, Seen

#: The kinds of rows, and the files that hold them.
FILES = {"json": "predictions.jsonl", "csv": "predictions.csv"}
ANNOTATED = "annotated"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What to write: `kinds` of rows (of `FILES`) into the folder `out`, or the first of them to the terminal where there is
    none; with `annotate` a copy of each picture in `out`.
    """

    kinds: Sequence[str]
    out: Path | None = None
    annotate: bool = False
    quiet: bool = False


@dataclass
class Count:
    """What came of all pictures: how many there were, faces that were answered for, pictures without a face and unreadable."""

    pictures: int = 0
    faces: int = 0
    without: int = 0
    unreadable: int = 0

    def add(self, seen: Seen) -> None:
        self.pictures += 1
        self.faces += len(seen.faces)
        self.without += seen.why == NO_FACE
        self.unreadable += _unreadable(seen)

    def __str__(self) -> str:
        return (f"Pictures: {self.pictures:,}, without a face: {self.without:,}, unreadable: {self.unreadable:,}; faces: "
                f"{self.faces:,}")


def run(predictor: Predictor, paths: Sequence[Path], wanted: Wanted, say: Say) -> Count:
    """Answer for every picture; an unreadable one gets a row that says why. `say` prints a line.

    Raises BadInput where no picture could be read, after its rows are written, and Fault when the disk is full.
    """
    from tqdm import tqdm

    count, classes, last = Count(), predictor.bundle.classes, ""
    several = len(predictor.network.models) > 1
    bar = tqdm(paths, unit="picture", desc="predict", disable=wanted.quiet or None, dynamic_ncols=True)
    with _writers(wanted, classes, several, say) as put, contextlib.closing(bar):
        for number, (path, seen) in enumerate(zip(paths, predictor.predict_many(bar)), 1):
            count.add(seen)
            last = seen.why
            for row in rows.of(str(path), seen, classes):
                put(row)
            if wanted.annotate and not _unreadable(seen):
                _copy(path, number, seen, classes, wanted.out)
    if count.unreadable == count.pictures:
        raise BadInput(f"no picture could be read: {last}", file=paths[-1] if len(paths) == 1 else None)
    return count


def _unreadable(seen: Seen) -> bool:
    return not seen.faces and seen.why != NO_FACE and bool(seen.why)


def _copy(path: Path, number: int, seen: Seen, classes: Sequence[str], out: Path) -> None:
    """Write the annotated copy of a picture; its number keeps pictures of one name apart."""
    stem = "".join(letter if letter.isprintable() else "_" for letter in path.stem)[:50]
    file = out / ANNOTATED / f"{number:05d}-{stem}.png"
    with disk.full_disk(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        annotating.draw(pictures.read(path), seen, classes).save(file, compress_level=1)


@contextlib.contextmanager
def _writers(wanted: Wanted, classes: Sequence[str], several: bool, say: Say) -> Iterator[Callable[[dict], None]]:
    """What takes a row; files appear whole when all rows were put, or not at all."""
    tell = {"json": rows.line, "csv": lambda row: rows.csv_line(rows.cells(row, classes, several))}
    first = {"json": [], "csv": [rows.csv_line(rows.header(classes, several))]}
    if wanted.out is None:
        kind = wanted.kinds[0]
        for line in first[kind]:
            say(line)
        yield lambda row: say(tell[kind](row))
        return
    places = {kind: wanted.out / FILES[kind] for kind in wanted.kinds}
    parts = {kind: disk.beside(place) for kind, place in places.items()}
    with disk.full_disk(wanted.out), contextlib.ExitStack() as stack:
        wanted.out.mkdir(parents=True, exist_ok=True)
        for part in parts.values():
            stack.callback(part.unlink, missing_ok=True)
        files = {kind: stack.enter_context(open(part, "w", encoding="utf-8", newline="\n")) for kind, part in parts.items()}
        for kind, file in files.items():
            file.writelines(f"{line}\n" for line in first[kind])
        yield lambda row: [file.write(f"{tell[kind](row)}\n") for kind, file in files.items()]
        for kind, file in files.items():
            file.close()
            os.replace(parts[kind], places[kind])

"""Pictures and films -> rows on the terminal or in files, and annotated copies: what `mixedfer predict` does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixedfer import disk
from mixedfer.errors import BadInput
from mixedfer.faces import pictures
from mixedfer.faces.datasets.videos import ENDINGS
from mixedfer.use import annotating, filming, rows
from mixedfer.use.film import Film
from mixedfer.use.looking import NO_FACE
from mixedfer.use.prediction import Predictor, Seen

#: The kinds of rows, and the files that hold them.
FILES = {"json": "predictions.jsonl", "csv": "predictions.csv"}
ANNOTATED = "annotated"
#: Pictures that are worth another process.
SOME = 8
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What to write: `kinds` of rows (of `FILES`) into the folder `out`, or the first of them to the terminal where there is
    none; with `annotate` a copy of each picture in `out`. `smooth` and `show` are for films, see `filming.Playing`;
    `workers` are processes that look for faces in pictures.
    """

    kinds: Sequence[str]
    out: Path | None = None
    annotate: bool = False
    quiet: bool = False
    smooth: float = 0.0
    show: bool = False
    workers: int = 1


@dataclass
class Count:
    """What came of all pictures: how many there were, faces that were answered for, pictures without a face and unreadable."""

    pictures: int = 0
    faces: int = 0
    without: int = 0
    unreadable: int = 0
    why: str = ""

    def add(self, seen: Seen) -> None:
        self.pictures += 1
        self.faces += len(seen.faces)
        self.without += seen.why == NO_FACE
        self.unreadable += _unreadable(seen)
        self.why = seen.why

    def __str__(self) -> str:
        return (f"Pictures: {self.pictures:,}, without a face: {self.without:,}, unreadable: {self.unreadable:,}; faces: "
                f"{self.faces:,}")


def run(predictor: Predictor, paths: Sequence[Path], wanted: Wanted, say: Say, camera: int | str | None = None) -> list[str]:
    """Answer for every picture, then for every frame of every video, or of a camera; returns what to tell of each.

    An unreadable picture gets a row that says why. `say` prints a line. Raises BadInput where no picture could be read, after
    its rows are written, and for a video or camera that cannot be opened; Fault when the disk is full.
    """
    clips = [path for path in paths if path.name.lower().endswith(ENDINGS)]
    photos = [path for path in paths if path not in clips]
    films = [Film(path) for path in clips] + ([] if camera is None else [Film(camera, live=True)])
    told = []
    with _writers(wanted, predictor, bool(films), say) as put:
        if photos:
            told.append(str(count := _pictures(predictor, photos, wanted, put)))
        told += [_play(predictor, film, number, wanted, put) for number, film in enumerate(films, 1)]
    if photos and count.unreadable == count.pictures:
        raise BadInput(f"no picture could be read: {count.why}", file=photos[-1] if len(photos) == 1 else None)
    return told


def _pictures(predictor: Predictor, paths: Sequence[Path], wanted: Wanted, put: Callable[[dict], None]) -> Count:
    from tqdm import tqdm

    count, classes = Count(), predictor.bundle.classes
    workers = min(wanted.workers, len(paths) // SOME)
    with tqdm(total=len(paths), unit="picture", desc="predict", disable=wanted.quiet or None, dynamic_ncols=True) as bar:
        for number, (path, seen) in enumerate(zip(paths, predictor.predict_many(paths, workers=workers)), 1):
            count.add(seen)
            bar.update()
            for row in rows.of(str(path), seen, classes):
                put(row)
            if wanted.annotate and not _unreadable(seen):
                _copy(path, number, seen, classes, wanted.out)
    return count


def _play(predictor: Predictor, film: Film, number: int, wanted: Wanted, put: Callable[[dict], None]) -> str:
    """Answer for a film; says how many frames, faces and lost frames there were."""
    stem = "camera" if film.live else _stem(Path(film.device))
    place = wanted.out / ANNOTATED / f"{number:05d}-{stem}.mp4" if wanted.annotate else None
    faces, seconds = filming.play(predictor, film, filming.Playing(wanted.smooth, place, wanted.show, wanted.quiet), put)
    return (f"{rows.safe(str(film.device))}: frames: {film.frames:,}, lost: {film.lost:,}; faces: {faces:,}; "
            f"frames per second: {film.frames / seconds:.1f}")


def _unreadable(seen: Seen) -> bool:
    return not seen.faces and seen.why != NO_FACE and bool(seen.why)


def _copy(path: Path, number: int, seen: Seen, classes: Sequence[str], out: Path) -> None:
    """Write the annotated copy of a picture; its number keeps pictures of one name apart."""
    file = out / ANNOTATED / f"{number:05d}-{_stem(path)}.png"
    with disk.full_disk(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        annotating.draw(pictures.read(path), seen, classes).save(file, compress_level=1)


def _stem(path: Path) -> str:
    return "".join(letter if letter.isprintable() else "_" for letter in path.stem)[:50]


@contextlib.contextmanager
def _writers(wanted: Wanted, predictor: Predictor, film: bool, say: Say) -> Iterator[Callable[[dict], None]]:
    """What takes a row; files appear whole when all rows were put, or not at all."""
    shape = (predictor.bundle.classes, len(predictor.network.models) > 1, film)
    tell = {"json": rows.line, "csv": lambda row: rows.csv_line(rows.cells(row, *shape))}
    first = {"json": [], "csv": [rows.csv_line(rows.header(*shape))]}
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

"""Pictures and videos -> rows on the terminal or in files, and annotated copies: what `mixedfer predict` does."""

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
from mixedfer.use import annotating, playback, rows
from mixedfer.use.finder import NO_FACE
from mixedfer.use.prediction import Prediction, Predictor
from mixedfer.use.video import Video

#: The kinds of rows, and the files that hold them.
FILES = {"json": "predictions.jsonl", "csv": "predictions.csv"}
ANNOTATED = "annotated"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What to write: `kinds` of rows (of `FILES`) into the folder `out`, or the first of them to the terminal where there is
    none; with `annotate` a copy of each picture in `out`. `smooth` and `show` are for videos, see `playback.Playback`;
    `workers` are processes that look for faces.
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

    def add(self, seen: Prediction) -> None:
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
    videos = [Video(path) for path in clips] + ([] if camera is None else [Video(camera, live=True)])
    told = []
    with _writers(wanted, predictor, bool(videos), say) as put:
        if photos:
            told.append(str(count := _pictures(predictor, photos, wanted, put)))
        told += [_play(predictor, video, number, wanted, put) for number, video in enumerate(videos, 1)]
    if photos and count.unreadable == count.pictures:
        raise BadInput(f"no picture could be read: {count.why}", file=photos[-1] if len(photos) == 1 else None)
    return told


def _pictures(predictor: Predictor, paths: Sequence[Path], wanted: Wanted, put: Callable[[dict], None]) -> Count:
    from tqdm import tqdm

    count, classes = Count(), predictor.bundle.classes
    workers = min(wanted.workers, len(paths) // playback.SOME)
    with tqdm(total=len(paths), unit="picture", desc="predict", disable=wanted.quiet or None, dynamic_ncols=True) as bar:
        for number, (path, seen) in enumerate(zip(paths, predictor.predict_many(paths, workers=workers)), 1):
            count.add(seen)
            bar.update()
            for row in rows.of(str(path), seen, classes):
                put(row)
            if wanted.annotate and not _unreadable(seen):
                _copy(path, number, seen, classes, wanted.out)
    return count


def _play(predictor: Predictor, video: Video, number: int, wanted: Wanted, put: Callable[[dict], None]) -> str:
    """Answer for a video; says how many frames, faces and lost frames there were."""
    stem = "camera" if video.live else _stem(Path(video.device))
    place = wanted.out / ANNOTATED / f"{number:05d}-{stem}.mp4" if wanted.annotate else None
    playing = playback.Playback(wanted.smooth, place, wanted.show, wanted.quiet, wanted.workers)
    faces, seconds = playback.play(predictor, video, playing, put)
    return (f"{rows.safe(str(video.device))}: frames: {video.frames:,}, lost: {video.lost:,}; faces: {faces:,}; "
            f"frames per second: {video.frames / seconds:.1f}")


def _unreadable(seen: Prediction) -> bool:
    return not seen.faces and seen.why != NO_FACE and bool(seen.why)


def _copy(path: Path, number: int, seen: Prediction, classes: Sequence[str], out: Path) -> None:
    """Write the annotated copy of a picture; its number keeps pictures of one name apart."""
    file = out / ANNOTATED / f"{number:05d}-{_stem(path)}.png"
    with disk.full_disk(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        annotating.draw(pictures.read(path), seen, classes).save(file, compress_level=1)


def _stem(path: Path) -> str:
    return "".join(letter if letter.isprintable() else "_" for letter in path.stem)[:50]


@contextlib.contextmanager
def _writers(wanted: Wanted, predictor: Predictor, video: bool, say: Say) -> Iterator[Callable[[dict], None]]:
    """What takes a row; files appear whole when all rows were put, or not at all."""
    shape = (predictor.bundle.classes, len(predictor.network.models) > 1, video)
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

"""A video or a camera, answered frame by frame: rows, an annotated video, a window."""

from __future__ import annotations

import collections
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer import disk
from mixedfer.errors import BadInput, Fault
from mixedfer.use import annotating, rows
from mixedfer.use.prediction import Prediction, Predictor
from mixedfer.use.smoothing import Smoother
from mixedfer.use.video import Video

#: Faces that go through the network together; a camera waits for no other frame.
FEW = 8
WINDOW, QUIT = "mixedfer: q quits", ord("q")


@dataclass(frozen=True)
class Playback:
    """How a video is played: `smooth` is the past's share in a face's probabilities (see `smoothing`), `video` where the
    annotated video is written, `show` opens a window.
    """

    smooth: float = 0.0
    video: Path | None = None
    show: bool = False
    quiet: bool = False


def play(predictor: Predictor, video: Video, playing: Playback, put: Callable[[dict], None]) -> tuple[int, float]:
    """Put the rows of every frame; of a camera, until Ctrl-C. Returns how many faces were answered for, and the seconds.

    Raises Fault where the annotated video cannot be written, BadInput where there are no windows.
    """
    from tqdm import tqdm

    classes, smoother, faces, began = predictor.bundle.classes, Smoother(playing.smooth), 0, time.perf_counter()
    shown = _answered(predictor, video)
    with _out(playing, video, classes) as write, contextlib.closing(shown), tqdm(
            total=video.length or None, unit="frame", desc="frames", disable=playing.quiet or None,
            dynamic_ncols=True) as bar, contextlib.suppress(*[KeyboardInterrupt] * video.live):
        for frame, (number, seconds), seen in shown:
            several, tracks = smoother(seen.faces, classes)
            seen = seen._replace(faces=several)
            faces += len(several)
            moment = {"frame": number, "seconds": round(seconds, 3)}
            for row, track in zip(rows.of(str(video.device), seen, classes), tracks or [None]):
                put({**row, **moment, "track": track})
            bar.set_postfix(lost=video.lost, refresh=False)
            bar.update()
            if write(frame, seen):
                break
    return faces, time.perf_counter() - began


def _answered(predictor: Predictor, video: Video) -> Iterator[tuple[np.ndarray, tuple[int, float], Prediction]]:
    """Each frame with its moment and what was seen in it; of a file several together, of a camera each at once."""
    if video.live:
        for frame in video:
            yield frame, video.moment, next(predictor.predict_many([frame], FEW))
        return
    held: collections.deque[tuple[np.ndarray, tuple[int, float]]] = collections.deque()

    def kept() -> Iterator[np.ndarray]:
        for frame in video:
            held.append((frame, video.moment))
            yield frame
    for seen in predictor.predict_many(kept(), FEW):
        yield *held.popleft(), seen


@contextlib.contextmanager
def _out(playing: Playback, video: Video, classes: Sequence[str]) -> Iterator[Callable[[np.ndarray, Prediction], bool]]:
    """What takes an annotated frame, and says whether the user wants no more. The video appears whole, or not at all."""
    if playing.video is None and not playing.show:
        yield lambda frame, seen: False
        return
    part = playing.video and playing.video.with_name(f"{disk.beside(playing.video).name}{playing.video.suffix}")
    writer = None

    def take(frame: np.ndarray, seen: Prediction) -> bool:
        nonlocal writer
        picture = np.asarray(annotating.frame(frame, seen, classes))[..., ::-1]
        if part and writer is None:
            writer = _writer(part, video.rate, picture.shape)
        if writer is not None:
            writer.write(np.ascontiguousarray(picture))
        return playing.show and _quits(picture)
    try:
        yield take
        if writer is not None:
            writer.release()
            part.replace(playing.video)
    finally:
        if part:
            part.unlink(missing_ok=True)
        if playing.show:
            _close()


def _writer(path: Path, rate: float, shape: tuple[int, ...]):
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), rate, shape[1::-1])
    if not writer.isOpened():
        raise Fault("the annotated video cannot be written", file=path, remedy="Leave --annotate out, or name another --out.")
    return writer


def _quits(picture: np.ndarray) -> bool:
    """Show a picture; whether q was pressed. Raises BadInput where OpenCV has no windows."""
    import cv2

    try:
        cv2.imshow(WINDOW, picture)
        return cv2.waitKey(1) & 0xFF == QUIT
    except cv2.error as error:
        raise BadInput("no window can be opened: this OpenCV, or this machine, has none",
                       remedy="Leave --show out, or install opencv-python in place of opencv-python-headless.") from error


def _close() -> None:
    import cv2

    with contextlib.suppress(cv2.error):
        cv2.destroyAllWindows()

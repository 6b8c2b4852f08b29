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
#: Frames, as pictures, that are worth another process.
SOME = 8
WINDOW, QUIT = "mixedfer: q quits", ord("q")


@dataclass(frozen=True)
class Playback:
    """How a video is played: `smooth` is the past's share in a face's probabilities (see `smoothing`), `video` where the
    annotated video is written, `show` opens a window; `workers` are processes that look for faces in the frames of a file.
    """

    smooth: float = 0.0
    video: Path | None = None
    show: bool = False
    quiet: bool = False
    workers: int = 1


def play(predictor: Predictor, video: Video, playing: Playback, put: Callable[[dict], None]) -> tuple[int, float]:
    """Put the rows of every frame; of a camera, until Ctrl-C. Returns how many faces were answered for, and the seconds.

    Raises Fault where the annotated video cannot be written, BadInput where there are no windows.
    """
    from tqdm import tqdm

    classes, smoother, faces, began = predictor.bundle.classes, Smoother(playing.smooth), 0, time.perf_counter()
    shown = _answered(predictor, video, min(playing.workers, video.length // SOME))
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


def _answered(predictor: Predictor, video: Video,
              workers: int) -> Iterator[tuple[np.ndarray, tuple[int, float], Prediction]]:
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
    for seen in predictor.predict_many(kept(), FEW, workers):
        yield *held.popleft(), seen


@contextlib.contextmanager
def _out(playing: Playback, video: Video, classes: Sequence[str]) -> Iterator[Callable[[np.ndarray, Prediction], bool]]:
    """What takes an annotated frame, and says whether the user wants no more. The video appears whole, or not at all."""
    if playing.video is None and not playing.show:
        yield lambda frame, seen: False
        return
    copy = AnnotatedVideo(playing.video, video) if playing.video else None

    def take(frame: np.ndarray, seen: Prediction) -> bool:
        picture = np.ascontiguousarray(np.asarray(annotating.frame(frame, seen, classes))[..., ::-1])
        if copy:
            copy.add(picture)
        return playing.show and _quits(picture)
    try:
        yield take
        if copy:
            copy.finish()
    finally:
        if copy:
            copy.part.unlink(missing_ok=True)
        if playing.show:
            _close()


class AnnotatedVideo:
    """A video that is being written to `path`, to be played as fast as `video`. A camera's picture is repeated until the next
    one came: where answers take their time, that is later than the camera says.
    """

    def __init__(self, path: Path, video: Video):
        self.path, self.part, self.video = path, path.with_name(f"{disk.beside(path).name}{path.suffix}"), video
        self._writer, self._last, self._count = None, None, 0

    def add(self, picture: np.ndarray) -> None:
        """The next picture, (h, w, 3) BGR, seen at the video's `moment`. Raises Fault where none can be written."""
        self._write(round(self.video.moment[1] * self.video.rate) if self.video.live else 0)
        self._last = picture

    def finish(self) -> None:
        """Put the video, if it has a picture, in its place. Raises Fault where it is not whole: OpenCV tells of no full disk.
        """
        import cv2

        self._write(0)
        if self._writer is None:
            return
        self._writer.release()
        if not cv2.VideoCapture(str(self.part)).isOpened():
            raise Fault("the annotated video cannot be written to its end", file=self.path,
                        remedy="Is the disk full? Free some space, or name another --out.")
        self.part.replace(self.path)

    def _write(self, until: int) -> None:
        """Write the last picture once, or until there are so many."""
        if self._last is None:
            return
        self._writer = self._writer or _writer(self.part, self.video.rate, self._last.shape)
        for _ in range(max(1, until - self._count)):
            self._writer.write(self._last)
            self._count += 1


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

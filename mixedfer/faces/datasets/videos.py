"""Videos: every nth frame is a picture. One folder per class, as in `folder.py`, or a manifest that lists clips.

    clips/happy/anna-01.mp4         clips/train/happy/anna-01.mp4         path,label,subject
    clips/sad/ben-07.avi            clips/test/sad/ben-07.avi             anna-01.mp4,happy,anna

Frames of one clip are much alike: they are never parted. Frame k is the k-th that the decoder gives, from 0; clips are
decoded from their beginning, because jumping to a frame is not exact in OpenCV (github.com/opencv/opencv/issues/9053).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, collect, folder, need
from mixedfer.faces.datasets import manifest as manifests

ENDINGS = (".mp4", ".avi", ".mov", ".mkv", ".webm")
#: Frames in a row that cannot be decoded, after which a clip has ended.
PATIENCE = 30


@dataclass(frozen=True, kw_only=True)
class Videos(Checked):
    """Frames 0, `every`, 2 `every`, ... of each clip. `classes` empty means all.

    For class folders, `subject` is a regular expression as in `Folder`; without, a clip is its own subject. For a CSV file,
    `manifest` names its columns. A clip that cannot be opened counts as one picture, which is recorded as unreadable; so are
    the frames that a clip which is cut off does not have.
    """

    RANGES = {"every": (1, 1_000_000)}
    every: int = 5
    classes: tuple[str, ...] = ()
    subject: str = ""
    manifest: manifests.Manifest = field(default_factory=manifests.Manifest)

    def __post_init__(self):
        super().__post_init__()
        folder.check_pattern(self)
        require(not self.manifest.classes, "Videos(manifest=Manifest(classes=...)): say Videos(classes=...)")

    def fingerprint(self, data: Path | None) -> str:
        root = self._root(data)
        if root != data:
            return self.manifest.fingerprint(data)
        return pictures.fingerprint(root, _clips(pictures.files(root), root))

    def list(self, data: Path | None) -> Listing:
        """The frames of all clips of the chosen classes, clip by clip. Raises BadInput as `Folder` and `Manifest` do."""
        root = self._root(data)
        if root != data:
            found = self.manifest.entries(data)
            frames, note = self._frames(root, [*found.entries, *found.tied])
            decided = [frame for frame in frames if frame.label]
            return collect(decided, found.classes, self.classes, note=note,
                           excluded={manifests.TIED: len(frames) - len(decided)})
        files = pictures.files(root)
        taken = _clips(files, root)
        clips, known = folder.place(root, taken, self.subject)
        frames, note = self._frames(root, clips)
        note = f"{note} {folder.describe(files, taken, clips, 'clips')}".strip()
        return folder.complete(root, frames, known, self.classes, note=note)

    def read(self, data: Path | None, key: tuple[str, int]) -> np.ndarray:
        """One frame, (h, w, 3) RGB. Raises Unreadable for a clip or a frame that cannot be decoded."""
        path, number = key
        return _player(self._root(data) / path).frame(number)

    def _root(self, data: Path | None) -> Path:
        """The folder with the clips: `data`, or where the manifest `data` lies."""
        what = "a folder of clips with one sub-folder per class, or a CSV file that lists them"
        path = need(data, what)
        if path.is_dir() or pictures.packed(path):
            return _layout.root(path, what)
        if self.subject:
            raise BadInput(f"subject={self.subject!r} is a pattern for class folders", file=path,
                           remedy="Name the column: manifest=Manifest(subject=...).")
        return path.parent

    def _frames(self, root: Path, clips: list[Entry]) -> tuple[list[Entry], str]:
        """One entry per frame that is taken, and what to say of the clips."""
        lengths = [measure(root / clip.key) for clip in clips]
        frames = [clip._replace(key=(clip.key, number), id=f"{clip.id}#{number}", subject=clip.subject or clip.key)
                  for clip, (count, _) in zip(clips, lengths) for number in range(0, max(1, count), self.every)]
        rates = sorted({rate for count, rate in lengths if count})
        speed = f" at {rates[0]:g}{f' to {rates[-1]:g}' if len(rates) > 1 else ''} per second" if rates else ""
        broken = sum(not count for count, _ in lengths)
        return frames, (f"{len(clips):,} clips with {sum(count for count, _ in lengths):,} frames{speed}; of each the first "
                        f"and then one in {self.every:,}: {len(frames):,}."
                        f"{f' {broken:,} clips have no frame that can be decoded.' if broken else ''}")


def measure(path: Path) -> tuple[int, float]:
    """How many frames a clip says that it has, and how many per second; (0, 0.0) for one that cannot be opened."""
    try:
        player = _Player(path)
    except Unreadable:
        return 0, 0.0
    return player.length(), player.rate()


def _clips(files: list[str], root: Path) -> list[str]:
    found = [path for path in files if path.lower().endswith(ENDINGS)]
    if not found:
        raise BadInput("no video in this folder", file=root,
                       remedy=f"Expected FOLDER/class/clip ({', '.join(ENDINGS)}), or give the CSV file that lists the clips.")
    return found


@functools.lru_cache(maxsize=1)
def _player(path: Path) -> _Player:
    # Rows come clip by clip: going on where the last frame was read, a process decodes each clip once.
    return _Player(path)


class _Player:
    """A clip that is decoded forwards. Raises Unreadable when it cannot be."""

    def __init__(self, path: Path):
        self.path = path
        self._open()

    def frame(self, number: int) -> np.ndarray:
        import cv2

        if number < self.next:
            self._open()
        while self.next <= number and self._advance():
            pass
        ended = self.next <= number
        good, picture = self._video.retrieve() if self.next == number + 1 else (False, None)
        if not good:
            end = f"; the clip ends after {self.next} frames" if ended else ""
            raise Unreadable(f"frame {number} cannot be decoded{end}", file=self.path)
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)

    def _advance(self) -> bool:
        """Go to the next frame that can be decoded; each failure on the way counts as a frame. False at the end."""
        for lost in range(PATIENCE + 1):
            if self._video.grab():
                self.next += lost + 1
                return True
        return False

    def length(self) -> int:
        """What the file says, or else what is there when it is played to its end."""
        import cv2

        count = int(self._video.get(cv2.CAP_PROP_FRAME_COUNT))
        while count <= 0 and self._advance():
            pass
        return max(count, self.next)

    def rate(self) -> float:
        import cv2

        return round(self._video.get(cv2.CAP_PROP_FPS), 3)

    def _open(self) -> None:
        import cv2

        try:
            empty = not self.path.stat().st_size
        except OSError as error:
            raise pictures.unopened(self.path, error) from error
        # One decoder thread: pictures are prepared on all cores already. Upright as phones' clips say is OpenCV's default.
        self._video = cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if empty or not self._video.isOpened():
            raise Unreadable("an empty file" if empty else "not a video that can be decoded", file=self.path)
        self.next = 0

"""Videos and cameras: a file stands for both."""

import csv
import itertools
import json
import resource
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mixedfer.cli import app
from mixedfer.errors import BadInput, Fault, Interrupted
from mixedfer.faces.detectors import Box
from mixedfer.use.playback import AnnotatedVideo
from mixedfer.use.prediction import Face
from mixedfer.use.smoothing import Smoother
from mixedfer.use.video import Video
from tests.tiny import STUDY

CLASSES, FRAMES = ("happy", "sad"), 6


def video(path, frames=FRAMES, code="MJPG", rate=10):
    """A face that moves to the right by two pixels a frame."""
    import cv2

    face = STUDY.dataset.read(None, "001/sad/0")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), rate, (240, 200))
    for number in range(frames):
        frame = np.full((200, 240, 3), 90, np.uint8)
        frame[:, 2 * number:2 * number + 200] = face
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return video(tmp_path_factory.mktemp("video") / "clip.avi")


@pytest.fixture
def call(tmp_path, monkeypatch, kept):
    monkeypatch.chdir(tmp_path)

    def called(*arguments):
        result = CliRunner().invoke(app, ["predict", *map(str, (kept, *arguments)), "--threads", "1"])
        if isinstance(result.exception, Exception):
            raise result.exception
        return result
    return called


def read(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def test_frames_come_in_order_in_rgb(clip):
    playing = Video(clip)
    frames = list(playing)
    assert (playing.frames, playing.lost, playing.length, playing.rate) == (FRAMES, 0, FRAMES, 10)
    face = STUDY.dataset.read(None, "001/sad/0").astype(int)
    assert all(abs(frame[:, 2 * number:2 * number + 200].astype(int) - face).mean() < 12 for number, frame in enumerate(frames))


def test_what_a_file_lacks_is_lost(clip, tmp_path):
    whole = clip.read_bytes()
    (tmp_path / "cut.avi").write_bytes(whole[:len(whole) * 2 // 3])
    playing = Video(tmp_path / "cut.avi")
    frames = len(list(playing))
    assert 0 < frames == playing.frames < FRAMES and playing.lost == playing.length - frames >= 0
    harmed = bytearray(whole)
    at = [place for place in range(len(whole)) if whole[place:place + 4] == b"00dc"][2]  # the third frame of the AVI
    harmed[at + 8:at + 500] = bytes(492)
    (tmp_path / "harmed.avi").write_bytes(harmed)
    playing = Video(tmp_path / "harmed.avi")
    # One frame is lost and no other; those after it keep their numbers and times.
    moments = [playing.moment for _ in playing]
    assert len(moments) == FRAMES - 1 and playing.lost == 1 and {0, *range(3, FRAMES)} < {number for number, _ in moments}
    assert all(seconds == pytest.approx(number / 10) for number, seconds in moments)


def test_what_is_no_film_is_refused(tmp_path):
    (tmp_path / "text.avi").write_text("no video")
    for device, live in ((tmp_path / "text.avi", False), (tmp_path / "gone.avi", False), (987, True)):
        with pytest.raises(BadInput):
            Video(device, live)


def test_a_video_is_answered_frame_by_frame(call, clip):
    told = call(clip.parent / "*.avi", "--out", "answers", "--annotate", "-q").stdout
    rows = read("answers/predictions.jsonl")
    assert told == "" and [row["frame"] for row in rows] == list(range(FRAMES))
    assert [row["seconds"] for row in rows] == [0, 0.1, 0.2, 0.3, 0.4, 0.5] and {row["track"] for row in rows} == {1}
    assert all(row["found"] for row in rows) and rows[-1]["box"][0] > rows[0]["box"][0]
    with open("answers/predictions.csv", newline="") as file:
        assert [row["frame"] for row in csv.DictReader(file)] == list("012345")
    copy = Video("answers/annotated/00001-clip.mp4")
    frames = list(copy)
    assert copy.frames == FRAMES and copy.rate == 10 and len({frame.shape for frame in frames}) == 1
    assert frames[0].shape[1] > 2 * 240 and list(Path("answers/annotated").iterdir()) == [Path(copy.device)]


@pytest.mark.slow
def test_workers_answer_for_a_video_as_one_process_does(call, tmp_path):
    long = video(tmp_path / "long.avi", frames=20)
    assert call(long, "--workers", 2, "-q").stdout == call(long, "--workers", 1, "-q").stdout


def test_a_path_is_a_camera(call, clip):
    result = call("--camera", clip, "--smooth", 0.5)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["frame"] for row in rows] == list(range(FRAMES))
    assert f"{clip}: frames: 6, lost: 0; faces: 6" in result.stderr


def test_smoothing_averages_the_past(call, clip):
    plain = [json.loads(line) for line in call(clip, "-q").stdout.splitlines()]
    smooth = [json.loads(line) for line in call(clip, "--smooth", 0.5, "-q").stdout.splitlines()]
    chances = [row["probabilities"]["sad"] for row in plain]
    expected = chances[0]
    for row, chance in zip(smooth, chances, strict=True):
        expected = 0.5 * expected + 0.5 * chance
        assert row["probabilities"]["sad"] == pytest.approx(expected, abs=2e-6)


def test_q_quits(call, clip, monkeypatch):
    import cv2

    shown, keys = [], iter([255, 255, ord("q")])
    monkeypatch.setattr(cv2, "imshow", lambda name, picture: shown.append(picture.shape))
    monkeypatch.setattr(cv2, "waitKey", lambda wait: next(keys))
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: shown.append("closed"))
    rows = call("--camera", clip, "--show", "-q").stdout.splitlines()
    assert len(rows) == 3 and len(shown) == 4 and shown[-1] == "closed"


def test_control_c_ends_a_camera_and_keeps_what_it_gave(call, clip, monkeypatch):
    given = Video.__iter__

    def stopped(playing):
        yield from itertools.islice(given(playing), 3)
        raise KeyboardInterrupt
    with monkeypatch.context() as patch:
        patch.setattr(Video, "__iter__", stopped)
        assert call("--camera", clip, "--out", "answers", "--annotate").exit_code == 0
        with pytest.raises(Interrupted, match="appear when all"):
            call(clip, "--out", "others")
    assert [row["frame"] for row in read("answers/predictions.jsonl")] == [0, 1, 2] and not list(Path("others").iterdir())
    assert len(list(Video("answers/annotated/00001-camera.mp4"))) >= 3  # repeated while an answer took longer than a frame


def test_what_a_camera_saw_is_played_as_slowly_as_it_was_seen(clip, tmp_path):
    camera = Video(clip, live=True)  # says that it gives ten frames per second
    copy = AnnotatedVideo(tmp_path / "copy.mp4", camera)
    for number, seconds in enumerate((0.0, 0.5, 0.55, 0.9)):
        camera.moment = number, seconds
        copy.add(np.full((64, 64, 3), 60 * number, np.uint8))
    copy.finish()
    shades = [round(frame.mean() / 60) for frame in Video(tmp_path / "copy.mp4")]
    assert shades == [0] * 5 + [1] + [2] * 3 + [3]


def test_a_video_that_does_not_fit_on_the_disk_is_a_fault(clip, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        copy = AnnotatedVideo(tmp_path / "copy.mp4", Video(clip))
        for shade in range(9):
            copy.add(np.random.default_rng(shade).integers(0, 256, (64, 64, 3), np.uint8))
        with pytest.raises(Fault, match="to its end"):
            copy.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_window_is_said(call, clip):
    with pytest.raises(BadInput, match="no window can be opened"):
        call(clip, "--show", "-q")


def test_nothing_to_look_at(call):
    with pytest.raises(BadInput, match="nothing to look at"):
        call()


def face(left, chance, found=True):
    return Face(Box(left, 0, 10, 10), np.zeros((68, 2), np.float32), found, "", np.float32([chance, 1 - chance]))


def test_faces_keep_their_tracks():
    smoother = Smoother(0.8)
    assert smoother([face(0, 1.0), face(50, 0.0)], CLASSES)[1] == [1, 2]
    faces, tracks = smoother([face(49, 1.0), face(100, 1.0), face(2, 0.0), face(0, 0.3, found=False)], CLASSES)
    assert tracks == [2, 3, 1, None]
    # 0.8 of the past and 0.2 of the present; a new face and a missed one are as they are.
    assert [one.probabilities[0] for one in faces] == pytest.approx([0.2, 1.0, 0.8, 0.3])
    assert [one.label for one in faces] == ["sad", "happy", "happy", ""]


def test_a_face_that_is_gone_for_long_is_another():
    smoother = Smoother()
    smoother([face(0, 1.0)], CLASSES)
    for _ in range(10):
        smoother([], CLASSES)
    assert smoother([face(1, 1.0)], CLASSES)[1] == [1]
    for _ in range(11):
        smoother([], CLASSES)
    assert smoother([face(1, 1.0)], CLASSES)[1] == [2]

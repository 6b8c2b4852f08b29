import contextlib

import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError, Unreadable
from mixedfer.faces.datasets import NOT_CHOSEN
from mixedfer.faces.datasets.folder import STRAY
from mixedfer.faces.datasets.manifest import TIED, Manifest
from mixedfer.faces.datasets.videos import Videos, measure

BITS, WIDTH, HEIGHT = 8, 64, 48
CODES = {".mp4": "mp4v", ".avi": "MJPG", ".mov": "mp4v", ".mkv": "XVID", ".webm": "VP80"}


def film(path, frames, rate=25, code=None):
    """A clip whose frame k shows k as eight bars, white for a bit that is set."""
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*(code or CODES[path.suffix])), rate, (WIDTH, HEIGHT))
    for number in range(frames):
        bars = 255 * (number >> np.arange(BITS) & 1).astype(np.uint8)
        writer.write(np.broadcast_to(np.repeat(bars, WIDTH // BITS)[None, :, None], (HEIGHT, WIDTH, 3)).copy())
    writer.release()
    return path


def shown(picture):
    bars = picture.reshape(HEIGHT, BITS, WIDTH // BITS, 3)[:, :, 2:-2].mean((0, 2, 3)) > 127
    return int((bars << np.arange(BITS)).sum())


def look_alike(folder):
    """13 frames of each clip: 0, 5, 10 are taken; a clip in no class folder."""
    for name in ("happy/anna-1.mp4", "sad/anna-2.avi", "sad/ben-1.mp4", "lost-1.mp4"):
        film(folder / name, 13)
    (folder / "README.txt").touch()
    return Videos(subject=r"([a-z]+)-\d"), folder, 4 * 3


def look_alike_of_a_list(folder):
    film(folder / "one.mp4", 7)
    film(folder / "two.avi", 4)
    (folder / "clips.csv").write_text("path,emotion,person\none.mp4,happy,anna\ntwo.avi,sad,\n")
    return Videos(every=3, manifest=Manifest(label="emotion", subject="person")), folder / "clips.csv", 3 + 2


def test_every_nth_frame_is_a_picture(tmp_path):
    source, data, _ = look_alike(tmp_path)
    listing = source.list(data)
    assert listing.ids[:4] == ["happy/anna-1.mp4#0", "happy/anna-1.mp4#5", "happy/anna-1.mp4#10", "sad/anna-2.avi#0"]
    assert listing.keys[1] == ("happy/anna-1.mp4", 5)
    assert listing.labels.tolist() == [0] * 3 + [1] * 6 and listing.excluded == {STRAY: 3}
    assert listing.subjects.tolist() == [0] * 6 + [1] * 3 and listing.partition is None
    assert [shown(source.read(data, key)) for key in listing.keys] == [0, 5, 10] * 3


def test_the_note_counts_clips_frames_and_rates(tmp_path):
    source, data, _ = look_alike(tmp_path)
    assert source.list(data).note == (
        "4 clips with 52 frames at 25 per second; of each the first and then one in 5: 12. 1 files are not of a kind that is "
        "read (.txt: 1). 1 clips lie in no class folder and are left out: lost-1.mp4.")
    film(data / "sad" / "slow-1.avi", 10, rate=12.5)
    (data / "sad" / "broken-1.mov").write_bytes(b"")
    note = source.list(data).note
    assert "6 clips with 62 frames at 12.5 to 25 per second; of each the first and then one in 5: 15." in note
    assert "1 clips have no frame that can be decoded." in note


def test_a_clip_is_one_subject_and_partition_folders_are_partitions(tmp_path):
    for name in ("train/happy/1.mp4", "train/sad/1.mp4", "test/happy/1.mp4", "test/sad/2.mp4"):
        film(tmp_path / name, 4)
    listing = Videos(every=2).list(tmp_path)
    assert listing.subjects.tolist() == [0, 0, 1, 1, 2, 2, 3, 3] and listing.partition.tolist() == [2] * 4 + [0] * 4
    chosen = Videos(every=2, classes=("sad",)).list(tmp_path)
    assert chosen.excluded == {NOT_CHOSEN: 4} and len(chosen.keys) == 4


def test_a_list_of_clips(tmp_path):
    source, data, _ = look_alike_of_a_list(tmp_path)
    listing = source.list(data)
    assert listing.keys == [("one.mp4", 0), ("one.mp4", 3), ("one.mp4", 6), ("two.avi", 0), ("two.avi", 3)]
    assert listing.classes == ("happy", "sad") and listing.labels.tolist() == [0, 0, 0, 1, 1]
    assert listing.subjects.tolist() == [0, 0, 0, 1, 1]
    assert shown(source.read(data, ("one.mp4", 6))) == 6
    before = source.fingerprint(data)
    film(tmp_path / "two.avi", 5)
    assert source.fingerprint(data) != before
    data.write_text(data.read_text().replace("two.avi", "twwo.avi"))
    with pytest.raises(BadInput, match=r"row 3: 'twwo\.avi' is not there"):
        source.list(data)
    with pytest.raises(BadInput, match="pattern for class folders"):
        Videos(subject="(a)").list(data)


def test_clips_whose_votes_are_tied_are_counted_in_frames(tmp_path):
    for name, frames in (("one", 7), ("tied", 13), ("two", 4)):
        film(tmp_path / f"{name}.mp4", frames)
    (tmp_path / "clips.csv").write_text("path,happy,sad\none.mp4,3,1\ntied.mp4,2,2\ntwo.mp4,0,1\n")
    listing = Videos(manifest=Manifest(label="", votes=("happy", "sad"))).list(tmp_path / "clips.csv")
    assert listing.ids == ["one.mp4#0", "one.mp4#5", "two.mp4#0"] and listing.excluded == {TIED: 3}  # 0, 5 and 10
    assert listing.note.startswith("3 clips with 24 frames")


@pytest.mark.parametrize("ending", CODES)
def test_any_frame_is_exactly_the_one_asked_for(tmp_path, ending):
    film(tmp_path / "happy" / f"a{ending}", 203)
    source = Videos(every=1)
    assert len(source.list(tmp_path).keys) == 203
    for number in (0, 1, 202, 7, 100, 101, 99, 0, 3):
        assert shown(source.read(tmp_path, (f"happy/a{ending}", number))) == number


def test_frames_of_two_clips_by_turns(tmp_path):
    source, data, _ = look_alike(tmp_path)
    for number in (3, 4, 2, 12):
        for name in ("happy/anna-1.mp4", "sad/anna-2.avi"):
            assert shown(source.read(data, (name, number))) == number


def test_frames_are_rgb(tmp_path):
    import cv2

    path = tmp_path / "happy" / "a.avi"
    path.parent.mkdir()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"FFV1"), 25, (WIDTH, HEIGHT))
    writer.write(np.full((HEIGHT, WIDTH, 3), (10, 100, 200), np.uint8))
    writer.release()
    assert np.abs(Videos().read(tmp_path, ("happy/a.avi", 0))[0, 0].astype(int) - (200, 100, 10)).max() <= 8


@pytest.mark.parametrize(("content", "why"), [
    (b"", "an empty file"), (b"no video", "not a video that can be decoded"), (None, "not a video that can be decoded")])
def test_a_broken_clip_is_one_unreadable_picture(tmp_path, content, why):
    whole = film(tmp_path / "sad" / "whole.mp4", 50)
    (tmp_path / "happy").mkdir()
    broken = tmp_path / "happy" / "broken.mp4"
    broken.write_bytes(whole.read_bytes()[:-1000] if content is None else content)
    assert measure(broken) == (0, 0)
    listing = Videos().list(tmp_path)
    assert listing.ids[0] == "happy/broken.mp4#0" and len(listing.ids) == 1 + 10
    with pytest.raises(Unreadable, match=why) as error:
        Videos().read(tmp_path, listing.keys[0])
    assert error.value.file == broken
    assert shown(Videos().read(tmp_path, listing.keys[2])) == 5


def test_a_clip_that_is_cut_off_has_unreadable_frames(tmp_path):
    path = film(tmp_path / "happy" / "cut.avi", 100)
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    source = Videos(every=1)
    keys, numbers = source.list(tmp_path).keys, []
    for key in keys:
        try:
            numbers.append(shown(source.read(tmp_path, key)))
        except Unreadable as error:
            assert "cannot be decoded" in error.what
    assert numbers == list(range(len(numbers))) and 20 < len(numbers) < 80
    assert shown(source.read(tmp_path, keys[3])) == 3


@pytest.mark.parametrize("ending", [".webm", ".avi"])
def test_a_recording_that_says_nothing_of_its_length_is_counted(tmp_path, ending):
    """Browsers record so, and so does a camera that was switched off: the file as it is before its end is written."""
    import cv2

    path, noise = tmp_path / "happy" / f"a{ending}", np.random.default_rng(0)
    path.parent.mkdir()
    writer = cv2.VideoWriter(str(tmp_path / f"whole{ending}"), cv2.VideoWriter_fourcc(*CODES[ending]), 25, (WIDTH, HEIGHT))
    for _ in range(500):  # more than the writer holds back
        writer.write(noise.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
    path.write_bytes((tmp_path / f"whole{ending}").read_bytes())
    writer.release()
    frames, rate = measure(path)
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) <= 0 and 100 < frames < 500 and rate == 25
    assert Videos().read(path.parent, (path.name, frames - 1)).shape == (HEIGHT, WIDTH, 3)
    with pytest.raises(Unreadable, match=f"ends after {frames} frames"):
        Videos().read(path.parent, (path.name, frames))


def test_what_a_corrupt_frame_costs_does_not_depend_on_where_reading_begins(tmp_path):
    whole = bytearray(film(tmp_path / "clip.avi", 20).read_bytes())
    frames = [place for place in range(len(whole)) if whole[place:place + 4] == b"00dc"]
    whole[frames[7] + 8:frames[7] + 400] = bytes(392)
    seen = []
    for start in (0, 5, 10):  # as processes that are given other parts of the list
        (tmp_path / f"{start}").mkdir()
        (tmp_path / f"{start}" / "clip.avi").write_bytes(whole)
        seen.append({})
        for number in range(start, 20):
            with contextlib.suppress(Unreadable):
                seen[-1][number] = shown(Videos().read(tmp_path / f"{start}", ("clip.avi", number)))
    assert all(part == {number: value for number, value in seen[0].items() if number >= start}
               for part, start in zip(seen, (0, 5, 10)))
    # OpenCV takes a neighbour with it, so that numbers after it may be one too low.
    assert len(seen[0]) == 18 and all(0 <= value - number <= 1 for number, value in seen[0].items())


def test_a_clip_that_is_gone_stops(tmp_path):
    source, data, _ = look_alike(tmp_path)
    with pytest.raises(BadInput, match=r"gone\.mp4: cannot be opened") as error:
        source.read(data, ("sad/gone.mp4", 0))
    assert not isinstance(error.value, Unreadable)


def test_no_videos_and_wrong_fields(tmp_path):
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "a.png").touch()
    with pytest.raises(BadInput, match="no video in this folder"):
        Videos().list(tmp_path)
    for wrong in ({"every": 0}, {"every": 2.5}, {"subject": "("}, {"subject": "a"}, {"manifest": "path"},
                  {"manifest": Manifest(classes=("sad",))}):
        with pytest.raises(StudyError, match="Videos"):
            Videos(**wrong)

"""From pictures to a manifest that a study prepares: a real service, and whatever goes wrong."""

import dataclasses
import math
import os

import numpy as np
import pytest
from PIL import Image

from mixedfer.errors import BadInput, Busy, Damaged, Fault, StudyError
from mixedfer.faces import preparation
from mixedfer.faces.crop import crop
from mixedfer.faces.datasets.manifest import Manifest
from mixedfer.faces.detectors.annotated import Annotated
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.faces.detectors.whole_image import WholeImage
from mixedfer.use import labelling
from mixedfer.use.teachers import Answer, Told, http
from tests.tiny import STUDY
from tests.use.service import astray, few, good, running, shades

SOURCE = Manifest(label="", votes=("happy", "sad"), subject="subject", box=("left", "top", "width", "height"))


@dataclasses.dataclass(frozen=True)
class Sure:
    """A teacher in this process, who says the same of every picture."""

    name: str = "sure"
    said: tuple = (Answer(None, {"happy": 3.0, "sad": 1.0}),)

    def start(self):
        return lambda paths: [Told(list(self.said), []) for _ in paths]


@pytest.fixture
def call(tmp_path):
    """Label the pictures in `photos/`: what was said before asking, and what labels.json holds."""
    def called(teacher, *sources, out="out", dry_run=False, price=0.0, retries=0, **fields):
        if hasattr(teacher, "url"):
            teacher = http.Teacher(teacher.url, rate=1e6, pause=0.0, retries=retries, timeout=5.0)
        asked = labelling.Labelling(teacher=teacher, **{"detector": WholeImage(), "border": 0.0, **fields})
        said = []
        place = labelling.LabellingPlace(tmp_path / out, tmp_path / "store", quiet=True)
        told = labelling.label(asked, [str(source) for source in sources or [tmp_path / "photos"]], place, price=price,
                               dry_run=dry_run, say=said.append)
        return "\n".join(said), told
    return called


def shares(listing):
    """The shade that each row's soft label stands for."""
    return [round(float(votes[0]) * 255) for votes in listing.votes]


@pytest.mark.parametrize(("count", "mosaic"), [(1, 50), (57, 50), (5, 1), (7, 3)])
def test_nothing_is_lost_and_every_label_is_that_of_its_face(tmp_path, call, count, mosaic):
    values = list(range(1, 1 + count))
    shades(tmp_path / "photos", values)
    with running() as service:
        _, told = call(service, mosaic=mosaic)
    assert len(service.asked) == math.ceil(count / mosaic)
    assert told["labelled"] == told["faces"] == count and told["wrong"] == told["unanswered"] == []
    listing = SOURCE.list(tmp_path / "out" / "manifest.csv")
    assert sorted(shares(listing)) == values
    for name, value in zip(listing.ids, shares(listing)):
        assert (np.asarray(Image.open(tmp_path / "out" / name)) == value).all()


def test_a_study_prepares_the_manifest_as_it_would_prepare_the_pictures(tmp_path, call):
    """A photograph and its mirror image side by side: two faces, each cut out of its crop as it is out of the picture."""
    from matplotlib import cbook

    portrait = np.asarray(Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("RGB").reduce(2))[:200]
    (tmp_path / "photos").mkdir()
    both = np.concatenate([portrait, portrait[:, ::-1]], axis=1)
    Image.fromarray(both).save(tmp_path / "photos" / "both.png")
    said, _ = call(Sure(), detector=DlibHog(), border=0.25)
    assert "1 pictures: 2 faces; no face in 0" in said
    study = dataclasses.replace(STUDY, dataset=SOURCE, preparation=dataclasses.replace(STUDY.preparation, detector=Annotated()))
    made = preparation.prepare(study, tmp_path / "out", tmp_path / "store", quiet=True)
    assert made.votes.tolist() == [[0.75, 0.25]] * 2 and made.subjects[0] == made.subjects[1] and made.found.all()
    boxes = sorted(face.box for face in DlibHog().find(both))
    wanted = [crop(both, box, STUDY.preparation.border, STUDY.preparation.size, colour=False)[0].astype(int) for box in boxes]
    assert np.abs(np.stack(wanted) - made.images).max() <= 2  # gray of colour, before or after a PNG


def test_what_there_is_and_what_it_takes_is_told_before_anything_is_asked(tmp_path, call):
    shades(tmp_path / "photos", range(12))
    (tmp_path / "photos" / "again.png").write_bytes((tmp_path / "photos" / "007.png").read_bytes())
    (tmp_path / "photos" / "broken.png").write_bytes(b"\x89PNG")
    with running() as service:
        said, told = call(service, mosaic=10, price=0.25, dry_run=True)
        assert said == ("14 pictures: 13 faces; no face in 0, 1 cannot be read\n12 different faces: 0 answered before, 12 to "
                        "ask about, in 2 questions, 0.50 at 0.25 each, 0 s or more")
        assert told is None and service.asked == [] and not (tmp_path / "out").exists()
        _, told = call(service, mosaic=10)
    assert told["labelled"] == 12 and list(told["unreadable"]) == [str(tmp_path / "photos" / "broken.png")]


def test_answers_that_are_missing_or_out_of_place_are_told_and_asked_for_again(tmp_path, call):
    shades(tmp_path / "photos", range(9))
    with running(few, astray) as service:
        _, told = call(service, mosaic=5)
        assert told["labelled"] == 7 and len(told["unanswered"]) == 2
        assert len(told["wrong"]) == 1 and "a rectangle in no tile: (1008" in told["wrong"][0]
        assert len(SOURCE.list(tmp_path / "out").ids) == 7
        said, told = call(service, mosaic=5)
        assert "7 answered before, 2 to ask about, in 1 questions" in said and told["labelled"] == 9
        call(service, mosaic=5)
    assert len(service.asked) == 3 and sorted(shares(SOURCE.list(tmp_path / "out"))) == list(range(9))


def test_another_folder_or_mosaic_asks_only_about_new_faces(tmp_path, call):
    shades(tmp_path / "photos", range(3))
    shades(tmp_path / "more", range(2, 5))
    with running() as service:
        call(service, mosaic=3)
        _, told = call(service, tmp_path / "photos", tmp_path / "more" / "*.png", tmp_path / "more" / "004.png", mosaic=1)
    assert len(service.asked) == 3 and told["pictures"] == 6 and told["different"] == told["labelled"] == 5


def test_a_service_that_falls_silent_is_left_alone_and_what_it_said_is_kept(tmp_path, call):
    shades(tmp_path / "photos", range(10))
    with running(few, *[503] * 9) as service:
        with pytest.raises(Fault, match=r"3 questions in a row were in vain; the last: .*HTTP 503") as stopped:
            call(service, mosaic=2)
    assert len(service.asked) == 4 and "goes on from there" in stopped.value.remedy
    assert len(SOURCE.list(tmp_path / "out").ids) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_runs_out_keeps_what_was_said_before(tmp_path, call, status):
    shades(tmp_path / "photos", range(6))
    with running(good, status) as service:
        with pytest.raises(BadInput, match=f"HTTP {status}"):
            call(service, mosaic=2)
        assert len(service.asked) == 2 and len(SOURCE.list(tmp_path / "out").ids) == 2
        said, told = call(service, mosaic=2)
    assert "2 answered before, 4 to ask about" in said and told["labelled"] == 6


def test_a_command_that_is_stopped_leaves_a_manifest_of_what_was_answered(tmp_path, call):
    shades(tmp_path / "photos", range(6))

    class Stopped(Four):
        def start(self):
            ask = super().start()

            def once(paths):
                if self.asked:
                    raise KeyboardInterrupt
                return ask(paths)
            return once
    with pytest.raises(KeyboardInterrupt):
        call(Stopped())
    assert len(SOURCE.list(tmp_path / "out").ids) == 4


def test_a_file_that_cannot_be_opened_is_told_and_the_others_go_on(tmp_path, call):
    shades(tmp_path / "photos", range(3))
    (tmp_path / "photos" / "link.png").symlink_to(tmp_path / "gone.png")
    _, told = call(Sure())
    assert told["labelled"] == 3 and "cannot be opened" in told["unreadable"][str(tmp_path / "photos" / "link.png")]


def test_a_teacher_whom_nobody_understands_is_not_asked_for_ever(tmp_path, call):
    shades(tmp_path / "photos", range(10))
    with running(*[(200, {}, b'{"faces": []}')] * 10) as service, pytest.raises(Fault, match="no 'scores'"):
        call(service)
    assert len(service.asked) == 3 and not (tmp_path / "out" / "manifest.csv").exists()


def test_one_bad_picture_does_not_keep_others_from_being_asked_about(tmp_path, call):
    """Those in vain come last in the next command, which so gets past them."""
    shades(tmp_path / "photos", range(8))
    with running(*[500] * 3) as service:
        with pytest.raises(Fault):
            call(service)
        before = [body for *_, body in service.asked]
        _, told = call(service)
    assert told["labelled"] == 8 and [body for *_, body in service.asked][-3:] == before


def test_garbage_between_answers_is_passed_over(tmp_path, call):
    shades(tmp_path / "photos", range(6))
    with running(good, *[(200, {}, b"<html>")] * 4) as service:
        _, told = call(service)
    assert told["labelled"] == 2 and len(told["unanswered"]) == len(told["wrong"]) == 4 and "not JSON" in told["wrong"][0]


def test_no_answer_at_all_is_an_error(tmp_path, call):
    shades(tmp_path / "photos", range(2))
    with pytest.raises(BadInput, match="no face has an answer"):
        call(Sure(said=()))


@pytest.mark.parametrize("end", ['{"teacher": "sure", "about": ["x"', ""])
def test_a_half_written_answer_is_asked_for_again(tmp_path, call, end):
    shades(tmp_path / "photos", range(3))
    call(Sure())
    journal = tmp_path / "out" / "answers.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    journal.write_bytes(b"".join(lines[:2]) + end.encode())
    said, told = call(Sure())
    assert "2 answered before, 1 to ask about" in said and told["labelled"] == 3
    assert sorted(journal.read_bytes().splitlines(keepends=True)) == sorted(lines)


@pytest.mark.parametrize("line", ["{}", "7", "happy",
                                  '{"teacher": "a", "asked": "", "about": [], "wrong": [], "faces": {"x": 1}}'])
def test_a_damaged_answer_is_named(tmp_path, call, line):
    shades(tmp_path / "photos", range(2))
    call(Sure())
    with open(tmp_path / "out" / "answers.jsonl", "a") as file:
        file.write(line + "\n")
    with pytest.raises(Damaged, match="not an answer") as damaged:
        call(Sure())
    assert damaged.value.row == 3


def test_people_are_read_from_paths_before_anything_is_asked(tmp_path, call):
    shades(tmp_path / "photos" / "anna-1", [1])
    shades(tmp_path / "photos" / "anna-2", [2])
    shades(tmp_path / "photos" / "ben-1", [3])
    call(Sure(), subject=r"([a-z]+)-\d")
    listing = SOURCE.list(tmp_path / "out")
    assert sorted(np.bincount(listing.subjects).tolist()) == [1, 2]
    with running() as service, pytest.raises(BadInput, match="does not match"):
        call(service, subject=r"(carl)")
    assert service.asked == []


class Four:
    """A teacher who is asked about four pictures at once, and knows faces by their shade."""

    name, together = "four", 4

    def __init__(self):
        self.asked = []

    def start(self):
        def ask(paths):
            self.asked.append(len(paths))
            shades = [float(np.asarray(Image.open(path))[0, 0]) for path in paths]
            return [Told([Answer(None, {"happy": shade, "sad": 255 - shade})], []) for shade in shades]
        return ask


def test_some_teachers_are_asked_about_several_pictures_at_once(tmp_path, call):
    shades(tmp_path / "photos", range(10))
    teacher = Four()
    call(teacher)
    listing = SOURCE.list(tmp_path / "out")
    assert teacher.asked == [4, 4, 2] and sorted(shares(listing)) == list(range(10))
    for name, value in zip(listing.ids, shares(listing)):
        assert (np.asarray(Image.open(tmp_path / "out" / name)) == value).all()


def test_what_cannot_be_labelled(tmp_path, call):
    shades(tmp_path / "photos", [1])
    with pytest.raises(BadInput, match="no such file"):
        call(Sure(), tmp_path / "nothing" / "*.png")
    with pytest.raises(BadInput, match="no face was found in 1 pictures"):
        call(Sure(), detector=DlibHog())
    with pytest.raises(BadInput, match="folder that is written to"):
        call(Sure(), out="photos")
    with pytest.raises(BadInput, match="a class 'left'"):
        call(Sure(said=(Answer(None, {"left": 1.0}),)))
    with pytest.raises(StudyError, match="Annotated"):
        labelling.Labelling(teacher=Sure(), detector=Annotated())


def test_one_command_at_a_time(tmp_path, call):
    from filelock import FileLock

    shades(tmp_path / "photos", [1])
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".lock"), pytest.raises(Busy, match="labels in"):
        call(Sure())


def test_names_that_are_no_text_are_written_by_their_bytes(tmp_path, call):
    shades(tmp_path / "photos", [1, 2])
    one, other = sorted((tmp_path / "photos").iterdir())
    one.rename(os.fsdecode(bytes(tmp_path / "photos") + b"/\xff.png"))
    other.write_bytes(b"no picture")
    other.rename(os.fsdecode(bytes(tmp_path / "photos") + b"/\xfe.png"))
    _, told = call(Sure())
    assert told["labelled"] == 1 and [name.rpartition("/")[2] for name in told["unreadable"]] == [r"\xfe.png"]
    assert r"/\xff.png" in (tmp_path / "out" / "manifest.csv").read_text(encoding="utf-8")
    assert len(SOURCE.list(tmp_path / "out").keys) == 1

import dataclasses
import os
import shutil

import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError, Unreadable
from mixedfer.faces import preparation, splits
from mixedfer.faces.datasets.folder import STRAY, Folder
from mixedfer.faces.detectors.whole_image import WholeImage
from tests.tiny import STUDY


def picture(path, colour=(200, 100, 50)):
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((8, 6, 3), colour[::-1], np.uint8))


def look_alike(folder):
    for name in ("happy/anna-01", "happy/ben-02", "sad/anna-03", "sad/carl-04", "lost"):
        picture(folder / f"{name}.png")
    return Folder(subject=r"([a-z]+)-\d+|lost"), folder


def look_alike_with_partitions(folder):
    for name in ("train/happy/1", "train/sad/2", "val/happy/3", "test/sad/4", "train/5"):
        picture(folder / f"{name}.jpg")
    (folder / "README.txt").touch()
    return Folder(), folder


@pytest.fixture
def photos(tmp_path):
    for name in ("happy/anna-01", "happy/ben-02", "sad/anna-03", "sad/carl-04"):
        picture(tmp_path / f"{name}.png")
    return tmp_path


def test_sub_folders_are_classes(photos):
    source = Folder()
    listing = source.list(photos)
    assert listing.classes == ("happy", "sad")
    assert listing.ids == ["happy/anna-01.png", "happy/ben-02.png", "sad/anna-03.png", "sad/carl-04.png"]
    assert listing.labels.tolist() == [0, 0, 1, 1]
    assert listing.partition is None and listing.subjects is None


def test_pictures_are_rgb(photos):
    assert Folder().read(photos, "happy/anna-01.png")[0, 0].tolist() == [200, 100, 50]


def test_the_folder_of_one_class_is_told(photos):
    with pytest.raises(BadInput, match="happy: no class folder in it") as error:
        Folder().list(photos / "happy")
    assert f"give {photos} with --data" in error.value.remedy


def test_a_pattern_names_the_subjects(photos):
    assert Folder(subject=r"([a-z]+)-\d+").list(photos).subjects.tolist() == [0, 1, 0, 2]
    with pytest.raises(BadInput, match="does not match"):
        Folder(subject=r"([0-9]+)_x").list(photos)
    with pytest.raises(StudyError, match="0 groups"):
        Folder(subject="anna")
    with pytest.raises(StudyError, match="not a regular expression"):
        Folder(subject="(")


def test_a_picture_without_the_optional_subject_is_a_subject_of_its_own(tmp_path):
    """12 people with two photos each, 12 photos of nobody known: these may be parted, people may not."""
    for name in ("happy", "sad"):
        for number in range(12):
            picture(tmp_path / "photos" / name / f"{'abcdefghijkl'[number]}-{number}.png")
        for number in range(6):
            picture(tmp_path / "photos" / name / f"{number}.png")
    study = dataclasses.replace(STUDY, dataset=Folder(subject=r"(?:([a-z])-)?\d+\.png$")).varying(detector=WholeImage())
    faces = preparation.prepare(study, tmp_path / "photos", tmp_path / "store", quiet=True)
    known = faces.subjects >= 0
    assert known.tolist() == ["-" in faces.name(row) for row in range(len(faces))] and sum(known) == 24
    made = splits.split(faces, study)
    parts = (made.train, made.validation, made.test)
    people = [set(faces.subjects[rows]) - {-1} for rows in parts]
    assert sum(map(len, people)) == len(set.union(*people)) == 12
    assert sum((~known[rows]).any() for rows in parts) > 1


def test_partition_folders(tmp_path):
    for name in ("train/happy/1", "train/sad/2", "Validation/happy/3", "test/happy/4", "test/sad/5"):
        picture(tmp_path / f"{name}.png")
    listing = Folder().list(tmp_path)
    assert dict(zip(listing.ids, listing.partition.tolist())) == {
        "Validation/happy/3.png": 1, "test/happy/4.png": 2, "test/sad/5.png": 2, "train/happy/1.png": 0, "train/sad/2.png": 0}
    picture(tmp_path / "angry" / "6.png")
    with pytest.raises(BadInput, match="lie beside 'angry'"):
        Folder().list(tmp_path)


def test_pictures_outside_class_folders_are_counted_in_the_note(photos, tmp_path_factory):
    assert Folder().list(photos).note == ""
    picture(photos / "lost.png")
    assert Folder().list(photos).note == "1 pictures lie in no class folder and are left out: lost.png."
    assert len(Folder().list(photos).keys) == 4
    parted = tmp_path_factory.mktemp("parted")
    for name in ("train/happy/1", "test/happy/2", "train/3", "4"):
        picture(parted / f"{name}.png")
    (parted / "README.txt").touch()
    listing = Folder().list(parted)
    assert listing.ids == ["test/happy/2.png", "train/happy/1.png"]
    assert "(.txt: 1). 2 pictures lie in no class folder and are left out: 4.png, train/3.png." in listing.note


@pytest.mark.parametrize("parts", [("",), ("train/", "test/")])
def test_what_tools_leave_beside_the_folders_is_no_class(tmp_path, parts):
    for part in parts:
        for name in ("happy/1", "sad/2"):
            picture(tmp_path / f"{part}{name}.png")
    clean = Folder().list(tmp_path)
    for name in (".ipynb_checkpoints/1", ".hidden/happy/1", f"{parts[0]}.ipynb_checkpoints/1", "__MACOSX/happy/._1",
                 f"__MACOSX/{parts[0]}happy/1"):
        picture(tmp_path / f"{name}.png")
    listing = Folder().list(tmp_path)
    assert (listing.ids, listing.classes) == (clean.ids, clean.classes)
    assert listing.excluded == {STRAY: 1 + len(parts)}  # those in hidden folders


def test_a_stray_whose_name_is_not_utf8_can_be_reported(photos):
    picture(photos / "lost.png")
    (photos / "lost.png").rename(photos / os.fsdecode(b"caf\xe9.png"))
    assert Folder().list(photos).note.encode() == rb"1 pictures lie in no class folder and are left out: caf\xe9.png."


def test_an_empty_or_unknown_class(photos):
    (photos / "angry").mkdir()
    with pytest.raises(BadInput, match="class 'angry' has no picture"):
        Folder().list(photos)
    assert Folder(classes=("sad",)).list(photos).labels.tolist() == [0, 0]
    with pytest.raises(StudyError, match="'sad'"):
        Folder(classes=("sadd",)).list(photos)


def test_no_pictures_or_no_folder(tmp_path):
    with pytest.raises(BadInput, match="no picture"):
        Folder().list(tmp_path)
    with pytest.raises(BadInput, match="not a folder"):
        (tmp_path / "a.zip").write_bytes(b"PK")
        Folder().list(tmp_path / "a.zip")


@pytest.mark.parametrize(("content", "why"), [(b"", "empty"), (b"not a picture", "decoded")])
def test_a_bad_picture_is_unreadable(photos, content, why):
    path = photos / "sad" / "bad.png"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=why):
        Folder().read(photos, "sad/bad.png")


def test_a_picture_that_cannot_be_opened_is_no_unreadable_picture(photos):
    with pytest.raises(BadInput, match=r"gone\.png: cannot be opened") as error:
        Folder().read(photos, "sad/gone.png")
    assert not isinstance(error.value, Unreadable)
    (photos / "sad" / "link.png").symlink_to(photos / "gone.png")
    with pytest.raises(BadInput, match=r"link\.png: cannot be opened"):
        Folder().fingerprint(photos)


def test_a_folder_that_cannot_be_listed_is_named(photos):
    deep = photos / "sad" / ("x" * 200)
    place = os.getcwd()
    try:  # deeper than a path may be long: nobody, not even root, can list it by its whole path
        os.chdir(photos / "sad")
        for _ in range(25):
            os.mkdir("x" * 200)
            os.chdir("x" * 200)
    finally:
        os.chdir(place)
    with pytest.raises(BadInput, match="xxx: cannot be opened") as error:
        Folder().fingerprint(photos)
    assert str(error.value.file).startswith(str(deep))
    shutil.rmtree(deep)


def test_a_class_folder_whose_name_is_not_utf8(photos):
    os.mkdir(os.fsencode(photos) + b"/f\xe2ch\xe9")
    with pytest.raises(BadInput, match=r"b'f\\xe2ch\\xe9' is not UTF-8"):
        Folder().list(photos)


def test_fields_of_the_wrong_kind_are_study_errors():
    for wrong in ({"classes": "happy"}, {"subject": 3}):
        with pytest.raises(StudyError, match="expected"):
            Folder(**wrong)


def test_photos_are_turned_upright(tmp_path):
    from PIL import Image

    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, :30] = 255  # as the camera stored it: white on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the stored left side is the top
    (tmp_path / "happy").mkdir()
    Image.fromarray(picture).save(tmp_path / "happy" / "a.jpg", exif=exif)
    upright = Folder().read(tmp_path, "happy/a.jpg")
    assert upright.shape == (60, 40, 3)
    assert upright[:25].min() > 250 and upright[35:].max() < 5


def test_the_fingerprint_sees_two_files_that_trade_names(photos):
    before, (one, two) = Folder().fingerprint(photos), sorted(photos.glob("happy/*.png"))
    for path in (one, two):
        os.utime(path, ns=(0, 0))
    assert one.stat().st_size == two.stat().st_size
    same = Folder().fingerprint(photos)
    assert same != before
    one.rename(photos / "held")
    two.rename(one)
    (photos / "held").rename(two)
    assert Folder().fingerprint(photos) != same


def test_the_fingerprint_sees_a_changed_file(photos):
    before = Folder().fingerprint(photos)
    assert Folder().fingerprint(photos) == before
    picture(photos / "sad" / "new.png")
    assert Folder().fingerprint(photos) != before

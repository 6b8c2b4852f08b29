import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError, Unreadable
from mixedfer.faces.datasets.folder import Folder


def picture(path, colour=(200, 100, 50)):
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((8, 6, 3), colour[::-1], np.uint8))


@pytest.fixture
def photos(tmp_path):
    for name in ("happy/anna-01", "happy/ben-02", "sad/anna-03", "sad/carl-04"):
        picture(tmp_path / f"{name}.png")
    return tmp_path


def test_sub_folders_are_classes(photos):
    source = Folder()
    listing = source.list(photos)
    assert source.class_names(photos) == ("happy", "sad")
    assert listing.ids == ["happy/anna-01.png", "happy/ben-02.png", "sad/anna-03.png", "sad/carl-04.png"]
    assert listing.labels.tolist() == [0, 0, 1, 1]
    assert listing.partition is None and listing.subjects is None


def test_pictures_are_rgb(photos):
    assert Folder().read(photos, "happy/anna-01.png")[0, 0].tolist() == [200, 100, 50]


def test_a_pattern_names_the_subjects(photos):
    assert Folder(subject=r"([a-z]+)-\d+").list(photos).subjects.tolist() == [0, 1, 0, 2]
    with pytest.raises(BadInput, match="does not match"):
        Folder(subject=r"([0-9]+)_x").list(photos)
    with pytest.raises(StudyError, match="0 groups"):
        Folder(subject="anna")
    with pytest.raises(StudyError, match="not a regular expression"):
        Folder(subject="(")


def test_partition_folders(tmp_path):
    for name in ("train/happy/1", "train/sad/2", "Validation/happy/3", "test/happy/4", "test/sad/5"):
        picture(tmp_path / f"{name}.png")
    listing = Folder().list(tmp_path)
    assert dict(zip(listing.ids, listing.partition.tolist())) == {
        "Validation/happy/3.png": 1, "test/happy/4.png": 2, "test/sad/5.png": 2, "train/happy/1.png": 0, "train/sad/2.png": 0}
    picture(tmp_path / "angry" / "6.png")
    with pytest.raises(BadInput, match="lie beside 'angry'"):
        Folder().list(tmp_path)


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


@pytest.mark.parametrize(("content", "why"), [(b"", "empty"), (b"not a picture", "decoded"), (None, "opened")])
def test_a_bad_picture_is_unreadable(photos, content, why):
    path = photos / "sad" / "bad.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unreadable, match=why):
        Folder().read(photos, "sad/bad.png")


def test_the_fingerprint_sees_a_changed_file(photos):
    before = Folder().fingerprint(photos)
    assert Folder().fingerprint(photos) == before
    picture(photos / "sad" / "new.png")
    assert Folder().fingerprint(photos) != before

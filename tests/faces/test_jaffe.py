import os

import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets._layout import OTHER_NAME
from mixedfer.faces.datasets.jaffe import CLASSES, Jaffe
from tests.faces.look_alikes import picture

NAMES = ("KA.AN1.39", "KA.DI1.42", "KA.FE1.45", "KA.HA1.29", "KA.NE1.26", "KA.SA1.33", "KA.SU1.36", "KL.HA1.158", "KL.HA2.159")


def look_alike(folder):
    for name in NAMES:
        picture(folder / "jaffe" / f"{name}.tiff")
    (folder / "jaffe" / "README").write_text("Japanese Female Facial Expression Database")
    return Jaffe(), folder


@pytest.fixture
def data(tmp_path):
    return look_alike(tmp_path)[1]


def test_names_say_who_and_what(data):
    listing = Jaffe().list(data)
    assert listing.ids == [f"jaffe/{name}.tiff" for name in sorted(NAMES)]
    assert dict(zip(listing.ids, [CLASSES[label] for label in listing.labels])) == {
        "jaffe/KA.AN1.39.tiff": "anger", "jaffe/KA.DI1.42.tiff": "disgust", "jaffe/KA.FE1.45.tiff": "fear",
        "jaffe/KA.HA1.29.tiff": "happiness", "jaffe/KA.NE1.26.tiff": "neutral", "jaffe/KA.SA1.33.tiff": "sadness",
        "jaffe/KA.SU1.36.tiff": "surprise", "jaffe/KL.HA1.158.tiff": "happiness", "jaffe/KL.HA2.159.tiff": "happiness"}
    ka, kl = listing.subjects[0], listing.subjects[-1]
    assert ka != kl and listing.subjects.tolist() == [ka] * 7 + [kl] * 2
    assert listing.partition is None and listing.votes is None and listing.excluded == {}
    assert listing.note == "The official set has 213 pictures (here 9), 10 people (here 2)."


def test_the_official_counts_need_no_note(tmp_path):
    for number in range(213):
        (tmp_path / f"{'ABCDEFGHIJ'[number % 10]}A.HA1.{number}.tiff").touch()
    assert Jaffe().list(tmp_path).note == ""


def test_the_inner_folder_and_other_formats_will_do(data):
    (data / "jaffe" / "KA.AN1.39.tiff").unlink()
    picture(data / "jaffe" / "ka.an1.39.png")
    listing = Jaffe().list(data / "jaffe")
    assert len(listing.ids) == 9
    label = listing.labels[listing.ids.index("ka.an1.39.png")]
    assert CLASSES[label] == "anger"
    assert len(set(listing.subjects)) == 2


def test_other_pictures_are_counted(data):
    picture(data / "me.png")
    picture(data / "jaffe" / "KA.XX1.39.tiff")
    (data / "jaffe" / "._KA.AN1.39.tiff").write_bytes(b"as a Mac packs it")
    picture(data / os.fsdecode(b"caf\xe9.png"))
    listing = Jaffe().list(data)
    assert len(listing.ids) == 9 and listing.excluded == {OTHER_NAME: 3}
    listing.note.encode()


def test_a_folder_whose_name_is_not_utf8_can_be_read(data):
    strange = data / os.fsdecode(b"caf\xe9")
    (data / "jaffe").rename(strange)
    listing = Jaffe().list(data)
    assert len(listing.ids) == 9 and Jaffe().read(data, listing.keys[0]).shape == (6, 7)


def test_a_folder_of_other_pictures(tmp_path):
    picture(tmp_path / "happy" / "anna.png")
    with pytest.raises(BadInput, match=r"none of its 1 pictures, such as happy/anna.png.*Expected .*KA\.AN1\.39\.tiff"):
        Jaffe().list(tmp_path)
    with pytest.raises(BadInput, match="not a folder"):
        Jaffe().list(tmp_path / "happy" / "anna.png")


def test_a_folder_that_holds_the_archive(tmp_path):
    (tmp_path / "jaffe.zip").write_bytes(b"PK")
    with pytest.raises(BadInput, match=r"Unpack jaffe\.zip first\. Expected"):
        Jaffe().list(tmp_path)


def test_two_copies(data):
    picture(data / "copy" / "KA.AN1.39.tiff")
    with pytest.raises(BadInput, match=r"jaffe/KA.AN1.39.tiff: the same picture is also copy/KA.AN1.39.tiff"):
        Jaffe().list(data)


def test_unknown_classes():
    with pytest.raises(StudyError, match="'anger'"):
        Jaffe(classes=("angr",))

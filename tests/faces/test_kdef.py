import os

import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets._layout import OTHER_NAME
from mixedfer.faces.datasets.kdef import ANGLES, CLASSES, CODES, OTHER_ANGLE, Kdef
from tests.faces.look_alikes import picture

PEOPLE = ("AF01", "BF01", "AM01", "AF02")


def look_alike(folder):
    for person in PEOPLE:
        for code in ("AF", "HA", "NE"):
            for angle in ("S", "HL"):
                picture(folder / "KDEF_and_AKDEF" / "KDEF" / person / f"{person}{code}{angle}.JPG", colour=True)
    picture(folder / "KDEF_and_AKDEF" / "AKDEF" / "FAFS.JPG")
    picture(folder / "KDEF_and_AKDEF" / "KDEF" / "AF31" / "AF31V.JPG")
    return Kdef(), folder


@pytest.fixture
def data(tmp_path):
    return look_alike(tmp_path)[1]


def test_names_say_who_what_and_from_where(data):
    listing = Kdef().list(data)
    assert len(listing.ids) == 4 * 3 and all(name.endswith("S.JPG") for name in listing.ids)
    label = {os.path.basename(name): CLASSES[label] for name, label in zip(listing.ids, listing.labels)}
    assert (label["AF01AFS.JPG"], label["AF01HAS.JPG"], label["AM01NES.JPG"]) == ("afraid", "happy", "neutral")
    assert listing.excluded == {OTHER_NAME: 2, OTHER_ANGLE: 12}
    assert listing.partition is None and listing.votes is None


def test_both_sessions_are_one_person_and_sexes_are_not(data):
    listing = Kdef().list(data)
    who = {name.split("/")[-2]: subject for name, subject in zip(listing.ids, listing.subjects)}
    assert who["AF01"] == who["BF01"] and len({who["AF01"], who["AM01"], who["AF02"]}) == 3


def test_more_angles(data):
    listing = Kdef(angles=("S", "HL", "FR")).list(data)
    assert len(listing.ids) == 24 and listing.excluded == {OTHER_NAME: 2}
    assert Kdef(angles=("FR",)).list(data).excluded == {OTHER_NAME: 2, OTHER_ANGLE: 24}


def test_the_official_counts_need_no_note(tmp_path):
    for session in "AB":
        for sex in "FM":
            for number in range(1, 36):
                for code in CODES:
                    for angle in ANGLES:  # 2 * 2 * 35 * 7 * 5 = 4,900
                        (tmp_path / f"{session}{sex}{number:02}{code}{angle}.JPG").touch()
    listing = Kdef().list(tmp_path)
    assert len(listing.ids) == 980 and listing.note == ""


def test_one_person_alone_gets_a_note(data):
    listing = Kdef().list(data / "KDEF_and_AKDEF" / "KDEF" / "AF01")
    assert len(listing.ids) == 3
    assert listing.note == "The official set has 4,900 pictures (here 6), 70 people (here 1)."


def test_lower_case_names_and_strange_folders(tmp_path):
    picture(tmp_path / os.fsdecode(b"caf\xe9") / "af01ans.jpg")
    picture(tmp_path / os.fsdecode(b"caf\xe9.jpg"))
    listing = Kdef().list(tmp_path)
    assert CLASSES[listing.labels[0]] == "angry" and listing.excluded == {OTHER_NAME: 1}


def test_the_averaged_faces_alone(data):
    with pytest.raises(BadInput, match=r"none of its 1 pictures, such as FAFS\.JPG, has a name.*AF01/AF01ANS\.JPG"):
        Kdef().list(data / "KDEF_and_AKDEF" / "AKDEF")


def test_unpacked_twice(data):
    picture(data / "KDEF" / "AF01" / "AF01HAS.JPG")
    with pytest.raises(BadInput, match=r"AF01HAS\.JPG: the same picture is also KDEF/AF01/AF01HAS\.JPG"):
        Kdef().list(data)


def test_wrong_fields():
    with pytest.raises(StudyError, match="unknown angle 'straight'"):
        Kdef(angles=("straight",))
    with pytest.raises(StudyError, match="no angle"):
        Kdef(angles=())
    with pytest.raises(StudyError, match="'afraid'"):
        Kdef(classes=("afrait",))

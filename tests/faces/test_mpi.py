import os
import shutil

import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets import NOT_CHOSEN
from mixedfer.faces.datasets.mpi import EXPRESSIONS, STRAY, Mpi
from tests.faces.look_alikes import picture

#: Spelt as in the official archives, where spellings change from person to person.
CLIPS = (("cawm", "01", "happy_laughing"), ("cawm", "01", "sad"), ("cawm", "02", "happy_satiated"),
         ("cawm", "02", "I_dont_care"), ("islf", "01", "happy_laughing"), ("islf", "01", "I_do_not_care"),
         ("islf", "03", 'treudoof ("bambi-eyes")'))
HAPPY_SAD = (("happy", "happy_*"), ("sad", "sad"))


def look_alike(folder):
    """Archives unpacked each in a folder of its own."""
    for person, subset, name in CLIPS:
        for frame in (1, 2, 3):
            path = folder / f"MPI_large_centralcam_hi_{person}_complete" / f"Subset {subset}" / name
            picture(path / f"{person}_{name}_{frame:03}.png", colour=True)
    picture(folder / "me.png")
    return Mpi(), folder


def look_alike_in_one_place(folder):
    """All archives unpacked in one folder; happy and sad of them."""
    for person, _, name in CLIPS:
        for frame in (1, 2, 3):
            picture(folder / name / f"{person}_{name}_{frame:03}.png", colour=True)
    return Mpi(groups=HAPPY_SAD), folder


@pytest.fixture
def data(tmp_path):
    return look_alike(tmp_path / "set")[1]


def classes(listing):
    """{person and folder: class}, and that all frames of a clip agree."""
    found = {}
    for name, label in zip(listing.ids, listing.labels):
        clip = os.path.basename(name)[:4], name.split("/")[-2]
        assert found.setdefault(clip, listing.classes[label]) == listing.classes[label]
    return found


def test_folders_are_classes_in_one_spelling(data):
    listing = Mpi().list(data)
    assert classes(listing) == {
        ("cawm", "happy_laughing"): "happy_laughing", ("cawm", "sad"): "sad", ("cawm", "happy_satiated"): "happy_satiated",
        ("cawm", "I_dont_care"): "i_dont_care", ("islf", "happy_laughing"): "happy_laughing",
        ("islf", "I_do_not_care"): "i_dont_care", ("islf", 'treudoof ("bambi-eyes")'): "treudoof_bambi_eyes"}
    assert listing.classes == ("happy_laughing", "happy_satiated", "i_dont_care", "sad", "treudoof_bambi_eyes")
    assert listing.excluded == {STRAY: 1} and listing.partition is None
    assert listing.note == "The official set has 51 expressions (here 5). The official set has 10 people (here 2)."


def test_people_are_subjects(data):
    listing = Mpi().list(data)
    who = {(os.path.basename(name)[:4], subject) for name, subject in zip(listing.ids, listing.subjects)}
    assert len(who) == len({subject for _, subject in who}) == 2


def test_folds_never_part_a_person_and_so_never_a_clip(data):
    from sklearn.model_selection import GroupKFold

    listing = Mpi().list(data)
    for train, test in GroupKFold(2).split(listing.ids, groups=listing.subjects):
        people = [{os.path.basename(listing.ids[row])[:4] for row in rows} for rows in (train, test)]
        assert not people[0] & people[1]


def test_groups_make_classes_of_several_folders(data):
    listing = Mpi(groups=HAPPY_SAD).list(data)
    assert listing.classes == ("happy", "sad")
    assert classes(listing) == {("cawm", "happy_laughing"): "happy", ("cawm", "happy_satiated"): "happy",
                                ("islf", "happy_laughing"): "happy", ("cawm", "sad"): "sad"}
    assert listing.excluded == {STRAY: 1, NOT_CHOSEN: 9}


def test_patterns_are_spelt_as_the_folders(data):
    listing = Mpi(groups=(("careless", "I-do-not-care"), ("eyes", "Treudoof*"), ("sad", "s?d"))).list(data)
    assert sorted(set(classes(listing).values())) == ["careless", "eyes", "sad"] and len(listing.ids) == 4 * 3


def test_a_group_called_as_a_folder_that_is_not_in_it(data):
    listing = Mpi(groups=(("sad", "I_dont_care"), ("happy", "happy_*"))).list(data)
    assert {clip for clip, name in classes(listing).items() if name == "sad"} == {
        ("cawm", "I_dont_care"), ("islf", "I_do_not_care")}


def test_what_a_mac_packs_beside_a_frame_is_no_frame(data):
    packed = data / "__MACOSX" / "sad" / "._cawm_sad_001.png"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(b"as a Mac packs it")
    assert Mpi().list(data).excluded == {STRAY: 1}


def test_two_of_the_folders(data):
    listing = Mpi(classes=("sad", "happy_laughing")).list(data)
    assert listing.classes == ("sad", "happy_laughing") and len(listing.ids) == 9
    with pytest.raises(StudyError, match="'happy_laughing'"):
        Mpi(classes=("happy_laughin",)).list(data)


def test_all_in_one_place(tmp_path):
    source, folder = look_alike_in_one_place(tmp_path)
    assert len(source.list(folder).ids) == 12 and len(set(source.list(folder).subjects)) == 2


def test_one_persons_archive_or_subset_will_do(data):
    person = data / "MPI_large_centralcam_hi_cawm_complete"
    assert len(Mpi().list(person).ids) == 12
    assert len(Mpi().list(person / "Subset 01").ids) == 6


def test_classes_from_a_higher_folder(tmp_path):
    for take in ("take_1", "take_2"):
        for name in ("happy", "sad"):
            picture(tmp_path / name / take / f"cawm_{name}_{take}_001.png")
    listing = Mpi(level=2).list(tmp_path)
    assert listing.classes == ("happy", "sad") and len(listing.ids) == 4
    assert Mpi(level=1).list(tmp_path).classes == ("take_1", "take_2")
    assert Mpi().list(tmp_path).note == (
        "The official set has 51 expressions (here 0). The official set has 10 people (here 1). "
        "2 folders have names of no expression: take_1, take_2.")


def test_people_by_another_pattern(tmp_path):
    for person in ("anna", "ben"):
        picture(tmp_path / "sad" / f"{person}-01.png")
    with pytest.raises(BadInput, match=r"sad/anna-01\.png: the subject pattern .* does not say who this is.*`subject`"):
        Mpi().list(tmp_path)
    assert len(set(Mpi(subject=r"/(\w+)-").list(tmp_path).subjects)) == 2
    alone = Mpi(subject="").list(tmp_path)
    assert alone.subjects is None and "people" not in alone.note


def test_the_folder_of_one_expression_is_sent_above(tmp_path):
    _, folder = look_alike_in_one_place(tmp_path)
    with pytest.raises(BadInput, match=rf"the folder of one expression\. Give {folder} with --data"):
        Mpi().list(folder / "sad")


def test_still_packed(tmp_path):
    (tmp_path / "MPI_large_centralcam_hi_cawm_06-01.zip").touch()
    with pytest.raises(BadInput, match=r"Unpack MPI_large_centralcam_hi_cawm_06-01\.zip first\. Expected happy_laughing/"):
        Mpi().list(tmp_path)


def test_no_folder_so_high(data):
    with pytest.raises(BadInput, match="22 pictures, none in a folder 9 above it"):
        Mpi(level=9).list(data)


def test_a_pattern_without_a_folder_and_a_folder_in_two_groups(data):
    with pytest.raises(BadInput, match=r"no folder is like 'hapy_laughing' of group 'happy'\. Did you mean 'happy_laughing'"):
        Mpi(groups=(("happy", "hapy_laughing"), ("sad", "sad"))).list(data)
    with pytest.raises(BadInput, match="'happy_laughing' is in two groups, 'happy' and 'laughing'"):
        Mpi(groups=(("happy", "happy_*"), ("laughing", "*laughing"))).list(data)


def test_a_folder_whose_name_is_not_utf8(data):
    clip = data / "MPI_large_centralcam_hi_cawm_complete" / "Subset 01" / "sad"
    clip.rename(clip.with_name(os.fsdecode(b"tr\xe9s_sad")))
    listing = Mpi().list(data)
    assert "tr_xe9s_sad" in listing.classes and "tr_xe9s_sad" in listing.note
    shutil.rmtree(clip.with_name(os.fsdecode(b"tr\xe9s_sad")))
    assert "sad" not in Mpi().list(data).classes


def test_the_expressions_are_in_one_spelling():
    from mixedfer.faces.datasets.mpi import _spelt

    assert len(set(EXPRESSIONS)) == 51 and [_spelt(name) for name in EXPRESSIONS] == list(EXPRESSIONS)
    # As archives of other people spell them.
    assert _spelt("Disagree_pure") == "disagree_pure" and _spelt("aha-light_bulb_moment") == "aha_light_bulb_moment"
    assert _spelt("thinking_problemsolving") == "thinking_problem_solving" and _spelt("imagine_positiv") == "imagine_positive"


def test_wrong_fields():
    with pytest.raises(StudyError, match="not a name and one or more patterns"):
        Mpi(groups=(("happy",),))
    with pytest.raises(StudyError, match="named twice"):
        Mpi(groups=(("happy", "a"), ("happy", "b")))
    with pytest.raises(StudyError, match="'happy'"):
        Mpi(groups=HAPPY_SAD, classes=("hapy",))
    with pytest.raises(StudyError, match="expected tuple"):
        Mpi(groups=("happy", "sad"))
    with pytest.raises(StudyError, match="expected one that names the subject"):
        Mpi(subject="cawm")
    with pytest.raises(StudyError, match="level=0"):
        Mpi(level=0)

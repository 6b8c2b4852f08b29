import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets import _layout
from mixedfer.faces.datasets._layout import OTHER_NAME
from mixedfer.faces.datasets.ck_plus import EARLIER, ONSET, UNLABELLED, CkPlus
from tests.faces.look_alikes import picture

# person, sequence, number of frames, official label or None
SEQUENCES = (("S005", "001", 11, 3), ("S010", "002", 6, 7), ("S010", "004", 5, 1), ("S011", "006", 4, 5),
             ("S011", "001", 7, None))
FRAMES = 11 + 6 + 5 + 4 + 7


def look_alike(folder):
    """The original, as its two archives unpack."""
    images, labels = folder / "cohn-kanade-images", folder / "Emotion"
    for person, sequence, frames, label in SEQUENCES:
        for number in range(1, frames + 1):
            picture(images / person / sequence / f"{person}_{sequence}_{number:08}.png")
        (labels / person / sequence).mkdir(parents=True)
        if label is not None:
            path = labels / person / sequence / f"{person}_{sequence}_{frames:08}_emotion.txt"
            path.write_text(f"   {label:.7e}\n")
    (images / "S005" / "001" / ".DS_Store").touch()
    return CkPlus(neutral=True), folder


def look_alike_48(folder):
    """CK+48: the last three frames of each labelled sequence in the folder of its class."""
    names = {1: "anger", 3: "disgust", 5: "happy", 7: "surprise"}
    for person, sequence, frames, label in SEQUENCES:
        for number in range(frames - 2, frames + 1) if label else ():
            picture(folder / "CK+48" / names[label] / f"{person}_{sequence}_{number:08}.png")
    return CkPlus(last=2), folder


@pytest.fixture
def original(tmp_path):
    return look_alike(tmp_path / "set")[1]


@pytest.fixture
def cropped(tmp_path):
    return look_alike_48(tmp_path / "set")[1]


def named(listing):
    """{sequence and frame: class}"""
    return {os.path.basename(name)[:-4]: listing.classes[label] for name, label in zip(listing.ids, listing.labels)}


def test_the_last_frames_of_labelled_sequences(original):
    listing = CkPlus().list(original)
    assert named(listing) == {
        "S005_001_00000009": "disgust", "S005_001_00000010": "disgust", "S005_001_00000011": "disgust",
        "S010_002_00000004": "surprise", "S010_002_00000005": "surprise", "S010_002_00000006": "surprise",
        "S010_004_00000003": "anger", "S010_004_00000004": "anger", "S010_004_00000005": "anger",
        "S011_006_00000002": "happy", "S011_006_00000003": "happy", "S011_006_00000004": "happy"}
    assert listing.excluded == {UNLABELLED: 7, EARLIER: FRAMES - 7 - 12}
    assert "neutral" not in listing.classes and listing.partition is None
    assert listing.note == "The official set has 593 sequences (here 5), 327 labelled sequences (here 4)."


def test_people_are_subjects(original):
    listing = CkPlus().list(original)
    who = {os.path.basename(name)[:8]: subject for name, subject in zip(listing.ids, listing.subjects)}
    assert who["S010_002"] == who["S010_004"] and len(set(who.values())) == 3


def test_the_first_frame_is_neutral(original):
    listing = CkPlus(last=1, neutral=True).list(original)
    assert named(listing) == {
        "S005_001_00000001": "neutral", "S005_001_00000011": "disgust", "S010_002_00000001": "neutral",
        "S010_002_00000006": "surprise", "S010_004_00000001": "neutral", "S010_004_00000005": "anger",
        "S011_006_00000001": "neutral", "S011_006_00000004": "happy"}
    assert listing.excluded == {UNLABELLED: 7, EARLIER: FRAMES - 7 - 8}


def test_more_frames_than_there_are(original):
    assert len(CkPlus(last=100).list(original).ids) == FRAMES - 7 - 4  # without the neutral first ones
    labels = named(CkPlus(last=100, neutral=True).list(original))
    assert len(labels) == FRAMES - 7 and list(labels.values()).count("neutral") == 4


@pytest.mark.parametrize("neutral", [False, True])
def test_frame_1_never_shows_the_expression(original, neutral):
    def lay(sequence, frames, peak):
        for number in frames:
            picture(original / "cohn-kanade-images" / "S050" / sequence / f"S050_{sequence}_{number:08}.png")
        path = original / "Emotion" / "S050" / sequence / f"S050_{sequence}_{peak:08}_emotion.txt"
        path.parent.mkdir(parents=True)
        path.write_text("   3.0000000e+00\n")

    before = CkPlus(neutral=neutral).list(original)
    lay("001", (1, 2), peak=2)  # fewer than `last`
    lay("002", (1,), peak=1)
    lay("003", (5, 6, 7, 8), peak=7)  # its beginning is not there, and it goes on after the peak
    listing = CkPlus(neutral=neutral).list(original)
    added = {name: label for name, label in named(listing).items() if name not in named(before)}
    assert added == {**({"S050_001_00000001": "neutral"} if neutral else {}), "S050_001_00000002": "disgust",
                     **{f"S050_003_{number:08}": "disgust" for number in (5, 6, 7)}}
    assert listing.excluded == {**before.excluded, ONSET: 1, EARLIER: before.excluded[EARLIER] + (1 if neutral else 2)}


def test_cropped_pictures(cropped):
    listing = CkPlus().list(cropped)
    assert len(listing.ids) == 12 and listing.excluded == {} and len(set(listing.subjects)) == 3
    assert named(listing)["S010_004_00000003"] == "anger" and named(listing)["S005_001_00000011"] == "disgust"
    assert listing.note == "The official set has 981 pictures (here 12), 327 labelled sequences (here 4)."
    fewer = CkPlus(last=1).list(cropped / "CK+48")
    assert set(named(fewer)) == {"S005_001_00000011", "S010_002_00000006", "S010_004_00000005", "S011_006_00000004"}
    assert fewer.excluded == {EARLIER: 8}
    with pytest.raises(BadInput, match=r"CK\+48 has no neutral faces"):
        CkPlus(neutral=True).list(cropped)


def test_the_official_counts_need_no_note(tmp_path):
    # Lucey et al. 2010, table 3: 327 sequences.
    counts = {"anger": 45, "contempt": 18, "disgust": 59, "fear": 25, "happy": 69, "sadness": 28, "surprise": 83}
    for number, name in enumerate(name for name, count in counts.items() for _ in range(count)):
        (tmp_path / name).mkdir(exist_ok=True)
        for frame in (8, 9, 10):
            (tmp_path / name / f"S{number % 118:03}_{number // 118:03}_{frame:08}.png").touch()
    listing = CkPlus().list(tmp_path)
    assert listing.note == "" and len(listing.ids) == 981
    assert np.bincount(listing.labels).tolist() == [135, 54, 177, 75, 207, 84, 249]  # those of CK+48


def test_what_macos_adds_to_archives_and_a_folder_that_may_not_be_entered(original):
    before = CkPlus().list(original)
    shutil.copytree(original, original.parent / "__MACOSX")
    assert CkPlus().list(original.parent).ids == before.ids
    with tempfile.TemporaryDirectory() as name:  # one that others than root may enter
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "lost+found").mkdir(mode=0)
        (folder / "CK+" / "Emotion").mkdir(parents=True)
        with unprivileged():
            assert _layout.holder(folder, "Emotion", "labels") == folder / "CK+"


@contextlib.contextmanager
def unprivileged():
    """Root may enter every folder; others may not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_each_archive_in_a_folder_of_its_own(original):
    before = CkPlus().list(original)
    for name, folder in (("cohn-kanade-images", "extended-cohn-kanade-images"), ("Emotion", "Emotion_labels")):
        (original / folder).mkdir()
        (original / name).rename(original / folder / name)
    listing = CkPlus().list(original)
    assert listing.ids == before.ids and CkPlus().read(original, listing.keys[0]).shape == (6, 7)
    assert listing.keys[0].startswith("extended-cohn-kanade-images/")


def test_labels_are_missing(original):
    shutil.rmtree(original / "Emotion")
    with pytest.raises(BadInput, match=r"Emotion: no such file or folder.*Expected Emotion below this folder"):
        CkPlus().list(original)
    (original / "Emotion_labels.zip").touch()
    with pytest.raises(BadInput, match=r"Unpack Emotion_labels\.zip first"):
        CkPlus().list(original)
    (original / "Emotion").mkdir()
    with pytest.raises(BadInput, match=r"Emotion: no label in this folder"):
        CkPlus().list(original)


@pytest.mark.parametrize("inside", ["cohn-kanade-images", "cohn-kanade-images/S005", "cohn-kanade-images/S005/001"])
def test_a_folder_inside_is_sent_above(original, inside):
    with pytest.raises(BadInput, match=f"a folder inside the set.*Give {original} with --data"):
        CkPlus().list(original / inside)


def test_the_folder_of_one_class_is_sent_above(cropped):
    with pytest.raises(BadInput, match=r"anger: the folder of one class\. Give .*CK\+48 with --data"):
        CkPlus().list(cropped / "CK+48" / "anger")


@pytest.mark.parametrize("content", ["", "three", "   8.0000000e+00\n", "-1", "2.5", "nan", "inf", "1\n2"])
def test_a_wrong_label_is_named(original, content):
    path = original / "Emotion" / "S005" / "001" / "S005_001_00000011_emotion.txt"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"S005_001_00000011_emotion\.txt, row 1: label .*expected 0 to 7"):
        CkPlus().list(original)


def test_a_label_without_its_frame_and_two_labels(original):
    (original / "cohn-kanade-images" / "S005" / "001" / "S005_001_00000011.png").unlink()
    with pytest.raises(BadInput, match=r"S005_001_00000011_emotion\.txt: the frame that it labels is not there"):
        CkPlus().list(original)
    picture(original / "cohn-kanade-images" / "S005" / "001" / "S005_001_00000011.png")
    labels = original / "Emotion" / "S005" / "001"
    shutil.copy(labels / "S005_001_00000011_emotion.txt", labels / "S005_001_00000010_emotion.txt")
    with pytest.raises(BadInput, match=r"a second label for this sequence"):
        CkPlus().list(original)


def test_the_fingerprint_sees_a_label(original):
    before = CkPlus().fingerprint(original)
    (original / "Emotion" / "S005" / "001" / "S005_001_00000011_emotion.txt").write_text("   4.0000000e+00\n")
    assert CkPlus().fingerprint(original) != before


def test_other_pictures_are_counted(original):
    picture(original / "cohn-kanade-images" / "S005" / "me.png")
    picture(original / "cohn-kanade-images" / os.fsdecode(b"caf\xe9.png"))
    assert CkPlus().list(original).excluded[OTHER_NAME] == 2


def test_an_unknown_class_folder(cropped):
    (cropped / "CK+48" / "disgust").rename(cropped / "CK+48" / "discust")
    with pytest.raises(BadInput, match=r"'discust' is no class\. Did you mean 'disgust'"):
        CkPlus().list(cropped)
    (cropped / "CK+48" / "discust").rename(cropped / "CK+48" / os.fsdecode(b"d\xe9gout"))
    with pytest.raises(BadInput, match="is no class") as error:
        CkPlus().list(cropped)
    error.value.remedy.encode()


def test_one_sequence_in_two_classes(cropped):
    picture(cropped / "CK+48" / "fear" / "S005_001_00000008.png")
    with pytest.raises(BadInput, match=r"its sequence is also in the folder of another class"):
        CkPlus().list(cropped)


def test_wrong_fields():
    with pytest.raises(StudyError, match="neutral=True only"):
        CkPlus(classes=("happy", "neutral"))
    with pytest.raises(StudyError, match="last=0"):
        CkPlus(last=0)
    with pytest.raises(StudyError, match="'sadness'"):
        CkPlus(classes=("sadnes",))

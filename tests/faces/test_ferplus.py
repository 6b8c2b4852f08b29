import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets import NOT_CHOSEN, fer2013
from mixedfer.faces.datasets.ferplus import (
    CLASSES,
    COLUMNS,
    MODES,
    NO_FACE,
    NO_MAJORITY,
    NO_PICTURE,
    SPREAD,
    UNKNOWN,
    FerPlus,
    rule,
)

PIXELS = " ".join(str(value % 256) for value in range(48 * 48))
HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
#: FER2013's label, Usage, and votes for neutral ... contempt, unknown, not a face.
ROWS = [
    (6, "Training", "5,0,0,2,2,0,0,0,1,0"),      # neutral: 5 of 9, for the single vote counts as none
    (0, "Training", "4,0,0,1,3,2,0,0,0,0"),      # no majority: 4 of 9
    (4, "Training", "4,0,0,4,1,0,0,0,1,0"),      # a tie
    (3, "Training", "0,9,0,0,0,0,0,0,1,0"),      # happiness
    (6, "Training", "2,2,2,2,1,1,0,0,0,0"),      # four share it
    (6, "Training", "3,0,0,0,0,0,0,0,7,0"),      # unknown
    (0, "Training", "0,0,0,0,0,0,0,0,0,10"),     # not a face, and without a picture's name
    (1, "PublicTest", "0,0,0,0,2,8,0,0,0,0"),    # disgust
    (2, "PublicTest", "0,0,5,0,0,0,5,0,0,0"),    # a tie
    (5, "PrivateTest", "0,0,10,0,0,0,0,0,0,0"),  # surprise
    (2, "PrivateTest", "0,0,0,0,0,0,7,0,0,3"),   # fear
    (0, "PrivateTest", "1,0,0,0,0,0,0,0,0,9"),   # not a face
]


def write(folder, rows=ROWS, header=HEADER):
    folder.mkdir(exist_ok=True)
    pixels = [f"{label},{PIXELS},{usage}" for label, usage, _ in rows]
    names = ["" if votes.endswith(",10") else f"fer{7 * row:07d}.png" for row, (_, _, votes) in enumerate(rows)]
    votes = [f"{usage},{name},{counts}" for name, (_, usage, counts) in zip(names, rows)]
    (folder / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *pixels]) + "\n")
    (folder / "fer2013new.csv").write_text("\n".join([header, *votes]) + "\n")
    return folder


def look_alike(folder):
    return FerPlus(), write(folder), len(ROWS)


def look_alike_of_shares(folder):
    return FerPlus(labels="probability"), write(folder), len(ROWS)


@pytest.fixture
def data(tmp_path):
    return write(tmp_path / "set")


def votes(*rows):
    return np.array(rows)


def listed(listing):
    return {int(name.split(":")[1]) - 2: listing.classes[label] for name, label in zip(listing.ids, listing.labels)}


def test_the_columns_are_the_official_ones():
    assert ",".join(COLUMNS) == HEADER


def test_majority(data):
    listing = FerPlus().list(data)
    assert listed(listing) == {0: "neutral", 3: "happiness", 7: "disgust", 9: "surprise", 10: "fear"}
    assert listing.partition.tolist() == [0, 0, 1, 2, 2] and listing.note == ""
    assert listing.excluded == {NO_MAJORITY: 4, UNKNOWN: 1, NO_PICTURE: 1, NO_FACE: 1}
    assert listing.votes.tolist() == np.eye(8)[listing.labels].tolist()


@pytest.mark.parametrize(("mode", "first"), [("probability", [5 / 9, 0, 0, 2 / 9, 2 / 9, 0, 0, 0]),
                                             ("multi-target", [1, 0, 0, 0, 0, 0, 0, 0])])
def test_shares(data, mode, first):
    listing = FerPlus(labels=mode).list(data)
    assert listed(listing) == {0: "neutral", 1: "neutral", 2: "neutral", 3: "happiness", 7: "disgust", 9: "surprise",
                               10: "fear"}
    assert listing.excluded == {SPREAD: 1, NO_MAJORITY: 1, UNKNOWN: 1, NO_PICTURE: 1, NO_FACE: 1}
    for row, shares in enumerate([first, [4 / 7, 0, 0, 0, 3 / 7, 0, 0, 0], [.5, 0, 0, .5, 0, 0, 0, 0]]):
        assert listing.votes[row].tolist() == pytest.approx(shares)
    assert listing.note.startswith("2 training pictures have no majority")


def test_pictures_are_those_of_fer2013(data):
    source = FerPlus()
    listing = source.list(data)
    assert np.array_equal(source.read(data, listing.keys[2]).ravel(), np.arange(48 * 48) % 256)
    assert listing.ids[2] == "fer2013.csv:9"


def test_the_fingerprint_sees_both_files(data):
    before, votes_file = FerPlus().fingerprint(data), data / "fer2013new.csv"
    votes_file.write_text(votes_file.read_text().replace("5,0,0,2,2", "6,0,0,2,1"))
    assert FerPlus().fingerprint(data) != before


def test_some_classes(data):
    listing = FerPlus(classes=("happiness", "anger"), labels="probability").list(data)
    assert listed(listing) == {3: "happiness"} and listing.excluded[NOT_CHOSEN] == 6 and listing.note == ""
    with pytest.raises(StudyError, match="'anger'"):
        FerPlus(classes=("angry",))
    with pytest.raises(StudyError, match="'majority' or 'probability'"):
        FerPlus(labels="vote")


@pytest.mark.parametrize(("row", "problem"), [
    ("PublicTest,a.png,8,0,0,1,1,0,0,0,0,0", "row 2: Usage 'PublicTest', but 'Training' in row 2 of fer2013.csv"),
    ("training,a.png,8,0,0,1,1,0,0,0,0,0", "row 2: Usage 'training'"),
    ("Training,a.png,8,0,0,1,1,0,0,0,0", "row 2: 11 columns, expected 12"),
    ("Training", "row 2: 1 columns"),
    ("Training,a.png,8,0,0,1,1,0,0,0,0,x", "row 2: 'x' votes for NF"),
    ("Training,a.png,-8,0,0,1,1,0,0,0,0,0", "row 2: '-8' votes for neutral"),
    ("Training,a.png,8,0,0,1,.5,0,0,0,0,0", "row 2: '.5' votes for anger"),
    ("Training,a.png,8,0,0,1,,0,0,0,0,0", "row 2: '' votes for anger"),
    (f"Training,a.png,{'9' * 5000},0,0,1,1,0,0,0,0,0", "row 2: '999"),
])
def test_a_wrong_row_is_named(data, row, problem):
    path = data / "fer2013new.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], row, *lines[2:]]))
    with pytest.raises(BadInput, match=problem) as error:
        FerPlus().list(data)
    assert error.value.file == path


def test_files_that_do_not_belong_together(data):
    path = data / "fer2013new.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    with pytest.raises(BadInput, match=r"fer2013new\.csv: 11 rows of votes for the 12 pictures of fer2013\.csv"):
        FerPlus().list(data)
    path.write_text("".join([lines[0], *reversed(lines[1:])]))
    with pytest.raises(BadInput, match="row 2: Usage 'PrivateTest'"):
        FerPlus().list(data)
    turned = [(label, usage, ROWS[at][2]) for (label, usage, _), at in zip(ROWS, (3, 1, 2, 0, 4, 5, 6, 7, 8, 10, 9, 11))]
    with pytest.raises(BadInput, match=r"fer2013new\.csv: only 20% of the majority labels agree"):
        FerPlus().list(write(data, turned))


def test_missing_files_and_wrong_columns(data):
    with pytest.raises(BadInput, match=r"a folder with fer2013\.csv and fer2013new.csv"):
        FerPlus().list(None)
    with pytest.raises(BadInput, match=r"fer2013\.csv: not a folder"):
        FerPlus().list(data / "fer2013.csv")
    with pytest.raises(BadInput, match="row 1: the columns are"):
        FerPlus().list(write(data, header=HEADER.replace("contempt", "scorn")))
    with pytest.raises(BadInput, match=r"fer2013\.csv: a header and no picture"):
        FerPlus().list(write(data, []))
    (data / "fer2013.csv").unlink()
    with pytest.raises(BadInput, match=r"fer2013\.csv: no such file"):
        FerPlus().list(data)
    (data / "fer2013new.csv").rename(data / "fer2013-new.csv")
    with pytest.raises(BadInput, match=r"fer2013new\.csv: no such file.*'fer2013-new\.csv', which may be it"):
        FerPlus().list(data)


@pytest.mark.parametrize(("mode", "row", "shares"), [
    ("majority", [6, 2, 2, 0, 0, 0, 0, 0, 0, 0], {0: 1}),
    ("majority", [5, 1, 1, 1, 1, 1, 0, 0, 0, 0], {0: 1}),                      # 5 of the 5 that remain
    ("majority", [5, 2, 3, 0, 0, 0, 0, 0, 0, 0], {}),                          # half is not more than half
    ("majority", [4, 0, 0, 0, 0, 0, 0, 0, 6, 0], {}),
    ("majority", [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], {}),                          # nothing remains
    ("probability", [5, 3, 2, 0, 0, 0, 0, 0, 0, 0], {0: 5 / 8, 1: 3 / 8}),     # 8 of 10 are enough
    ("probability", [3, 3, 2, 2, 0, 0, 0, 0, 0, 0], {}),                       # 3, 3, then both of 2: four
    ("probability", [2, 2, 2, 2, 0, 0, 0, 0, 2, 0], {}),
    ("probability", [4, 2, 0, 0, 0, 0, 0, 0, 2, 2], {0: 2 / 3, 1: 1 / 3}),     # of a tie with unknown the emotion
    ("probability", [4, 0, 0, 0, 0, 0, 0, 0, 3, 3], {}),                       # stops at unknown: 4 of 10
    ("probability", [0, 6, 0, 0, 0, 0, 0, 0, 4, 0], {1: 1}),                   # stops at unknown: 6 of 10
    ("probability", [4, 0, 0, 0, 0, 0, 0, 0, 6, 0], {}),
    ("probability", [5, 0, 0, 0, 0, 0, 0, 0, 5, 0], {}),                       # half is not more than half
    ("multi-target", [4, 3, 3, 0, 0, 0, 0, 0, 0, 0], {0: .4, 1: .3, 2: .3}),
    ("multi-target", [6, 2, 2, 0, 0, 0, 0, 0, 0, 0], {0: 1}),
    ("multi-target", [5, 0, 0, 0, 0, 0, 0, 0, 5, 0], {0: 1}),                  # as many as unknown: those fall away
    ("multi-target", [4, 0, 0, 0, 0, 0, 0, 0, 6, 0], {}),
    ("multi-target", [2, 2, 2, 2, 2, 0, 0, 0, 0, 0], {}),                      # none has 30 %
])
def test_the_rules(mode, row, shares):
    found, kept = rule(votes(row), mode)
    assert kept.tolist() == [bool(shares)]
    assert found[0].tolist() == pytest.approx([shares.get(emotion, 0) for emotion in range(8)])


def test_an_unknown_mode():
    with pytest.raises(StudyError, match="'multi-target'"):
        rule(votes([0] * 10), "multi_target")


@st.composite
def ballots(draw):
    """Counts of ten annotators."""
    return np.bincount(draw(st.lists(st.integers(0, 9), min_size=10, max_size=10)), minlength=10)


@given(ballots(), st.sampled_from(MODES), st.permutations(range(8)))
def test_what_holds_for_every_ballot(counts, mode, order):
    (shares,), (kept,) = rule(counts[None], mode)
    assert shares.sum() == pytest.approx(float(kept)) and np.count_nonzero(shares) <= 3
    assert not shares[counts[:8] < 2].any()
    moved, still = rule(np.concatenate([counts[list(order)], counts[8:]])[None], mode)
    assert np.array_equal(moved[0], shares[list(order)]) and still[0] == kept
    (majority,), (clear,) = rule(counts[None], "majority")
    assert not clear or (kept and shares.argmax() == majority.argmax())  # so that every mode is tested on the same pictures


@given(st.lists(ballots(), min_size=2, max_size=5), st.sampled_from(MODES))
def test_rows_do_not_know_of_each_other(rows, mode):
    together, kept = rule(np.stack(rows), mode)
    for row, shares, stays in zip(rows, together, kept):
        alone, _ = rule(row[None], mode)
        assert np.array_equal(alone[0], shares) and stays == shares.any()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return write(tmp_path_factory.mktemp("mangled"))


@given(at=st.integers(0, 45), length=st.integers(0, 12), mode=st.sampled_from(MODES),
       text=st.binary(max_size=12) | st.text("0123456789,\n\r \"-.", max_size=8).map(str.encode))
def test_a_mangled_row_reads_right_or_is_named(place, at, length, text, mode):
    path, good = place / "fer2013new.csv", b"Training,fer0000021.png,0,9,0,0,0,0,0,0,1,0"
    row = good[:at] + text + good[at + length:]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], row + b"\n", *lines[5:]]))
    try:
        listing = FerPlus(labels=mode).list(place)
    except BadInput as error:
        assert error.file == path
        named = error.row in range(5, 7 + text.count(b"\n"))
        assert named or (b"\n" in text and "rows of votes" in error.what) or (not row.strip() and "rows of votes" in error.what)
    else:
        usage, name, *counts = [part.strip() for part in row.split(b"\n")[0 if row.split(b"\n")[0].strip() else -1].split(b",")]
        (shares,), (kept,) = rule(votes([int(count) for count in counts]), mode)
        assert usage == b"Training" and len(counts) == 10
        assert (3 in listed(listing)) == (kept and name != b"")
        if 3 in listed(listing):
            assert listing.votes[listing.ids.index("fer2013.csv:5")].tolist() == pytest.approx(shares.tolist())
    finally:
        path.write_bytes(b"".join(lines))


@pytest.fixture(scope="module")
def real(real_data):
    """(n, 10) votes, (n,) number of the part, (n,) bool has a picture; read in another way than the data set reads them."""
    text = np.loadtxt(real_data / "fer2013new.csv", delimiter=",", skiprows=1, dtype=str)
    parts = np.array([fer2013.USAGE[usage.encode()] for usage in text[:, 0]])
    return text[:, 2:].astype(int), parts, text[:, 1] != ""


@pytest.mark.parametrize(("mode", "train", "validation", "test"), [  # the first two: published counts of the reference program
    ("majority", 25_060, 3_199, 3_153), ("probability", 27_956, 3_505, 3_505), ("multi-target", 27_671, 3_472, 3_472)])
def test_the_real_votes(real, mode, train, validation, test):
    counts, parts, pictured = real
    assert len(counts) == 35_887 and np.count_nonzero(~pictured) == 173
    _, kept = rule(counts, mode)
    assert np.bincount(parts[kept & pictured]).tolist() == [train, validation, test]


def test_the_real_ties(real):
    """1,844 rows: equal largest counts among the eight emotions, single votes included, unknown and not a face left out."""
    emotions = np.sort(real[0][:, :8], 1)
    tied = emotions[:, -1] == emotions[:, -2]
    assert np.count_nonzero(tied) == 1_844 and np.count_nonzero(tied & ~real[2]) == 173
    assert not (tied & rule(real[0], "majority")[1]).any()


@pytest.mark.parametrize(("mode", "train"), [("majority", 25_060), ("probability", 27_956), ("multi-target", 27_671)])
def test_the_real_files(real_data, mode, train):
    listing = FerPlus(labels=mode).list(real_data)
    assert np.bincount(listing.partition).tolist() == [train, 3_199, 3_153]
    assert listing.excluded[NO_PICTURE] == 173 and len(listing.ids) + sum(listing.excluded.values()) == 35_887
    undecided = train - 25_060  # every training picture with a majority is kept in every mode
    assert listing.note == "" if not undecided else listing.note.startswith(f"{undecided:,} training pictures")


def test_evaluation_is_the_same_under_every_mode(data):
    majority, *others = [FerPlus(labels=mode).list(data) for mode in MODES]
    for other in others:
        one, two = ({name: label for name, label, part in zip(listing.ids, listing.labels, listing.partition) if part}
                    for listing in (majority, other))
        assert one == two and len(one) == 3
    assert dataclasses.replace(FerPlus(), classes=()).classes == CLASSES

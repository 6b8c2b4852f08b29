import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mixedfer.errors import BadInput, StudyError
from mixedfer.faces.datasets import NOT_CHOSEN
from mixedfer.faces.datasets.manifest import FER_PLUS, TIED, Manifest
from tests.faces.look_alikes import picture

PEOPLE = Manifest(subject="person", partition="part")
ROWS = """path,label,person,part
anna/1.png,happy,anna,train
anna/2.png,sad,anna,train
ben/1.png,sad,ben,validation
carl/1.png,happy,,test
"""


def laid_out(folder, text, pictures=("anna/1.png", "anna/2.png", "ben/1.png", "carl/1.png"), encoding="utf-8"):
    for name in pictures:
        picture(folder / name)
    (folder / "faces.csv").write_bytes(text.encode(encoding))
    return folder / "faces.csv"


def look_alike(folder):
    return PEOPLE, laid_out(folder, ROWS), 4


def look_alike_with_votes_and_boxes(folder):
    """Two faces on one picture; one row tied."""
    rows = "file;happy;sad;x;y;w;h\nanna/1.png;8;2;0;0;3;3\nanna/1.png;1;2;3;0;3;3\nanna/2.png;1;1;0;0;3;3\nben/1.png;9;0;;;;\n"
    return Manifest(path="file", label="", votes=("happy", "sad"), box=("x", "y", "w", "h")), laid_out(folder, rows), 4


def look_alike_of_fer_plus(folder):
    """Three folders with label.csv and no header, as FER+'s own tool and those after it write them."""
    votes = {"Training": {"a": "0,5,2,0,0,0,0,0,0,0", "b": "1,0,0,7,0,0,0,0,2,0"}, "PublicTest": {"c": "0,9,0,0,0,0,0,0,0,1"},
             "PrivateTest": {"d": "0,10,0,0,0,0,0,0,0,0", "e": "0,0,0,6,4,0,0,0,0,0"}}
    for part, faces in votes.items():
        for name in faces:
            picture(folder / part / f"fer_{name}.png")
        rows = [f'fer_{name}.png,"(0, 0, 48, 48)",{cells}\n' for name, cells in faces.items()]
        (folder / part / "label.csv").write_text("".join(rows))
    return Manifest(columns=("path", "box", *FER_PLUS), label="", box=("box",), votes=FER_PLUS, classes=FER_PLUS[:8]), folder


def test_columns_become_entries(tmp_path):
    listing = PEOPLE.list(laid_out(tmp_path, ROWS))
    assert listing.ids == listing.keys == ["anna/1.png", "anna/2.png", "ben/1.png", "carl/1.png"]
    assert listing.classes == ("happy", "sad") and listing.labels.tolist() == [0, 1, 1, 0]
    assert listing.partition.tolist() == [0, 0, 1, 2]
    anna, again, ben, unknown = listing.subjects.tolist()
    assert anna == again != ben and unknown == -1
    assert listing.votes is listing.boxes is None and listing.excluded == {} and listing.note == ""


def test_votes_boxes_ties_and_two_faces_on_a_picture(tmp_path):
    source, data, _ = look_alike_with_votes_and_boxes(tmp_path)
    listing = source.list(data)
    assert listing.keys == ["anna/1.png", "anna/1.png", "ben/1.png"]
    assert listing.ids == ["anna/1.png#1", "anna/1.png#2", "ben/1.png"]
    assert listing.labels.tolist() == [0, 1, 0] and listing.excluded == {TIED: 1}
    assert listing.votes == pytest.approx(np.array([[8 / 10, 2 / 10], [1 / 3, 2 / 3], [1, 0]]))
    assert listing.boxes[:2].tolist() == [[0, 0, 3, 3], [3, 0, 3, 3]] and np.isnan(listing.boxes[2]).all()
    assert listing.subjects[0] == listing.subjects[1] >= 0 > listing.subjects[2]


def test_a_label_column_goes_before_the_votes(tmp_path):
    data = laid_out(tmp_path, "path,label,happy,sad\nanna/1.png,sad,9,1\nanna/2.png,happy,1,1\n")
    listing = Manifest(votes=("happy", "sad")).list(data)
    assert listing.labels.tolist() == [1, 0] and listing.votes == pytest.approx(np.array([[.9, .1], [.5, .5]]))


def test_folders_of_faces_lists_without_a_header(tmp_path):
    source, data = look_alike_of_fer_plus(tmp_path)
    listing = source.list(data)
    assert listing.ids == ["PrivateTest/fer_d.png", "PrivateTest/fer_e.png", "PublicTest/fer_c.png", "Training/fer_a.png",
                           "Training/fer_b.png"]
    assert listing.partition.tolist() == [2, 2, 1, 0, 0]
    assert [listing.classes[label] for label in listing.labels] == ["happy", "sad", "happy", "happy", "sad"]
    assert listing.boxes.tolist() == [[0, 0, 48, 48]] * 5
    assert listing.votes[3] == pytest.approx([0, 5 / 7, 2 / 7, 0, 0, 0, 0, 0])
    unknown = Manifest(columns=source.columns, label="", box=("box",), votes=FER_PLUS, classes=("sad", "unknown")).list(data)
    assert unknown.excluded == {NOT_CHOSEN: 3}


def test_a_folder_with_one_csv_file_and_one_with_two(tmp_path):
    data = laid_out(tmp_path, ROWS)
    (tmp_path / f"._{data.name}").write_bytes(b"what macOS adds to archives")
    assert PEOPLE.list(tmp_path).ids == PEOPLE.list(data).ids
    (tmp_path / "more.csv").write_text(ROWS)
    with pytest.raises(BadInput, match="CSV files: 2 in this folder; expected one"):
        PEOPLE.list(tmp_path)
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    for name in ("faces", "more"):
        (tmp_path / f"{name}.csv").rename(tmp_path / "train" / f"{name}.csv")
    with pytest.raises(BadInput, match="0 in this folder, 0 in test, 2 in train"):
        PEOPLE.list(tmp_path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_told_apart_or_declared(tmp_path, separator):
    data = laid_out(tmp_path, ROWS.replace(",", separator))
    assert PEOPLE.list(data).labels.tolist() == [0, 1, 1, 0]
    assert Manifest(subject="person", partition="part", separator=separator).list(data).labels.tolist() == [0, 1, 1, 0]
    with pytest.raises(BadInput, match="row 1: no column 'path'"):
        Manifest(separator=";" if separator == "," else ",").list(data)


@pytest.mark.parametrize("text", [
    "\ufeff" + ROWS, ROWS.replace("\n", "\r\n"), ROWS.rstrip("\n"), ROWS.replace("\n", "\n\n"), ROWS.replace(",", " , "),
    ROWS.replace("anna/1.png", '"anna/1.png"').replace("label", '"label"'), ROWS.replace("anna/", "./anna//"),
    ROWS.replace("train", "Training")])
def test_other_ways_to_write_the_same(tmp_path, text):
    listing = PEOPLE.list(laid_out(tmp_path, text))
    assert listing.ids == ["anna/1.png", "anna/2.png", "ben/1.png", "carl/1.png"] and listing.partition.tolist() == [0, 0, 1, 2]


def test_names_with_separators_accents_and_spaces(tmp_path):
    names = ("é, ü/a; b.png", "日本/ß.png")
    listing = Manifest().list(laid_out(tmp_path, f'path,label\n"{names[0]}",happy\n{names[1]},sad\n', names))
    assert listing.ids == list(names)


@pytest.mark.parametrize(("old", "new", "row", "problem"), [
    ("anna/2.png", "anna/3.png", 3, "'anna/3.png' is not there"),
    ("anna/2.png", "../anna/2.png", 3, "does not lie below"),
    ("anna/2.png", "ben/../anna/2.png", 3, "does not lie below"),
    ("anna/2.png", "/etc/hosts", 3, "does not lie below"),
    ("anna/2.png", "anna", 3, "'anna' is a folder"),
    ("anna/2.png", "dora/2.png", 3, "'dora/2.png' is not there"),
    ("anna/2.png", "anna\\2.png", 3, "is not there"),
    ("anna/2.png", "x" * 5000 + "/a.png", 3, "is not there"),
    ("anna/2.png", "anna/1.png", 3, "'anna/1.png' is listed a second time; first in row 2"),
    ("anna/2.png", "./anna//1.png", 3, "'anna/1.png' is listed a second time; first in row 2"),
    ("anna/2.png", "", 3, "column 'path' is empty"),
    ("anna/2.png,sad", "anna/2.png,", 3, "column 'label' is empty"),
    ("ben,validation", "ben,", 4, "column 'part' is empty"),
    ("ben,validation", "ben,valdation", 4, "partition 'valdation'"),
    ("ben,validation", "ben", 4, "3 cells between commas, expected 4"),
    ("ben,validation", "ben,train,x", 4, "5 cells between commas, expected 4"),
    ("ben/1.png", '"ben/1.png', 4, "not a row of a table"),
    ("path,", "file,", 1, "no column 'path'"),
    ("person", "path", 1, "2 columns 'path'"),
    ("\ncarl", "\ncarl\0", 5, "zero byte")])
def test_a_wrong_row_is_named(tmp_path, old, new, row, problem):
    data = laid_out(tmp_path, ROWS.replace(old, new, 1))
    for method in (PEOPLE.list, PEOPLE.fingerprint):
        with pytest.raises(BadInput, match=problem) as error:
            method(data)
            PEOPLE.list(data)  # what a fingerprint does not depend on
        assert (error.value.row, error.value.file) == (row, data)


def test_what_is_wrong_has_a_remedy(tmp_path):
    with pytest.raises(BadInput, match="Did you mean 'lable'"):
        Manifest().list(laid_out(tmp_path, ROWS.replace("label", "lable")))
    with pytest.raises(BadInput, match="Did you mean 'validation'"):
        PEOPLE.list(laid_out(tmp_path, ROWS.replace("validation", "valdation")))
    with pytest.raises(BadInput, match=r"row 3: label 'sad'.*Did you mean 'sadness'"):
        Manifest(labels=("sadness", "happy")).list(laid_out(tmp_path, ROWS))


@pytest.mark.parametrize(("encoding", "text", "problem"), [
    ("latin-1", ROWS.replace("carl,", "carl").replace("anna,train", "ann\xe9,train"), "row 2: byte 0xe9 is not UTF-8"),
    ("utf-16", ROWS, "row 1: byte 0xff is not UTF-8"), ("utf-16-le", ROWS, "row 1: a zero byte"),
    ("utf-8", "", "an empty file"), ("utf-8", "\n\n", "an empty file"), ("utf-8", "path,label,person,part\n", "no row"),
    ("utf-8", "path,label,person,part\r" + "a,b,c,d\r" * 300_000, "more than a million bytes")])
def test_files_that_are_no_table(tmp_path, encoding, text, problem):
    with pytest.raises(BadInput, match=problem):
        PEOPLE.list(laid_out(tmp_path, text, encoding=encoding))


@pytest.mark.parametrize(("cells", "problem"), [
    ("x,1,0,0,3,3", "not all of the votes 'x', '1' are numbers"), ("nan,1,0,0,3,3", "not all of the votes"),
    ("inf,1,0,0,3,3", "not all of the votes"), (",1,0,0,3,3", "not all of the votes"),
    ("-1,2,0,0,3,3", "the votes -1, 2 are negative"), ("0,0,0,0,3,3", "the votes 0, 0 are without a sum"),
    ("1e308,1e308,0,0,3,3", "are without a sum"), ("1,2,0,0,3,", "not all of the box '0', '0', '3', '' are numbers"),
    ("1,2,0,0,0,3", "the box 0, 0, 0, 3 is not"), ("1,2,0,0,3,-3", "is not left, top")])
def test_votes_and_boxes_that_cannot_be(tmp_path, cells, problem):
    source = Manifest(label="", votes=("happy", "sad"), box=("x", "y", "w", "h"))
    with pytest.raises(BadInput, match=rf"row 2: .*{problem}"):
        source.list(laid_out(tmp_path, f"path,happy,sad,x,y,w,h\nanna/1.png,{cells}\n"))


@pytest.mark.parametrize("box", ["(1, 2, 3)", "1 2 3 4 5", "(a, b, c, d)", "(1, 2, 0, 4)"])
def test_a_box_in_one_cell(tmp_path, box):
    with pytest.raises(BadInput, match=r"row 2: .*the box"):
        Manifest(box=("box",)).list(laid_out(tmp_path, f'path,label,box\nanna/1.png,happy,"{box}"\n'))


def test_links_may_lead_anywhere_below_the_list_and_nowhere_else(tmp_path):
    data = laid_out(tmp_path / "set", "path,label\na.png,happy\nthere/1.png,sad\n", ["anna/1.png"])
    outside = picture(tmp_path / "outside" / "1.png")
    (data.parent / "a.png").symlink_to("anna/1.png")
    (data.parent / "there").symlink_to("anna")
    assert Manifest().list(data).labels.tolist() == [0, 1]
    (data.parent / "there").unlink()
    (data.parent / "there").symlink_to(outside.parent)
    with pytest.raises(BadInput, match=r"row 3: 'there/1\.png' leads out"):
        Manifest().list(data)
    (data.parent / "a.png").unlink()
    (data.parent / "a.png").symlink_to(outside)
    with pytest.raises(BadInput, match=r"row 2: 'a\.png' leads out"):
        Manifest().list(data)
    (data.parent / "a.png").unlink()
    (data.parent / "a.png").symlink_to("nowhere")
    with pytest.raises(BadInput, match=r"row 2: 'a\.png' is not there"):
        Manifest().list(data)


def test_fields_that_make_no_manifest_are_study_errors():
    for wrong in ({"path": ""}, {"label": ""}, {"box": ("x", "y")}, {"labels": ("a",), "votes": ("a",)}, {"separator": "|"}):
        with pytest.raises(StudyError, match="Manifest"):
            Manifest(**wrong)


def test_the_fingerprint_sees_a_changed_row_and_a_changed_picture(tmp_path):
    data = laid_out(tmp_path, ROWS)
    prints = [PEOPLE.fingerprint(data)]
    picture(tmp_path / "anna" / "1.png", side=8)
    prints.append(PEOPLE.fingerprint(data))
    data.write_text(ROWS.replace("anna/1.png,happy", "anna/1.png,sad"))
    prints.append(PEOPLE.fingerprint(data))
    assert len(set(prints)) == 3


def test_many_rows_take_memory_in_proportion(tmp_path):
    """A thousand faces on each of 20 pictures: no row needs a look at the disk of its own."""
    import tracemalloc

    names = [f"{number}.png" for number in range(20)]
    text = "path,label,x,y,w,h\n" + "".join(f"{name},{'happy' if face % 2 else 'sad'},{face},0,9,9\n"
                                            for name in names for face in range(1000))
    data = laid_out(tmp_path, text, names)
    tracemalloc.start()
    listing = Manifest(box=("x", "y", "w", "h")).list(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(listing.keys) == 20_000 and len(np.unique(listing.subjects)) == 20
    assert peak < 20_000 * 1500


CELLS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["a.png", "b/c.png", "happy", "sad", "train", "3", "-1", "nan", "(0, 0, 3, 3)", "..", "/", "", '"', "\0", "\r", "\ufeff"])
SOURCES = (Manifest(), PEOPLE, Manifest(label="", votes=("happy", "sad")), Manifest(box=("box",)),
           Manifest(columns=("path", "label"), separator=","))


@pytest.fixture(scope="module")
def two_pictures(tmp_path_factory):
    return laid_out(tmp_path_factory.mktemp("mangled"), "", ["a.png", "b/c.png"])


WHOLE = ('path,label,person,part,happy,sad,box\r\na.png,happy,ann,train,1,2,"(0, 0, 3, 3)"\r\nb/c.png,sad,,test,0,5,\r\n',
         "path;label;happy;sad\na.png;happy;1;0\nb/c.png;sad;0,5;2\n", "a.png,happy\nb/c.png,sad\n")
TABLES = st.sampled_from(WHOLE) | st.builds(
    lambda table, separator: "\n".join(separator.join(row) for row in table),
    st.lists(st.lists(CELLS | st.sampled_from(["path", "label", "person", "part"]), max_size=6), max_size=5),
    st.sampled_from(",;\t"))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=TABLES, source=st.sampled_from(SOURCES),
       edits=st.lists(st.tuples(st.integers(0, 150), st.integers(0, 4), st.binary(max_size=3) | st.sampled_from(
           [b"\n", b",", b'"', b"..", b"a.png", b"-"])), max_size=3))
@example(table=WHOLE[0], source=PEOPLE, edits=[])
def test_a_mangled_table_is_read_right_or_refused(two_pictures, table, source, edits):
    raw = table.encode()
    for place, length, put in edits:
        raw = raw[:place] + put + raw[place + length:]
    two_pictures.write_bytes(raw)
    try:
        listing = source.list(two_pictures)
    except BadInput as error:
        assert str(error) and (edits or table != WHOLE[0] or source is SOURCES[-1])
        return
    rows = [line for line in raw.splitlines() if line.strip()]
    assert 0 < len(listing.keys) + sum(listing.excluded.values()) <= len(rows)
    assert set(listing.keys) <= {"a.png", "b/c.png"}
    assert all(name.encode() in raw for name in (listing.classes if source.label else ()))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).map(str.strip).filter(bool),
       subject=st.text(st.characters(codec="utf-8", exclude_characters="\0")), separator=st.sampled_from(",;\t"))
def test_whatever_a_csv_writer_quotes_is_read_back(two_pictures, label, subject, separator):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(
        [["path", "label", "person"], ["a.png", label, subject], ["b/c.png", "other " + label, subject]])
    two_pictures.write_bytes(text.getvalue().encode())
    listing = Manifest(subject="person").list(two_pictures)
    assert [listing.classes[number] for number in listing.labels] == [label, "other " + label]
    assert (listing.subjects is None) if not subject.strip() else (listing.subjects.tolist() == [0, 0])

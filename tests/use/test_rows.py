"""Rows for a terminal, a spreadsheet and a program."""

import csv
import io
import json

import numpy as np

from mixedfer.faces.detectors import Box
from mixedfer.use import rows
from mixedfer.use.prediction import Face, Prediction

CLASSES = ("=happy", "sad\x1b[2J")
FACE = Face(Box(1.004, 2, 30, 40), np.full((68, 2), 1 / 3, np.float32), True, "=happy", np.float32([0.75, 0.25]),
            np.float32([0.125, 0.125]))


def test_a_face_is_a_row():
    one, two = rows.of("a.png", Prediction([FACE, FACE._replace(found=False)]), CLASSES)
    assert (one["face"], two["face"], one["found"], two["found"], one["why"]) == (1, 2, True, False, "")
    assert one["box"] == [1.0, 2, 30, 40] and one["probabilities"] == {"=happy": 0.75, "sad\x1b[2J": 0.25}
    assert one["spread"] == dict.fromkeys(CLASSES, 0.125) and one["landmarks"] == [[0.33, 0.33]] * 68


def test_no_face_is_a_row_too():
    row, = rows.of("a.png", Prediction([], ""), CLASSES)
    assert row == {"source": "a.png", "face": None, "found": False, "why": "no face found"}
    assert rows.of("a.png", Prediction([], "torn"), CLASSES)[0]["why"] == "torn"


def test_a_line_of_json_is_plain_and_complete():
    row, = rows.of("\udcff\u202e\x9b.png", Prediction([FACE]), CLASSES)
    line = rows.line(row)
    assert line.isascii() and line.isprintable() and json.loads(line) == row


def test_cells_hold_no_formula_and_move_no_cursor():
    (row,), (none,) = rows.of("-a,b.png", Prediction([FACE]), CLASSES), rows.of("@x", Prediction([], "no\nface"), CLASSES)
    shape = (CLASSES, True, False)
    lines = [rows.header(*shape), rows.cells(row, *shape), rows.cells(none, *shape)]
    text = "\n".join(map(rows.csv_line, lines))
    read = list(csv.DictReader(io.StringIO(text)))
    assert {len(line) for line in lines} == {13} and text.isprintable() is False and "\x1b" not in text
    assert read[0]["source"] == "'-a,b.png" and read[0]["label"] == "'=happy" and read[0]["p =happy"] == "0.75"
    assert read[0]["spread sad\\x1b[2J"] == "0.125" and (read[0]["found"], read[0]["width"]) == ("true", "30")
    assert read[1]["source"] == "'@x" and read[1]["face"] == "" and read[1]["why"] == "no\\nface"


def test_films_have_columns_of_their_own():
    row, = rows.of("a.mp4", Prediction([]), CLASSES)
    header, cells = rows.header(CLASSES, False, True), rows.cells({**row, "frame": 0, "seconds": 0.0}, CLASSES, False, True)
    told = dict(zip(header, cells, strict=True))
    assert (told["frame"], told["seconds"], told["track"], told["face"]) == (0, 0.0, "", "")

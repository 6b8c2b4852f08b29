"""`mixedfer export` and `mixedfer predict` as a user starts them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from mixedfer.cli import app
from mixedfer.errors import BadInput
from tests.commands import TINY, mixedfer
from tests.tiny import STUDY

KEYS = ("000/happy/0", "001/sad/0", "002/happy/1")


@pytest.fixture
def call(tmp_path, monkeypatch, keras_ready):
    """A command's output, in a folder of its own with some pictures; errors are raised."""
    monkeypatch.chdir(tmp_path)
    Path("photos", "more").mkdir(parents=True)
    faces = [STUDY.dataset.read(None, key) for key in KEYS]
    Image.fromarray(np.concatenate(faces, axis=1)).save("photos/=group.png")
    Image.new("L", (64, 48), 90).save("photos/more/wall.jpg")
    Path("photos/broken.png").write_bytes(b"no picture")

    def called(*arguments):
        result = CliRunner().invoke(app, list(map(str, arguments)))
        if isinstance(result.exception, Exception):
            raise result.exception
        return result.stdout
    return called


def test_lines_of_json_on_the_terminal(call, kept):
    rows = [json.loads(line) for line in call("predict", kept, "photos", "--threads", 1, "-q").splitlines()]
    assert [row["source"] for row in rows] == ["photos/=group.png"] * 3 + ["photos/broken.png", "photos/more/wall.jpg"]
    assert [row["face"] for row in rows] == [1, 2, 3, None, 1]
    assert [row["found"] for row in rows] == [True, True, True, False, False]
    assert "not a picture" in rows[3]["why"] and rows[4]["why"] == "no face found"
    assert set(rows[0]["probabilities"]) == {"happy", "sad"} and len(rows[0]["landmarks"]) == 68


def test_files_and_annotated_copies(call, kept):
    told = call("predict", kept, "photos", "photos/*.png", "--out", "answers", "--annotate", "--threads", 1)
    assert told.splitlines()[0] == "Pictures: 3, without a face: 1, unreadable: 1; faces: 4"
    with open("answers/predictions.csv", newline="") as file:
        table = list(csv.DictReader(file))
    lines = Path("answers/predictions.jsonl").read_text().splitlines()
    assert len(table) == len(lines) == 5 and table[0]["source"] == "photos/=group.png"
    for row, line in zip(table, map(json.loads, lines)):
        assert row["label"] == line.get("label", "") and (row["face"] or None) == (line["face"] and str(line["face"]))
    copies = sorted(path.name for path in Path("answers/annotated").iterdir())
    assert copies == ["00001-=group.png", "00003-wall.png"] and not list(Path("answers").glob("*.part"))
    with Image.open("answers/annotated/00001-=group.png") as copy:
        assert copy.width > 600 and copy.height >= 200
    with pytest.raises(BadInput, match="a picture in the folder that is written to"):
        call("predict", kept, ".", "--out", "answers", "--threads", 1)


def test_csv_on_the_terminal(call, kept):
    told = call("predict", kept, "photos/more", "--csv", "--threads", 1, "-q").splitlines()
    assert told[0] == "source,face,found,left,top,width,height,label,p happy,p sad,why"
    assert told[1].startswith("photos/more/wall.jpg,1,false,0.0,0.0,64.0,48.0,") and len(told) == 2


def test_nothing_readable_is_an_error_after_its_rows(call, kept):
    with pytest.raises(BadInput, match="no picture could be read: not a picture") as refused:
        call("predict", kept, "photos/broken.png", "--out", "answers", "--threads", 1, "-q")
    assert refused.value.exit_code == 2
    assert json.loads(Path("answers/predictions.jsonl").read_text())["source"] == "photos/broken.png"


def test_slips_are_told(call, kept):
    with pytest.raises(BadInput, match="--annotate needs a place"):
        call("predict", kept, "photos", "--annotate")
    with pytest.raises(BadInput, match="no such file, and no picture"):
        call("predict", kept, "fotos/*.png")
    with pytest.raises(BadInput, match="--json and --csv"):
        call("predict", kept, "photos", "--json", "--csv")
    with pytest.raises(BadInput, match="not a bundle"):
        call("predict", "photos", "photos", "--threads", 1)


def test_a_study_is_exported(call, whole):
    told = call("export", TINY, "--arm", "landmarks-only", "--replicate", 2, "--store", whole[0] / ".mixedfer")
    assert told == "Replicate 2 of 2 of landmarks-only\nBundle: bundles/tiny-landmarks-only\n"
    said = json.loads(Path("bundles/tiny-landmarks-only/bundle.json").read_text())
    assert said["arm"]["image"] is False and said["members"][0]["replicate"] == 1
    with pytest.raises(BadInput, match="no arm 'mixd'"):
        call("export", TINY, "--arm", "mixd", "--store", whole[0] / ".mixedfer")
    with pytest.raises(BadInput, match="the study has no grid"):
        call("export", TINY, "--arm", "mixed", "--point", "width=1", "--store", whole[0] / ".mixedfer")


def test_a_bundle_needs_nothing_else(kept, tmp_path):
    """In a process of its own that never saw a study, as the command that the package installs."""
    Image.fromarray(STUDY.dataset.read(None, KEYS[0])).save(tmp_path / "one.png")
    output, errors = mixedfer("predict", kept, "one.png", "--quiet", cwd=tmp_path)
    row = json.loads(output)
    assert row["face"] == 1 and row["found"] and errors == ""

"""What commands answer, in this process and without training."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mixedfer import cli
from mixedfer.cli import app
from mixedfer.engines.local import Local
from mixedfer.errors import BadInput
from tests.commands import ROOT, TINY, mixedfer
from tests.evidence.synthetic import build
from tests.own_process import OwnProcess

PILOT = "from tests.evidence import synthetic\nSTUDY = synthetic.study()\n"
GRID = ("import dataclasses\nfrom mixedfer.study import Axis\nfrom tests.{of} import {study} as ONE\n"
        "STUDY = dataclasses.replace(ONE{call}, grid=(Axis({axis}),))\n")


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command's output, in a folder of its own and in this process; errors are raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Local, "pool", OwnProcess.pool)

    def called(*arguments):
        result = CliRunner().invoke(app, list(map(str, arguments)))
        if isinstance(result.exception, Exception):
            raise result.exception
        return result.stdout
    return called


def study_file(name, text):
    with open(f"{name}.py", "w") as file:
        file.write(text)
    return f"{name}.py"


def test_a_pilot_is_planned_from(call, tmp_path):
    build(tmp_path / ".mixedfer", name="a_pilot")
    told = call("plan", study_file("a_pilot", PILOT), "--pilot")
    assert "pilot of mixed against image-only, 5 replicates" in told and "63 test subjects" in told


def test_other_metrics_are_planned_from_a_pilot_alone(call):
    file = study_file("by_loss", PILOT.replace("study()", "study().varying(metric='log_loss')"))
    with pytest.raises(BadInput, match="log loss") as refused:
        call("plan", file)
    assert "--pilot" in refused.value.remedy


def test_the_plan_of_a_grid_says_which_point_it_is_for(call):
    text = GRID.format(of="evidence.synthetic", study="study", call="()", axis="'train_share', (0.5, 1.0)")
    assert "at train_share=0.5, the first of 2 points" in call("plan", study_file("planned_grid", text))


def test_what_a_grid_decides_cannot_be_set(call):
    text = GRID.format(of="tiny", study="STUDY", call="", axis="'width', (0.5, 1.0)")
    with pytest.raises(BadInput, match="axis 'width'"):
        call("report", study_file("set_grid", text), "--set", "backbone.width=0.25")


def test_a_grid_is_prepared_whole(call, prepared):
    file = study_file("sized_grid", GRID.format(of="tiny", study="STUDY", call="", axis="'size', (32, 16)"))
    found = json.loads(call("prepare", file, "--store", prepared[0], "--json"))
    assert [one["point"] for one in found] == ["size=32", "size=16"] and len({one["folder"] for one in found}) == 2
    assert all(one["faces"]["given"] == one["faces"]["used"] == 48 for one in found)
    told = call("prepare", file, "--store", prepared[0], "--quiet")
    assert told.count("48 of") == 2 and told.count("48 pictures given: 48 used") == 2


def test_each_face_set_is_audited_once(call, prepared):
    shared = study_file("shared_grid", GRID.format(of="tiny", study="STUDY", call="", axis="'train_share', (0.5, 1.0)"))
    one, = json.loads(call("audit", shared, "--store", prepared[0], "--json"))
    assert one["point"] == "" and [part["images"] for part in one["parts"]] == [48, 28, 8, 12]
    assert one["parts"][0]["subjects"] == 12 and one["parts"][0]["subjects_elsewhere"] == 0
    sized = study_file("two_sizes", GRID.format(of="tiny", study="STUDY", call="", axis="'size', (32, 16)"))
    told = call("audit", sized, "--store", prepared[0])
    assert told.count("48 pictures\n") == 2 and told.count("Equal and nearly equal pictures") == 2
    assert all(Path("reports", "two_sizes", f"size={size}", f"audit.{kind}").is_file()
               for size in (32, 16) for kind in ("svg", "png", "csv"))


def test_prepare_prints_counts_as_json(call, prepared):
    counts = json.loads(call("prepare", TINY, "--store", prepared[0], "--json"))["faces"]
    assert counts["images"] == 48 and sum(row["images"] for row in counts["by_class"].values()) == 48


def test_plan_says_how_many_replicates_it_takes(call, tmp_path):
    told = call("plan", TINY, "--images", "1000", "--images", "20000")
    assert "20,000 test images: 3 replicates" in told and (tmp_path / "reports" / "tiny" / "plan.svg").stat().st_size > 5000
    made = json.loads(call("plan", TINY, "--json", "--accuracy", "0.9"))
    assert {row["replicates"] for row in made["grid"]} == {2, 3, 5, 10, 20, 50}


def test_list_and_doctor(call, keras_ready):
    listed = call("list", ROOT / "experiments")
    assert "experiments/quickstart.py" in listed and "experiments/fer2013.py" in listed
    found = call("doctor")
    for word in ("tensorflow", "cores", "shape_predictor_68_face_landmarks.dat", "accelerator", "deterministic"):
        assert word in found


def test_faces_are_inspected_where_they_are_wanted(call, prepared):
    file = study_file("looked_at", "from tests.tiny import STUDY\n")
    assert call("inspect", file, "--store", prepared[0], "-q") == f"Faces: {Path('reports/looked_at/faces/index.html')}\n"
    call("inspect", file, "--store", prepared[0], "--out", "elsewhere", "--per-class", 2)
    assert {"01-happy-found.png", "02-sad-found.png"} <= {path.name for path in Path("elsewhere", "sheets").iterdir()}


def test_an_error_moves_no_cursor():
    told = cli._paragraph(BadInput("it says \x1b[2J\x9b1A", file="a\rb.png", remedy="Look."))
    assert told == "mixedfer: a b.png: it says ?[2J?1A. Look."


def test_the_package_is_a_command(tmp_path):
    assert "Usage" in mixedfer("--help", cwd=tmp_path, code=("-m", "mixedfer"))[0]

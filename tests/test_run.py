"""The whole way, as users go it: the command on real faces with real training, mostly in processes of its own."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from mixedfer.cli import app
from mixedfer.engines.local import Local
from tests.commands import ROOT, TINY, WITHOUT_KERAS, files, mixedfer
from tests.own_process import OwnProcess


def test_one_command_ends_with_a_verdict_and_a_report(whole):
    folder, (output, errors) = whole
    assert "mixed is " in output and "margin 5 points" in output and "reports/tiny/index.html" in output
    assert errors == ""
    for name in ("index.html", "report.md", "results.json", "figures/effect.svg", "figures/effect.png"):
        assert (folder / "reports" / "tiny" / name).stat().st_size > 500


def test_results_json_tells_of_this_study(whole):
    results = json.loads((whole[0] / "reports" / "tiny" / "results.json").read_text())
    assert results["schema"] == 1 and results["study"] == "tiny"
    assert results["metric"] == "accuracy" and results["margin"] == 0.05
    assert [row["treatment"] for row in results["comparisons"]] == ["mixed", "shuffled", "landmarks-only"]
    assert all(row["ci95"] is None and row["test"].startswith("none: ") for row in results["comparisons"])
    assert all(len(arm["replicates"]) == 2 and 0 <= arm["mean"] <= 1 for arm in results["arms"])
    assert results["comparable"]["passed"] and len(results["comparable"]["checks"]) >= 6
    assert results["faces"]["images"] == 48 and set(results["faces"]["by_class"]) == {"happy", "sad"}


def test_the_same_command_again_trains_nothing_and_needs_no_keras(whole):
    folder, _ = whole
    before = files(folder, "reports/**/*.*", ".mixedfer/runs/**/*.*")
    output, _ = mixedfer("run", TINY, cwd=folder, code=WITHOUT_KERAS)
    assert "8 cells, all finished" in output
    assert files(folder, "reports/**/*.*", ".mixedfer/runs/**/*.*") == before


def test_a_report_is_made_anew_without_the_making_half(whole, tmp_path):
    folder, _ = whole
    mixedfer("report", TINY, "--reports", tmp_path, cwd=folder, code=WITHOUT_KERAS)
    assert files(tmp_path / "tiny", "**/*.*") == files(folder / "reports" / "tiny", "**/*.*")
    made = CliRunner().invoke(app, ["report", str(TINY), "--store", str(folder / ".mixedfer"), "--reports", str(tmp_path),
                                    "--no-pictures"])
    assert made.exit_code == 0 and "Pictures are left out" in (tmp_path / "tiny" / "report.md").read_text()


def test_fewer_replicates_reuse_the_runs_and_faces_that_were_prepared_elsewhere_need_neither_data_nor_dlib(whole, tmp_path):
    shutil.copytree(whole[0] / ".mixedfer", tmp_path / ".mixedfer")
    (faces,) = (tmp_path / ".mixedfer" / "faces").iterdir()
    faces.rename(faces.with_name("elsewhere"))
    output, _ = mixedfer("run", TINY, "--prepared", "--set", "replicates=1", cwd=tmp_path, code=WITHOUT_KERAS)
    assert "48 of      48 faces found" in output and "4 cells, all finished" in output
    results = json.loads((tmp_path / "reports" / "tiny" / "results.json").read_text())
    assert results["varied"] == {"replicates": 1} and len(results["arms"][0]["replicates"]) == 1


def test_a_grid_gives_one_report_over_its_points_whose_folds_test_every_picture_once(prepared, tmp_path, monkeypatch,
                                                                                     keras_ready):
    """In this process, for what workers do is the same for every study."""
    store, _ = prepared
    monkeypatch.setattr(Local, "run", OwnProcess.run)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid_of_two.py").write_text(
        '"""Two shares."""\nimport dataclasses\nfrom tests.tiny import STUDY as TINY, Arm, Shuffled, normalised\n'
        'from mixedfer.study import Axis\n'
        'STUDY = dataclasses.replace(TINY.varying(epochs=1, replicates=1), control=TINY.treatments[2],\n'
        '                            treatments=(Arm("others", landmarks=Shuffled(normalised)),),\n'
        '                            grid=(Axis("train_share", (0.5, 1.0)),))\n')
    arguments = ["run", "grid_of_two.py", "--quiet", "--set", "folds=2", "--store", str(store)]
    output = CliRunner().invoke(app, arguments, catch_exceptions=False).stdout
    assert "reports/grid_of_two/index.html" in output
    report = tmp_path / "reports" / "grid_of_two"
    for share in ("0.5", "1.0"):
        results = json.loads((report / f"train_share={share}" / "results.json").read_text())
        assert results["comparable"]["passed"] and results["varied"] == {"folds": 2}
        assert results["design"]["test_images"] == 48 and [run["fold"] for run in results["arms"][0]["replicates"]] == [0, 1]
    assert (report / "figures" / "forest.svg").exists() and "train_share=0.5" in (report / "index.html").read_text()


@pytest.mark.parametrize(("arguments", "problem"), [
    (("run", "no-such.py"), "no such study file"),
    (("run", TINY, "--set", "epoch=3"), "'epochs'"),
    (("run", TINY, "--workers", "many"), "--workers"),
    (("run", ROOT / "experiments" / "fer2013.py"), "--data PATH"),
    (("run", ROOT / "experiments" / "fer2013.py", "--data", "nowhere.csv"), "no such file or folder"),
    (("report", TINY), "has no runs in this store"),
    (("prepare", TINY, "--predictor", TINY), "SHA-256"),
    (("list", ROOT / "tests" / "evidence"), "no study file"),
    (("prepare", TINY, "--jsn"), "--json"),
])
def test_bad_input_is_one_paragraph_and_code_2(ending, arguments, problem):
    code, told = ending(*arguments)
    assert code == 2 and problem in told and "Traceback" not in told


def test_bad_input_ends_the_process_with_code_2(tmp_path):
    _, errors = mixedfer("run", "no-such.py", cwd=tmp_path, ends=2)
    assert errors.startswith("mixedfer: no-such.py: no such study file")

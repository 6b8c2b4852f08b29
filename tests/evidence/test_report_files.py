"""A report's files: made once, mended after a kill, and never at the cost of what others put beside them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from mixedfer import disk, records
from mixedfer.errors import BadInput, Busy
from mixedfer.evidence import report, results
from tests.commands import files
from tests.evidence.synthetic import build, changed


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """(store, plan, Report) of a small study."""
    store = tmp_path_factory.mktemp("store")
    plan = build(store, images=40, replicates=2, name="small")
    return store, plan, report.write(plan, store, store / "reports")


def test_the_second_call_makes_nothing_and_imports_nothing_heavy(written):
    store, plan, made = written
    before = files(made.folder, "**/*.*")
    code = ("import sys\nfrom pathlib import Path\nfrom mixedfer.evidence import report\n"
            "from mixedfer.records import Plan\nimport json\n"
            "plan = Plan(**json.loads(sys.argv[1]))\nmade = report.write(plan, Path(sys.argv[2]), Path(sys.argv[3]))\n"
            "print(made.made, sorted({'matplotlib', 'scipy', 'jinja2', 'statsmodels'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code, json.dumps(plan.__dict__), str(store), str(store / "reports")],
                          capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False []"
    assert files(made.folder, "**/*.*") == before


def test_a_report_made_twice_has_equal_bytes(written):
    """Also from a plan that was read back from disk, where JSON has sorted its keys."""
    store, plan, made = written
    records.write_plan(store / "plan.json", plan)
    again = report.write(records.read_plan(store / "plan.json"), store, store / "elsewhere")
    assert again.made and files(again.folder, "**/*.*") == files(made.folder, "**/*.*")


def test_the_digest_covers_all_source_templates_and_libraries(written, monkeypatch):
    store, plan, _ = written
    seen, hash_file = set(), disk.hash_file
    monkeypatch.setattr(disk, "hash_file", lambda path: seen.add(path.name) or hash_file(path))
    before = report.digest(plan, store)
    assert seen >= {"gallery.js", "index.html.j2", "gallery.py", "two_way.py", "style.py", "faceset.py", "seeds.py"}
    monkeypatch.setattr(report.metadata, "version", lambda name: "0")
    assert {"matplotlib", "jinja2", "scipy"} <= report._libraries().keys() and report.digest(plan, store) != before


@pytest.mark.parametrize("name", ["provenance.json", "probabilities-test.npy"])
def test_runs_that_were_trained_anew_elsewhere_make_a_new_report(written, tmp_path, name):
    store, plan, _ = written
    shutil.copytree(store / "runs", tmp_path / "runs")
    assert report.digest(plan, tmp_path) == report.digest(plan, store)
    path = records.run_folder(tmp_path, plan.cells[-1]["run"]) / name
    path.write_bytes(path.read_bytes() + b" ")
    assert report.digest(plan, tmp_path) != report.digest(plan, store)


def test_a_report_is_made_again_when_it_is_not_what_was_written(written, tmp_path):
    store, plan, made = written
    whole, folder, inputs = files(made.folder, "**/*.*"), _copied(made, tmp_path), report.digest(plan, store)
    for name, harmed in (("figures/effect.svg", None), ("report.md", b"edited"), ("inputs.json", b"{")):
        assert report.current(folder, inputs)
        if harmed is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(harmed)
        assert not report.current(folder, inputs), name
        (folder / name).write_bytes(whole[name])
    (folder / "figures" / "effect.svg").unlink()
    again = report.write(plan, store, tmp_path)
    assert again.made and again.folder == folder and files(folder, "**/*.*") == whole


def contents(made):
    """What a report's writer puts into its folder, as it lies there, so that nothing has to be drawn again."""
    return {name: content for name, content in files(made.folder, "**/*.*").items() if name != report.INPUTS}


def _copied(made, reports):
    """The report as if it had been written there."""
    return shutil.copytree(made.folder, reports / made.folder.name)


def _age(folder, **files):
    """Make a report one of an earlier version, which had other content everywhere, and also these files."""
    listed = json.loads((folder / "inputs.json").read_text())
    for name in listed["files"]:
        (folder / name).write_text("of an earlier version")
    disk.write_json(folder / "inputs.json", listed | {"files": listed["files"] | files})


def test_what_others_put_into_the_folder_stays(written, tmp_path):
    """Files, empty folders and links; and the report's own folder may be a link. The second report is of another plan."""
    store, plan, made = written
    place, folder = tmp_path / "elsewhere" / made.folder.name, tmp_path / "reports" / made.folder.name
    _copied(made, place.parent)
    (place / "notes" / "empty").mkdir(parents=True)
    (place / "notes" / "mine.txt").write_text("keep")
    (place / "link").symlink_to(tmp_path)
    folder.parent.mkdir()
    folder.symlink_to(place)
    assert not report.write(plan, store, folder.parent).made
    assert report.write(changed(plan, margin=0.3), store, folder.parent).made
    assert folder.is_symlink() and json.loads((place / "results.json").read_text())["margin"] == 0.3
    assert (place / "notes" / "mine.txt").read_text() == "keep" and (place / "notes" / "empty").is_dir()
    assert (place / "link").is_symlink()
    assert not list(tmp_path.rglob("*.part"))


def test_files_of_an_earlier_report_go_and_only_those(written, tmp_path):
    store, plan, made = written
    folder = _copied(made, tmp_path)
    (tmp_path / "precious.txt").write_text("keep")
    (folder / "tables" / "old.csv").write_text("of an earlier version")
    (folder / "tables" / "mine.csv").write_text("keep")
    _age(folder, **{"tables/old.csv": "", "../precious.txt": "", "tables/../../precious.txt": ""})
    report.put(folder, contents(made), report.digest(plan, store))
    assert not (folder / "tables" / "old.csv").exists()
    assert (folder / "tables" / "mine.csv").exists() and (tmp_path / "precious.txt").read_text() == "keep"
    assert not report.write(plan, store, tmp_path).made


def test_a_killed_write_is_mended_by_the_next(written, tmp_path, monkeypatch):
    store, plan, made = written
    folder = _copied(made, tmp_path)
    (folder / "mine.txt").write_text("keep")
    (folder / "tables" / "old.csv").write_text("of an earlier version")
    _age(folder, **{"tables/old.csv": ""})
    write, calls, inputs = disk.write_bytes, [], report.digest(plan, store)

    def killed(path, data):
        calls.append(path)
        if len(calls) == 5:
            raise KeyboardInterrupt
        write(path, data)
    monkeypatch.setattr(disk, "write_bytes", killed)
    with pytest.raises(KeyboardInterrupt):
        report.put(folder, contents(made), inputs)
    monkeypatch.undo()
    assert not report.current(folder, inputs)
    assert report.write(plan, store, tmp_path).made
    assert files(folder, "**/*.*") == files(made.folder, "**/*.*") | {"mine.txt": b"keep"}


def test_two_writers_of_one_report_exclude_each_other(tmp_path):
    (tmp_path / "small").mkdir()
    with disk.lock(tmp_path / ".small.lock", "the other"), pytest.raises(Busy, match="the report"):
        report.put(tmp_path / "small", {"index.html": b""}, "inputs")
    assert not list((tmp_path / "small").iterdir())


@pytest.mark.parametrize("name", ["", ".", "..", "a/../b", "/a", "a\\b", "a\0"])
def test_a_study_name_cannot_lead_out_of_the_reports_folder(written, tmp_path, name):
    store, plan, _ = written
    with pytest.raises(BadInput, match="cannot name"):
        report.write(replace(plan, name=name), store, tmp_path)


def test_results_refuse_before_anything_is_written(written, tmp_path):
    store, plan, _ = written
    missing = replace(plan, cells=[{**cell, "run": "none"} for cell in plan.cells])
    with pytest.raises(BadInput, match="missing"):
        report.write(missing, store, tmp_path)
    assert not list(tmp_path.iterdir())
    assert results.load(plan, store).comparable

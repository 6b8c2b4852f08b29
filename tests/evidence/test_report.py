"""A report: whole, offline, escaped, made once, honest when the proof fails."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from synthetic import build

from mixedfer import disk, records
from mixedfer.errors import BadInput, Busy
from mixedfer.evidence import figures, report, results

HOSTILE = "<script>alert('x')</script>"
ARMS = ("image-only", "<b onload=alert(1)>|mixed_$5")


class Page(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its text."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """(store, plan, Report) of a small study with hostile names, a collapsed arm and a value from the command line."""
    store = tmp_path_factory.mktemp("store")
    plan = build(store, ARMS, classes=(HOSTILE, "sad"), images=40, replicates=2, collapsed=ARMS[1:], name="hostile")
    plan = replace(plan, varied={"epochs": 4, "name": "a b"}, settings=["epochs=4", "name=a b"],
                   first_margin=0.005, question="Do <i>landmarks</i> help?")
    return store, plan, report.write(plan, store, store / "reports")


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The report of a study whose arms saw their images in another order."""
    def order(arm, fold, replicate, facts):
        if arm == "mixed":
            facts["proof"]["order"] = ["another"] * 4
    store = tmp_path_factory.mktemp("store")
    plan = build(store, images=200, replicates=3, effect=0.25, edit=order, name="broken")
    return report.write(plan, store, store / "reports")


def _bytes(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_written_and_listed(written):
    _, _, made = written
    found = _bytes(made.folder)
    drawn = {f"figures/{name}.{kind}" for name in figures.discover() for kind in ("png", "svg")}
    assert found.keys() >= {"index.html", "report.md", "results.json", "inputs.json", *drawn}
    assert found.keys() >= {f"tables/{name}.csv" for name in (
        "comparisons", "arms", "replicates", "classes", "faces", "checks", "predictions", "hyperparameters", "mcnemar")}
    assert set(json.loads(found["inputs.json"])["files"]) | {"inputs.json"} == set(found)
    assert made.made and made.summary == json.loads(found["results.json"]) and made.page.name == "index.html"


def test_the_page_escapes_every_name_and_loads_nothing(written):
    html = written[2].page.read_text(encoding="utf-8")
    found = Page(html)
    assert {tag for tag, _ in found.tags}.isdisjoint({"script", "b", "i", "iframe", "object", "link"})
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert HOSTILE in " ".join(found.words) and ARMS[1] in " ".join(found.words)
    sources = [attributes["src"] for _, attributes in found.tags if "src" in attributes]
    assert len(sources) == len(figures.discover()) and all(source.startswith("data:image/svg") for source in sources)
    assert all(attributes.get("alt") for tag, attributes in found.tags if tag == "img")
    assert not re.search(r"url\(|@import|https?:", html)
    assert "default-src 'none'" in html
    assert len(html) < 4e6


def test_links_of_both_pages_lead_to_files(written):
    folder = written[2].folder
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    html = written[2].page.read_text(encoding="utf-8")
    links = [attributes["href"] for tag, attributes in Page(html).tags if tag == "a"]
    links += re.findall(r"\]\(([^)]+)\)", markdown)
    assert len(links) > 40
    for link in links:
        assert link.startswith("#") or (folder / link).is_file(), link


def test_markdown_is_escaped_and_its_tables_are_whole(written):
    markdown = (written[2].folder / "report.md").read_text(encoding="utf-8")
    assert "<script" not in markdown and "<b" not in markdown and "\\|mixed\\_\\$5" in markdown
    for block in re.findall(r"(?:^\|.*\n)+", markdown, re.M):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}
        assert len(widths) == 1, block


def test_warnings_cannot_be_missed(written):
    made = written[2]
    html = made.page.read_text(encoding="utf-8")
    found = Page(html)
    alerts = [attributes for _, attributes in found.tags if attributes.get("role") == "alert"]
    assert len(alerts) == 1 and "collapsed in 2 of 2 runs" in html
    assert html.index("collapsed in 2 of 2 runs") < html.index('id="answer"')
    assert "Values set on the command line" in html and "--set epochs=4 --set &#39;name=a b&#39;" in html
    margin = "The margin was 0.5 points when these runs were made and is 2 points now"
    for name in ("index.html", "report.md"):
        text = (made.folder / name).read_text(encoding="utf-8")
        assert margin in text and "set beforehand" not in text and "set before the runs" not in text
    assert margin in str(made)
    assert "iBUG 300-W" in html and "commercial" in html
    assert "WARNING: " in str(made) and str(made).endswith(f"Report: {made.page}")


def test_the_second_call_makes_nothing_and_imports_nothing_heavy(written):
    store, plan, made = written
    before = _bytes(made.folder)
    code = ("import sys\nfrom pathlib import Path\nfrom mixedfer.evidence import report\n"
            "from mixedfer.records import Plan\nimport json\n"
            "plan = Plan(**json.loads(sys.argv[1]))\nmade = report.write(plan, Path(sys.argv[2]), Path(sys.argv[3]))\n"
            "print(made.made, sorted({'matplotlib', 'scipy', 'jinja2', 'statsmodels'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code, json.dumps(plan.__dict__), str(store), str(store / "reports")],
                          capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False []"
    assert _bytes(made.folder) == before


def test_a_report_made_twice_has_equal_bytes(written):
    """Also from a plan that was read back from disk, where JSON has sorted its keys."""
    store, plan, made = written
    records.write_plan(store / "plan.json", plan)
    again = report.write(records.read_plan(store / "plan.json"), store, store / "elsewhere")
    assert again.made and _bytes(again.folder) == _bytes(made.folder)


@pytest.mark.parametrize("name", ["provenance.json", "probabilities-test.npy"])
def test_runs_that_were_trained_anew_elsewhere_make_a_new_report(written, tmp_path, name):
    store, plan, _ = written
    shutil.copytree(store / "runs", tmp_path / "runs")
    assert report.digest(plan, tmp_path) == report.digest(plan, store)
    path = records.run_folder(tmp_path, plan.cells[-1]["run"]) / name
    path.write_bytes(path.read_bytes() + b" ")
    assert report.digest(plan, tmp_path) != report.digest(plan, store)


def test_looking_whether_a_report_is_current_is_fast(written, tmp_path):
    _, plan, _ = written
    cells = [{**plan.cells[0], "run": f"run-{index}"} for index in range(30)]
    for cell in cells:
        disk.write_json(tmp_path / "runs" / cell["run"] / "provenance.json", {})
        np.save(tmp_path / "runs" / cell["run"] / "probabilities-test.npy", np.zeros((3589, 7), np.float32))
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        report.digest(replace(plan, cells=cells), tmp_path)
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.1


@pytest.mark.parametrize("harm", ["lost", "changed", "other plan", "cut inputs"])
def test_a_report_is_made_again_when_it_is_not_what_was_written(written, tmp_path, harm):
    store, plan, made = written
    whole = _bytes(made.folder)
    folder = tmp_path / made.folder.name
    shutil.copytree(made.folder, folder)
    if harm == "lost":
        (folder / "figures" / "effect.svg").unlink()
    elif harm == "changed":
        (folder / "report.md").write_text("edited")
    elif harm == "other plan":
        plan = replace(plan, margin=0.3)
    else:
        (folder / "inputs.json").write_text("{")
    again = report.write(plan, store, tmp_path)
    assert again.made and again.folder == folder
    assert (_bytes(folder) == whole) == (harm != "other plan")


def test_files_of_others_stay_and_nothing_temporary_does(written, tmp_path):
    store, plan, made = written
    folder = tmp_path / made.folder.name
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "mine.txt").write_text("keep")
    beside = [tmp_path / f"{folder.name}.{ending}" for ending in ("new", "old")]
    for other in beside:
        other.mkdir()
        (other / "mine.txt").write_text("keep")
    report.write(plan, store, tmp_path)
    report.write(replace(plan, margin=0.3), store, tmp_path)
    assert (folder / "notes" / "mine.txt").read_text() == "keep"
    assert all((other / "mine.txt").read_text() == "keep" for other in beside)
    assert sorted(tmp_path.iterdir()) == [folder, *beside]


def test_a_killed_write_leaves_the_old_report_and_the_next_one_mends_it(written, tmp_path, monkeypatch):
    store, plan, made = written
    folder = tmp_path / made.folder.name
    report.write(plan, store, tmp_path)
    (folder / "mine.txt").write_text("keep")
    before, rename, calls = _bytes(folder), os.rename, []

    def killed(source, target):
        calls.append(source)
        if len(calls) == 2:  # the old report was moved away, the new one is not yet in its place
            raise KeyboardInterrupt
        rename(source, target)
    monkeypatch.setattr(os, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        report.write(replace(plan, margin=0.3), store, tmp_path)
    monkeypatch.undo()
    assert not folder.exists()
    assert report.write(plan, store, tmp_path).folder == folder
    assert _bytes(folder) == before


def test_two_writers_of_one_report_exclude_each_other(written, tmp_path, monkeypatch):
    store, plan, _ = written

    @disk.contextlib.contextmanager
    def taken(path, what):
        raise Busy(what)
        yield
    monkeypatch.setattr(disk, "lock", taken)
    with pytest.raises(Busy, match="the report"):
        report.write(plan, store, tmp_path)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\0"])
def test_a_study_name_cannot_lead_out_of_the_reports_folder(written, tmp_path, name):
    store, plan, _ = written
    with pytest.raises(BadInput, match="cannot name"):
        report.write(replace(plan, name=name), store, tmp_path)


def test_a_broken_proof_leaves_no_significance_anywhere(broken):
    for name, content in _bytes(broken.folder).items():
        if name.endswith((".html", ".md", ".tex", ".csv", ".svg")) and "checks" not in name:
            text = re.sub(r"data:image[^\"]*", "", content.decode())
            text = re.sub(r"<style>.*?</style>|class=\"[^\"]*\"", "", text, flags=re.S)
            assert not re.search(r"\b(helps|hurts|equivalent|inconclusive|mid-p|Holm|95%|90%)\b", text), name
    html = broken.page.read_text(encoding="utf-8")
    assert html.index("The arms are not comparable") < html.index('id="answer"')
    assert "no verdict" in html and "proves nothing" in html
    assert not (broken.folder / "tables" / "mcnemar.csv").exists()
    assert "helps" not in str(broken) and "WARNING: the arms are not comparable" in str(broken)
    assert all(row[key] is None for row in broken.summary["comparisons"] for key in ("p", "p_adjusted", "ci95", "ci90"))


def test_a_kept_margin_was_set_beforehand(broken):
    html = broken.page.read_text(encoding="utf-8")
    assert "margin 2 points, set beforehand" in html and "The margin was" not in html + str(broken)


def test_tables_hold_the_numbers_of_results_json(written):
    _, _, made = written

    def read(name):
        return list(csv.DictReader(io.StringIO((made.folder / "tables" / f"{name}.csv").read_text(encoding="utf-8"))))
    for row, wanted in zip(read("comparisons"), made.summary["comparisons"], strict=True):
        assert row["treatment"] == wanted["treatment"] == ARMS[1]
        assert float(row["estimate"]) == wanted["estimate"] and float(row["ci95_low"]) == wanted["ci95"][0]
    runs = [(arm["name"], run["accuracy"]) for arm in made.summary["arms"] for run in arm["replicates"]]
    assert [(row["arm"], float(row["accuracy"])) for row in read("replicates")] == runs
    shares = {row["class"]: (int(row["all_found"]), int(row["all_images"])) for row in read("faces")}
    counted = made.summary["faces"]
    assert shares.pop("all") == (counted["found"], counted["images"])
    assert shares == {name: (own["found"], own["images"]) for name, own in counted["by_class"].items()}


def test_results_refuse_before_anything_is_written(written, tmp_path):
    store, plan, _ = written
    missing = replace(plan, cells=[{**cell, "run": "none"} for cell in plan.cells])
    with pytest.raises(BadInput, match="missing"):
        report.write(missing, store, tmp_path)
    assert not list(tmp_path.iterdir())
    assert results.load(plan, store).comparable

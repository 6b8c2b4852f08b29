"""The report over a grid: its numbers, its escaping, its files, and what it leaves alone."""

from __future__ import annotations

import csv
import io
import json

import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence import comparing, grid, report, results, summary
from mixedfer.evidence.statistics import adjust
from tests.evidence.pages import Page
from tests.evidence.synthetic import build

HOSTILE = "<script>alert('x')</script>"
ARMS = ("image-only", "mixed", "<b onload=alert(1)>|_$5")
GATED = {"kind": "mixedfer.learning.fusions.gated:Gated@abc", "units": 8, "rate": 0.5}


def _summary(store, **options):
    found = results.load(build(store, **{"images": 120, "replicates": 3, **options}), store)
    return summary.summarise(found, comparing.compare_all(found))


def _faster(arm, fold, replicate, facts):
    if arm == "mixed":
        facts["proof"]["learning_rate"] = [9.0, *facts["proof"]["learning_rate"][1:]]


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """2 x 2: a large effect, a small one, a failed proof and a collapsed arm; the second axis has objects for values."""
    made = []
    for index, options in enumerate(({"effect": 0.25}, {"effect": 0.02}, {"edit": _faster}, {"collapsed": ("mixed",)})):
        values = {"train_share": (0.1, 1)[index // 2], "fusion": (GATED, {**GATED, "units": 16})[index % 2]}
        made.append((values, f"share={values['train_share']},<i>{index}",
                     _summary(tmp_path_factory.mktemp("store"), arms=ARMS, seed=index, **options)))
    return made


@pytest.fixture(scope="module")
def written(points, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports") / "ablation"
    own = folder / points[0][1] / "index.html"
    own.parent.mkdir(parents=True)
    own.write_text("a point's own report")
    lines = grid.write("ablation", f"Does it depend? {HOSTILE}", points, folder)
    return folder, lines, json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_rows_are_those_of_the_points_adjusted_over_the_whole_grid(points, written):
    rows = written[2]["rows"]
    own = [row for _, _, one in points for row in one["comparisons"]]
    assert [row["estimate"] for row in rows] == [row["estimate"] for row in own] and len(rows) == 8
    assert [row["p_holm"] for row in rows] == adjust.holm([row["p"] for row in own])
    assert [row["p_bh"] for row in rows] == adjust.benjamini_hochberg([row["p"] for row in own])
    assert [row["p_beyond_holm"] for row in rows] == adjust.holm([row["p_beyond"] for row in own])
    assert all(row["p"] is row["p_holm"] is row["ci95"] is None and row["verdict"] == "not comparable" for row in rows[4:6])
    assert rows[0]["verdict"] == "helps" and rows[0]["p_holm"] > own[0]["p_adjusted"]
    arm = points[0][2]["arms"][1]
    assert (rows[0]["treatment_mean"], rows[0]["treatment_sd"]) == (arm["mean"], arm["sd"])


def test_a_finding_that_does_not_survive_the_grid_is_inconclusive():
    """Holm over three: the p of "beyond the margin" decides on helps and hurts, the p of no difference on the direction."""
    row = {"p": 0.01, "p_beyond": 0.03, "p_equivalence": 1.0, "estimate": 0.03, "verdict": "helps", "lean": "positive",
           "collapsed": False}
    one, two, three = grid.adjusted([row, row | {"p": 0.0001, "p_beyond": 0.001, "estimate": -0.03},
                                     row | {"p": 0.04, "p_beyond": 0.05, "p_equivalence": 0.01}])
    assert [made["p_holm"] for made in (one, two, three)] == pytest.approx([0.02, 0.0003, 0.04])
    assert [made["p_beyond_holm"] for made in (one, two, three)] == pytest.approx([0.06, 0.003, 0.06])
    assert [made["verdict"] for made in (one, two, three)] == ["inconclusive", "hurts", "equivalent"]
    assert (one["lean"], two["lean"]) == ("positive, size unresolved", "negative, larger than the margin")
    lost, _ = grid.adjusted([row | {"p": 0.03, "p_beyond": 0.2}, row | {"p": 0.04, "p_beyond": 0.9}])
    assert (lost["verdict"], lost["lean"]) == ("inconclusive", "positive, not significant after Holm over the grid")


def test_a_point_with_collapsed_runs_has_no_verdict_in_the_grid_either(written):
    rows = [row for row in written[2]["rows"] if row["collapsed"]]
    assert [(row["treatment"], row["verdict"], row["ci95"]) for row in rows] == [("mixed", "inconclusive", None)]
    row = {"p": 0.001, "p_beyond": 0.002, "p_equivalence": None, "estimate": 0.1, "verdict": "inconclusive", "lean": "so",
           "collapsed": True}
    assert (grid.adjusted([row])[0]["lean"], grid.adjusted([row])[0]["verdict"]) == ("so", "inconclusive")


def test_a_grid_of_one_point_adjusts_as_the_point_does(tmp_path):
    """Partly collapsed treatments stay in the family in both places; they get no verdict in either."""
    def fail(arm, fold, replicate, facts):
        if arm in ("shuffled", "noise") and replicate == 0:
            facts["test"]["probabilities"][:] = [0.5001, 0.4999]
    one = _summary(tmp_path, arms=("image-only", "mixed", "shuffled", "noise"), effect={"mixed": 0.25}, images=400, edit=fail)
    own, rows = one["comparisons"], grid.collect("a", "Why?", [({"epochs": 1}, "epochs=1", one)])["rows"]
    assert [arm["collapsed"] for arm in one["arms"]] == [False, False, True, True]
    assert [(row["p_holm"], row["p_beyond_holm"], row["verdict"], row["lean"]) for row in rows] == [
        (row["p_adjusted"], row["p_beyond_adjusted"], row["verdict"], row["lean"]) for row in own]
    assert own[0]["verdict"] == "helps" and own[0]["p_beyond_adjusted"] == pytest.approx(3 * own[0]["p_beyond"])
    assert all(row["verdict"] == "inconclusive" and "collapsed in 1 of 3 runs" in row["lean"] for row in own[1:])


def test_values_are_told_by_class_and_differing_fields(written):
    assert [axis["shown"] for axis in written[2]["axes"]] == [["0.1", "1"], ["Gated(units = 8)", "Gated(units = 16)"]]
    assert [axis["numeric"] for axis in written[2]["axes"]] == [True, False]
    assert grid.shown([{"kind": "a.b:C@1", "n": 1}, {"kind": "a.d:C@2", "n": 1}])[0].startswith("a.b:C@1")
    assert grid.shown([True, "none", 1 / 3]) == ["yes", "none", "0.333333"]


def test_the_page_escapes_every_name_and_leads_to_the_points(points, written):
    folder, _, _ = written
    page = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert {tag for tag, _ in page.tags}.isdisjoint({"b", "i", "iframe", "link"})
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert HOSTILE in " ".join(page.words) and ARMS[2] in " ".join(page.words)
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links.count("share=0.1,%3Ci%3E0/index.html") == 3
    assert all(attributes["alt"] for tag, attributes in page.tags if tag == "img")
    assert len([tag for tag, _ in page.tags if tag == "img"]) == 3
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "<" not in text.replace("<br>", "") and "[report](share=0.1,%3Ci%3E0/index.html)" in text


def test_what_is_wrong_is_said_first(written):
    folder, lines, made = written
    page = " ".join(Page((folder / "index.html").read_text(encoding="utf-8")).words)
    assert not made["passed"] and "The proof failed at train_share = 1, fusion = Gated(units = 8)" in page
    assert "mixed collapsed in 3 of 3 runs at train_share = 1, fusion = Gated(units = 16)" in page
    assert [line.startswith("WARNING") for line in lines[:3]] == [True, True, False]
    assert len(lines) == 2 + 8 + 1 and lines[-1] == f"Report: {folder / 'index.html'}"


def test_files_are_whole_and_others_stay(points, written):
    folder, _, _ = written
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    own = f"{points[0][1]}/index.html"
    tables = {f"tables/{name}.{kind}" for name in ("grid", "grid_arms", "grid_checks") for kind in ("csv", "tex")}
    drawn = {f"figures/{name}.{kind}" for name in ("forest", "heat", "curve_1") for kind in ("svg", "png")}
    assert names == {own, "index.html", "report.md", "results.json", "inputs.json"} | tables | drawn
    rows = list(csv.DictReader(io.StringIO((folder / "tables/grid.csv").read_text(encoding="utf-8"))))
    assert rows[0]["fusion"] == "Gated(units = 8)" and rows[4]["ci95_low"] == "" and rows[4]["verdict"] == "not comparable"
    assert rows[0]["train_images"] == str(points[0][2]["design"]["train_images"]) == "120"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "adjusted over all 5 tests of this grid" in page


def test_again_gives_the_same_bytes_and_removes_what_is_stale(points, tmp_path):
    grid.write("ablation", "Why?", points, tmp_path / "a")
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    grid.write("ablation", "Why?", points, tmp_path / "a")
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    (tmp_path / "a" / "mine.txt").write_text("kept")
    grid.write("ablation", "Why?", [({"fusion": values["fusion"]}, label, one) for values, label, one in points[:2]],
               tmp_path / "a")
    assert {path.name for path in (tmp_path / "a" / "figures").iterdir()} == {"forest.svg", "forest.png"}
    assert (tmp_path / "a" / "mine.txt").read_text() == "kept"


def test_the_reports_of_points_that_are_gone_are_removed(points, tmp_path):
    """Only what this program wrote: what others put beside it stays, and so does a folder that was never a point."""
    folder = tmp_path / "ablation"
    labels = ["width=1", "width=2", "width=3"]
    axis = [({"width": index}, label, point[2]) for index, (label, point) in enumerate(zip(labels, points), 1)]
    for label in (*labels, "width=4"):
        report.put(folder / label, {"index.html": b"page", "figures/a.svg": b"<svg/>"}, "made")
    (folder / "width=3" / "figures" / "mine.txt").write_text("kept")
    assert not [line for line in grid.write("ablation", "Why?", axis, folder) if "Removed" in line]
    assert {path.name for path in folder.glob("width*")} == {*labels, "width=4"}
    lines = [line for line in grid.write("ablation", "Why?", axis[:1], folder) if line.startswith("Removed")]
    assert lines == ["Removed the report of width=2, which is no longer a point of the study.",
                     f"Removed the report of width=3, which is no longer a point of the study; what others put into "
                     f"{folder / 'width=3'} stays."]
    assert [path.name for path in (folder / "width=3").rglob("*")] == ["figures", "mine.txt"]
    assert {path.name for path in folder.glob("width*")} == {"width=1", "width=3", "width=4"}
    assert (folder / "width=1" / "index.html").read_bytes() == b"page"
    assert not [line for line in grid.write("ablation", "Why?", axis[:1], folder) if "Removed" in line]


def test_a_study_that_is_no_grid_any_more_has_no_points(points, tmp_path):
    report.put(tmp_path / "width=1", {"index.html": b"page"}, "made")
    grid.write("ablation", "Why?", [({"width": 1}, "width=1", points[0][2])], tmp_path)
    told = report.put(tmp_path, {"index.html": b"page"}, "made")
    assert told == ["Removed the report of width=1, which is no longer a point of the study."]
    assert not (tmp_path / "width=1").exists()


def test_points_without_anything_in_common_are_refused(points, tmp_path):
    values, label, one = points[0]
    for wrong in ([], [points[0], (values, label, {**one, "metric": "log_loss"})]):
        with pytest.raises(BadInput):
            grid.write("ablation", "Why?", wrong, tmp_path / "none")

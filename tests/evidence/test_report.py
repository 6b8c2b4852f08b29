"""A report: whole, offline, escaped, made once, honest when the proof fails."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace

import pytest

from mixedfer.evidence import figures, pictures, report
from tests.commands import files
from tests.evidence.pages import Page
from tests.evidence.synthetic import build, changed

HOSTILE = "<script>alert('x')</script>"
ARMS = ("image-only", "<b onload=alert(1)>|mixed_$5")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """(store, plan, Report) of a small study with hostile names, a collapsed run and a value from the command line."""
    def collapse(arm, fold, replicate, facts):
        if (arm, replicate) == (ARMS[1], 0):
            facts["test"]["probabilities"][:] = 0.5
    store = tmp_path_factory.mktemp("store")
    plan = build(store, ARMS, classes=(HOSTILE, "sad"), images=40, replicates=2, edit=collapse, name="hostile")
    plan = replace(plan, varied={"epochs": 4, "name": "a b"}, command={**plan.command, "settings": ["epochs=4", "name=a b"]},
                   first_margin=0.005)
    plan = changed(plan, question="Do <i>landmarks</i> help?")
    return store, plan, report.write(plan, store, store / "reports")


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The report of a study whose arms saw their images in another order."""
    def order(arm, fold, replicate, facts):
        if arm == "mixed":
            for epoch in facts["proof"]["shown"]:
                epoch["order"] = "another"
    store = tmp_path_factory.mktemp("store")
    plan = build(store, images=200, replicates=3, effect=0.25, edit=order, name="broken")
    return report.write(plan, store, store / "reports")


def test_every_file_is_written_and_listed(written):
    _, _, made = written
    found = files(made.folder, "**/*.*")
    always = pictures.discover(figures).keys() - {"picture_grid"}
    drawn = {f"figures/{name}.{kind}" for name in always for kind in ("png", "svg")}
    assert len(drawn) >= 12 and found.keys() >= {"index.html", "report.md", "results.json", "inputs.json", *drawn}
    assert found.keys() >= {f"tables/{name}.csv" for name in (
        "comparisons", "arms", "replicates", "classes", "faces", "checks", "predictions", "hyperparameters", "mcnemar",
        "balance", "calibration", "decisions", "explains", "others", "robustness")}
    assert set(json.loads(found["inputs.json"])["files"]) | {"inputs.json"} == set(found)
    assert made.made and made.summary == json.loads(found["results.json"]) and made.page.name == "index.html"


def test_the_page_escapes_every_name_and_loads_nothing(written):
    html = written[2].page.read_text(encoding="utf-8")
    found = Page(html)
    assert {tag for tag, _ in found.tags}.isdisjoint({"b", "iframe", "object", "link"})
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert HOSTILE in " ".join(found.words) and ARMS[1] in " ".join(found.words)
    sources = [attributes["src"] for _, attributes in found.tags if "src" in attributes]
    drawn = list((written[2].folder / "figures").glob("*.svg"))
    assert sum(source.startswith("data:image/svg") for source in sources) == len(drawn) == len(sources) - 1
    assert sum(source.startswith("data:image/jpeg") for source in sources) == 1
    assert all("alt" in attributes for tag, attributes in found.tags if tag == "img")
    assert not re.search(r"url\(|@import|https?:", html)
    assert "default-src 'none'" in html
    assert len(html) < 4e6


def test_the_only_script_is_the_one_that_the_policy_names_and_data_cannot_end_theirs(written):
    html = written[2].page.read_text(encoding="utf-8")
    data, script = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.S)
    named = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{named}';" in html and not script[0]
    assert html.count("<script") == 2 and "application/json" in data[0] and "<" not in data[1]
    assert json.loads(data[1])["classes"] == [HOSTILE, "sad"]


def test_links_of_both_pages_lead_to_files(written):
    folder = written[2].folder
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    html = written[2].page.read_text(encoding="utf-8")
    links = [attributes["href"] for tag, attributes in Page(html).tags if tag == "a"]
    links += re.findall(r"\]\(([^)]+)\)", markdown)
    assert len(links) > 40
    for link in links:
        assert link.startswith(("#", "data:text/")) or (folder / link.partition("#")[0]).is_file(), link


def test_both_pages_tell_the_same(written):
    folder = written[2].folder
    html, markdown = ((folder / name).read_text(encoding="utf-8") for name in ("index.html", "report.md"))
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    assert titles == re.findall(r"^## (.*)", markdown, re.M) and len(titles) > 10
    assert html.count("<table>") == len(re.findall(r"^\| ---|^\|.* --- \|", markdown, re.M))
    assert html.count("<figure") == markdown.count("\n![")
    for words in ("The detector found a face in", "Every check passed", "compares one pair of trained models"):
        assert words in html and words in markdown


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
    assert len(alerts) == 1 and html.index("collapsed in 1 of 2 runs") < html.index('id="answer"')
    assert "Values set on the command line" in html and "--set epochs=4 --set &#39;name=a b&#39;" in html
    for name in ("index.html", "report.md"):
        text = (made.folder / name).read_text(encoding="utf-8")
        # Once above the answer and once in what is said of the figure, which has no such warning beside it.
        assert text.count("collapsed in 1 of 2 runs") == 2
    margin = "The margin was 0.5 points when these runs were made and is 2 points now"
    for name in ("index.html", "report.md"):
        text = (made.folder / name).read_text(encoding="utf-8")
        assert margin in text and "set beforehand" not in text and "set before the runs" not in text
    assert margin in str(made)
    assert "iBUG 300-W" in html and "commercial" in html
    assert "WARNING: " in str(made) and str(made).endswith(f"Report: {made.page}")


def test_a_broken_proof_leaves_no_significance_anywhere(broken):
    for name, content in files(broken.folder, "**/*.*").items():
        if name.endswith((".html", ".md", ".tex", ".csv", ".svg")) and "checks" not in name:
            text = re.sub(r"data:image[^\"]*", "", content.decode())
            text = re.sub(r"<style>.*?</style>|class=\"[^\"]*\"", "", text, flags=re.S)
            assert not re.search(r"\b(helps|hurts|equivalent|inconclusive|mid-p|Holm|95%|90%)\b", text), name
    html = broken.page.read_text(encoding="utf-8")
    assert html.index("The arms are not comparable") < html.index('id="answer"')
    assert html.count("not comparable") > 1 and "proves nothing" in html
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

"""Tables tell what the results hold, and escape every name in every language."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from mixedfer.evidence import comparing, escaping, study_tables, summary, tables
from mixedfer.evidence.table import Column, Table

LATEX = shutil.which("pdflatex") or shutil.which("tectonic")


def test_predictions_give_back_every_accuracy(drawn):
    rows = list(csv.DictReader(io.StringIO(tables.predictions(drawn))))
    assert [row["image"] for row in rows] == [drawn.faces.name(row) for row in drawn.rows]
    for arm in drawn.arms:
        for replicate in range(5):
            right = np.mean([row[f"{arm} {replicate + 1}"] == row["class"] for row in rows])
            assert right == drawn.correct(arm)[replicate].mean()
    told = np.array([float(row["mixed 1 p"]) for row in rows])
    truth = drawn.arms["mixed"].probabilities[0][np.arange(len(rows)), drawn.truth]
    assert abs(told - truth).max() <= 0.5e-4 + 1e-7  # four decimals


def test_settings_are_the_whole_study_and_views_keep_their_arguments(drawn):
    settings = dict(study_tables.hyperparameters(drawn.plan).rows)
    assert settings["recipe.batch_size"] == "16" and settings["recipe.augmentation"] == "none"
    assert settings["dataset.people"] == "20" and not any(name.startswith("control") for name in settings)
    view = {"kind": "mixedfer.learning.views.region:Region", "name": "mouth"}
    study = {**drawn.plan.study, "treatments": [{**drawn.plan.study["treatments"][0], "name": "m", "landmarks": view}]}
    seen = study_tables.inputs(replace(drawn.plan, study=study)).rows
    assert seen[1] == ["m", True, "Region(name = mouth)", "mixedfer.learning.views.region:Region(name = mouth)"]


def test_folds_are_a_column_of_the_predictions(folded):
    rows = list(csv.DictReader(io.StringIO(tables.predictions(folded))))
    assert {int(row["fold"]) for row in rows} == {1, 2, 3, 4}
    assert [column.key for column in study_tables.faces(folded).columns] == ["class", "all"]


def test_replicates_name_epochs_as_the_runs_do(drawn):
    told = summary.summarise(drawn, comparing.compare_all(drawn))
    rows = list(csv.DictReader(io.StringIO(tables.replicates(told).csv())))
    assert {row["selected_epoch"] for row in rows} == {"4"} and rows[0]["replicate"] == "1"


def test_balance_counts_every_partition(drawn):
    found = study_tables.balance(drawn)
    assert [column.key for column in found.columns] == ["class", "training", "validation", "test"]
    assert [sum(row[part][0] for row in found.rows) for part in (1, 2, 3)] == [400, 133, 400]


@pytest.mark.skipif(not LATEX, reason="neither pdflatex nor tectonic is installed")
def test_latex_tables_compile(drawn, tmp_path):
    made = tables.every(drawn, summary.summarise(drawn, comparing.compare_all(drawn)))
    body = "\n\n".join(table.tex() for table in made)
    (tmp_path / "all.tex").write_text("\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage{booktabs}"
                                      f"\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8")
    options = ["-interaction=nonstopmode", "-halt-on-error"] if "pdflatex" in LATEX else []
    subprocess.run([LATEX, *options, "all.tex"], cwd=tmp_path, check=True, capture_output=True)


def test_latex_is_escaped_and_has_one_cell_per_column():
    names = ["[x]", "50% & $a_b$ #1 {c} ~^ \\end{tabular} <d>\n\x07e", "*star"]
    table = Table("t", "A % title\n\\input{x}", (Column("name"), Column("n", kind="count"), Column("d", kind="points")),
                  [[name, 1200, -0.0123] for name in names])
    head, *body = table.tex().splitlines()
    assert head.startswith("% ") and "\\input" in head  # a comment: never executed
    rows = body[body.index("\\midrule") + 1:body.index("\\bottomrule")]
    assert all(row.endswith(r" & 1,200 & $-$1.2 \\") and len(re.findall(r"(?<!\\)&", row)) == 2 for row in rows)
    assert rows[0].startswith("{[}x]") and rows[2].startswith("{*}star")
    assert r"\textbackslash{}end\{tabular\} \textless{}d\textgreater{} e &" in rows[1]
    assert body[0] == r"\begin{tabular}{lrr}"


@pytest.mark.parametrize(("name", "expected"), [
    ("a|b", r"a\|b"), ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`"), ("![x](http://y)", r"\!\[x\](http://y)"),
    ("<b>&amp;", "&lt;b&gt;&amp;amp;"), ("two\nlines", "two lines"), (12, "12")])
def test_markdown_escapes(name, expected):
    assert escaping.markdown(name) == expected


def test_an_absent_value_is_a_dash_for_people_and_empty_in_csv():
    table = Table("t", "T", (Column("p", kind="p"), Column("ci", kind="interval"), Column("s", kind="spread")),
                  [[None, None, (None, None)]])
    assert table.shown() == [["–", "–", "–"]]
    assert table.csv() == "p,ci_low,ci_high,s_mean,s_sd\n,,,,\n"

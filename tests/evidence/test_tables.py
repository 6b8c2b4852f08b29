"""Tables tell what the results hold, and escape every name in every language."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest

from mixedfer.evidence import escaping, tables
from mixedfer.evidence.table import Column, Table


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
    settings = dict(tables.hyperparameters(drawn.plan).rows)
    assert settings["recipe.batch_size"] == "16" and settings["recipe.augmentation"] == "none"
    assert settings["dataset.people"] == "20" and not any(name.startswith("control") for name in settings)
    view = {"kind": "mixedfer.learning.views.region:Region", "name": "mouth"}
    study = {**drawn.plan.study, "treatments": [{"name": "m", "image": True, "landmarks": view}]}
    seen = tables.inputs(replace(drawn.plan, study=study)).rows
    assert seen[1] == ["m", True, "mixedfer.learning.views.region:Region(name = mouth)"]


def test_folds_are_a_column_of_the_predictions(folded):
    rows = list(csv.DictReader(io.StringIO(tables.predictions(folded))))
    assert {int(row["fold"]) for row in rows} == {1, 2, 3, 4}
    assert [column.key for column in tables.faces(folded).columns] == ["class", "all"]


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

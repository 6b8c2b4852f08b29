"""What stands on the page: banners, sections, sizes, what a test compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.evidence import comparing, figures, page, pictures, results, sections, study_tables, summary, tables, wording
from mixedfer.evidence.banners import banners
from mixedfer.evidence.figures import by_found, effect, landmarks
from mixedfer.evidence.pictures import Picture
from mixedfer.metrics import METRICS, Metric
from tests.evidence.synthetic import build, changed


def _summary(loaded):
    return summary.summarise(loaded, comparing.compare_all(loaded))


def _sections(loaded) -> dict:
    told = _summary(loaded)
    return {section.name: section for section in sections.sections(loaded, told, [], tables.every(loaded, told), None)}


def test_folds_are_several_pairs_of_models(folded, drawn):
    assert "4 pairs of models, one per fold," in str(_sections(folded)["others"])
    assert "one pair of trained models" in str(_sections(drawn)["others"])


def test_every_table_is_in_the_report(drawn):
    made = _sections(drawn)
    blocks = [block for section in made.values() for block in section.blocks]
    shown = {content.title for kind, content in blocks if kind == "table"}
    linked = {title for kind, content in blocks if kind == "files" for title, _ in content}
    every = {table.title for table in tables.every(drawn, _summary(drawn))}
    assert shown | linked >= every and not shown & linked


def test_what_no_control_and_few_replicates_leave_open_is_said(tmp_path):
    def said(arms, replicates):
        made = _sections(results.load(build(tmp_path, arms, images=40, replicates=replicates), tmp_path))
        assert "What each treatment tells" in [content.title for kind, content in made["explains"].blocks if kind == "table"]
        return ("No treatment here is such a control" in str(made["explains"]),
                "its p cannot go below 0.062 with 5 replicates" in str(made["others"]))

    assert said(("image-only", "mixed"), 5) == (True, True)
    assert said(("image-only", "mixed", "shuffled"), 6) == (False, False)
    for arms in (("mixed", "shuffled"), ("shuffled", "mixed"), ("image-only", "landmarks-only")):  # which add no second branch
        assert said(arms, 6) == (False, False)


def test_a_section_without_content_is_left_out(drawn):
    told = _summary(drawn)
    every = [table for table in tables.every(drawn, told) if table.name != "calibration"]
    made = {section.name for section in sections.sections(drawn, told, [], every, None)}
    assert "calibration" not in made and "figures" not in made and "others" in made


def test_the_design_says_how_large_the_partitions_are(drawn, folded):
    assert "400 training / 133 validation / 400 test images" in page.design(drawn, _summary(drawn))
    assert "200 test images in 4 folds" in page.design(folded, _summary(folded))


def test_a_margin_of_another_metric_was_not_set_beforehand(drawn):
    """The runs were made to be judged by accuracy; judging them by log loss is a choice after the fact."""
    plan = changed(drawn.plan, metric="log_loss")
    moved = replace(drawn, plan=plan)
    told = _summary(moved)
    assert page.design(moved, told).endswith("margin 0.02 nats, changed after the runs")
    assert page.design(drawn, _summary(drawn)).endswith("margin 2 points, set beforehand")
    assert "The margin was changed" in [banner.title for banner in banners(moved, told)]
    assert "The margin was 2 points of accuracy" in wording.brief(told)
    rows = {row[0]: row[1:] for row in study_tables.decisions(moved, told).rows}
    assert rows["margin"] == ["0.02 nats of log loss", "changed: 2 points of accuracy at first"]
    assert rows["metric"] == ["log loss", "changed: accuracy at first"]


def test_only_what_was_tested_is_adjusted_for(drawn):
    """Two treatments, one of them the control again with its seeds: one p, nothing to adjust."""
    def told(*same):
        study = replace(drawn, arms={**drawn.arms, **dict.fromkeys(same, drawn.arms["image-only"])})
        return {row[0]: row[1] for row in study_tables.decisions(study, _summary(study)).rows}["several treatments"]
    assert told() == "Holm over 2, of any difference and of one larger than the margin"
    assert told("landmarks-only") == "one was tested: nothing to adjust"
    assert told("landmarks-only", "mixed") == "none was tested: nothing to adjust"


def test_without_a_detector_nothing_is_said_about_finding_faces(drawn):
    faces = replace(drawn.faces, meta={**drawn.faces.meta, "searched": False})
    unsearched = replace(drawn, faces=faces)
    told = _summary(unsearched)
    made = str(_sections(unsearched)["data"])
    assert "No detector was used" in made and "found a face" not in made
    names = {table.name for table in tables.every(unsearched, told)}
    assert not {"found", "faces"} & names
    assert not by_found.applies(unsearched, told) and by_found.applies(drawn, told)
    assert "was found" not in landmarks.caption(unsearched, told)


def test_a_code_fence_outlasts_what_is_in_it():
    assert page.fenced("a\n```\nb").splitlines()[0] == "````"


def test_note_about_the_data_and_unreadable_pictures_are_told(drawn):
    faces = replace(drawn.faces, meta={**drawn.faces.meta, "note": "The expressions are synthesised."},
                    readable=np.arange(len(drawn.faces)) > 2)
    lost, note = banners(replace(drawn, faces=faces), _summary(drawn))
    assert lost.title == "3 pictures could not be read"
    assert note.kind == "note" and note.text.startswith("The expressions")


def _wrong(truth, answers, probabilities):
    return (truth != answers)[:, None], np.ones((len(truth), 1))


def test_a_new_metric_is_one_entry_of_the_table(drawn, monkeypatch):
    """A proportion of which less is better, which none of the others is: it mirrors the accuracy."""
    monkeypatch.setitem(METRICS, "error", Metric("error rate", _wrong, higher_is_better=False))
    moved = replace(drawn, plan=changed(drawn.plan, metric="error"))
    told, accuracy = _summary(moved), _summary(drawn)
    for row, other in zip(told["comparisons"], accuracy["comparisons"]):
        assert row["estimate"] == pytest.approx(-other["estimate"]) and row["verdict"] == other["verdict"]
        assert wording.difference(row, "error") == wording.difference(other)
    assert wording.meaning(told["comparisons"][0], told) == wording.meaning(
        accuracy["comparisons"][0], accuracy).replace("above +", "below −")
    assert [row[1] for row in tables.others(told, True).rows[:5]][-1] == "error rate"
    assert "error rate" in [column.title for column in tables.replicates(told).columns]
    assert "error rate, %" in [column.title for column in tables.arms(told).columns]
    assert "Of log loss and error rate, less is better." in str(_sections(moved)["others"])
    assert "better than the control \u2192" not in effect.draw(moved, told).axes[0].get_xlabel()


def test_every_figure_names_its_section_and_table_and_one_that_names_no_section_is_refused(drawn):
    """Here without pixels: a figure is placed by what its file says, at the end of a section that has no place for it."""
    told = _summary(drawn)
    every = tables.every(drawn, told)
    made = [Picture(name, module.SECTION, "", "", "", b"", b"", getattr(module, "NUMBERS", ""))
            for name, module in pictures.discover(figures).items()]
    new = Picture("new", "leakage", "", "", "", b"", b"")
    placed = {section.name: [content.name for kind, content in section.blocks if kind in ("picture", "table")]
              for section in sections.sections(drawn, told, [*made, new], every, None)}
    assert placed["where"] == ["by_class", "classes", "confusion", "by_found", "found"] and placed["leakage"][-1] == "new"
    assert {picture.name for picture in made} <= {name for names in placed.values() for name in names}
    assert {picture.numbers for picture in made} - {""} <= {table.name for table in every}
    with pytest.raises(BadInput, match=r"figure 'new' stands in 'leak'.*'leakage'"):
        sections.sections(drawn, told, [replace(new, section="leak")], every, None)

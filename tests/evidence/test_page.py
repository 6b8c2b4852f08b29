"""The words of the page: banners, the command, what a test compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixedfer.evidence import comparing, page, summary


def _summary(loaded):
    return summary.summarise(loaded, comparing.compare_all(loaded))


def test_folds_are_several_pairs_of_models(folded, drawn):
    assert page._values(folded, _summary(folded), [None], [])["models"] == "4 pairs of models, one per fold,"
    assert page._values(drawn, _summary(drawn), [None], [])["models"] == "one pair of trained models"


def test_the_command_repeats_the_settings_as_they_were_typed(drawn):
    plan = replace(drawn.plan, varied={"view": {"kind": "x"}}, settings=["view=region('a b')", "epochs=3"],
                   name="my study")
    wanted = """mixedfer run 'experiments/my study.py' --set 'view=region('"'"'a b'"'"')' --set epochs=3"""
    assert page._command(plan) == wanted and page._command(drawn.plan) == "mixedfer run experiments/drawn.py"


def test_note_about_the_data_and_unreadable_pictures_are_told(drawn):
    faces = replace(drawn.faces, meta={**drawn.faces.meta, "note": "The expressions are synthesised."},
                    readable=np.arange(len(drawn.faces)) > 2)
    told = [banner.title for banner in page.banners(replace(drawn, faces=faces), _summary(drawn))]
    assert told == ["3 pictures could not be read"]
    assert page._values(replace(drawn, faces=faces), _summary(drawn), [None], [])["note"].startswith("The expressions")

"""A report without pictures shows nothing of their pixels, and says the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixedfer.evidence import comparing, figures, gallery, pictures, report, results, summary
from mixedfer.evidence.withheld import LINE, PAPER, without_pictures
from mixedfer.faceset import FaceSet
from tests.commands import files
from tests.evidence.synthetic import build
from tests.evidence.test_preparations import WHOLE


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    plan = build(store, images=40, replicates=2, name="small")
    return store, plan, results.load(plan, store)


def pixels(found, numbers) -> list[np.ndarray]:
    """Every picture that the figures of a study hold."""
    drawn = [module.draw(found, numbers) for module in pictures.discover(figures).values()
             if not hasattr(module, "applies") or module.applies(found, numbers)]
    arrays = [np.asarray(image.get_array()) for figure in drawn for axes in figure.axes for image in axes.get_images()]
    return [array for array in arrays if array.dtype == np.uint8]


def darkened(faces: FaceSet) -> FaceSet:
    return replace(faces, images=np.zeros_like(faces.images))


@pytest.mark.parametrize("own", [{}, {"mixed": WHOLE}], ids=["one preparation", "one of an arm's own"])
def test_figures_and_gallery_show_sketches_that_no_pixel_decides(own, tmp_path):
    found = results.load(build(tmp_path, images=40, replicates=2, own=own, name="small"), tmp_path)
    numbers = summary.summarise(found, comparing.compare_all(found))
    shown, hidden = pixels(found, numbers), pixels(without_pictures(found), numbers)
    # The face that a class's landmarks are drawn on is left out; there is none where arms see several face sets.
    assert len(shown) > len(hidden) > 3 or (own and len(shown) == len(hidden) > 3)
    assert all(len(np.unique(array)) > 2 for array in shown)
    assert all(set(np.unique(array)) == {PAPER, LINE} for array in hidden)
    dark = replace(found, faces=darkened(found.faces),
                   arms={name: replace(arm, faces=darkened(arm.faces)) for name, arm in found.arms.items()})
    one, other = (gallery.make(without_pictures(each)).sheet for each in (found, dark))
    assert one == other != gallery.make(found).sheet


def test_the_numbers_are_the_same_and_the_report_says_what_it_leaves_out(study):
    store, plan, _ = study
    made = report.write(plan, store, store / "with")
    left = report.write(plan, store, store / "without", pictures=False)
    assert not report.write(plan, store, store / "without", pictures=False).made
    one, two = (files(each.folder, "**/*.*") for each in (made, left))
    differing = {name for name in two if one[name] != two[name]}
    gone = {name for name in one if "figures/landmarks" in str(name)}
    assert two.keys() == one.keys() - gone and gone
    assert not any(str(name).endswith((".json", ".csv", ".tex")) for name in differing if not str(name).endswith("inputs.json"))
    told, other = ((each.folder / "report.md").read_text() for each in (left, made))
    assert "Pictures are left out" in told and "mixedfer run" in told and "--no-pictures" in told
    assert "Pictures are left out" not in other and "--no-pictures" not in other
    assert report.write(plan, store, store / "without").made  # with pictures after all: another report

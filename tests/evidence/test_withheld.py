"""A report without pictures shows no pixel of them, and says the same."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from mixedfer.evidence import comparing, figures, gallery, pictures, report, results, summary
from mixedfer.evidence.withheld import GRAY, without_pictures
from tests.commands import files
from tests.evidence.synthetic import build


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    plan = build(store, images=40, replicates=2, name="small")
    return store, plan, results.load(plan, store)


def pixels(found) -> list[np.ndarray]:
    """Every picture that the figures of a study hold."""
    numbers = summary.summarise(found, comparing.compare_all(found))
    drawn = [module.draw(found, numbers) for module in pictures.discover(figures).values()
             if not hasattr(module, "applies") or module.applies(found, numbers)]
    arrays = [np.asarray(image.get_array()) for figure in drawn for axes in figure.axes for image in axes.get_images()]
    return [array for array in arrays if array.dtype == np.uint8]


def test_no_figure_and_no_gallery_holds_a_pixel(study):
    found = study[2]
    shown, hidden = pixels(found), pixels(without_pictures(found))
    assert len(shown) == len(hidden) > 3 and all(array.std() > 0 for array in shown)
    assert all((array == GRAY).all() for array in hidden)
    for one, gray in ((found, False), (without_pictures(found), True)):
        sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(gallery.make(one).sheet.split(",")[1]))))
        side = gallery.make(one).data["side"]
        assert (np.ptp(sheet[:side, :side].astype(int)) <= 1) == gray  # JPEG rounds


def test_the_numbers_are_the_same_and_the_report_says_what_it_leaves_out(study):
    store, plan, _ = study
    made = report.write(plan, store, store / "with")
    left = report.write(plan, store, store / "without", pictures=False)
    assert not report.write(plan, store, store / "without", pictures=False).made
    one, two = (files(each.folder, "**/*.*") for each in (made, left))
    differing = {name for name in one if one[name] != two[name]}
    assert one.keys() == two.keys() and not any(str(name).endswith((".json", ".csv", ".tex")) for name in
                                                differing if "inputs" not in str(name))
    told, other = ((each.folder / "report.md").read_text() for each in (left, made))
    assert "Pictures are left out" in told and "mixedfer run" in told and "--no-pictures" in told
    assert "Pictures are left out" not in other and "--no-pictures" not in other
    assert report.write(plan, store, store / "without").made  # with pictures after all: another report

"""Arms with preparations of their own: compared on the same pictures, proven to differ as declared, and shown."""

from __future__ import annotations

import base64
import csv
import dataclasses
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from mixedfer import disk, faceset
from mixedfer.errors import BadInput, Damaged
from mixedfer.evidence import answers, comparing, controls, gallery, preparations, report, results, summary, tables
from mixedfer.evidence.figures import occlusion, picture_grid, side_by_side
from mixedfer.study import Preparation
from tests.evidence.spoiling import failures, on
from tests.evidence.synthetic import Finder, build, sha

ARMS = ("image-only", "mixed", "whole", "mixed whole", "whole again")
WHOLE = Preparation(detector=Finder(), crop=False, size=32)
OWN = {arm: WHOLE for arm in ARMS if "whole" in arm}
TOLD = "crop no instead of yes, size 32 instead of 48"


def compared(store, arms=ARMS, **options):
    return build(store, arms, images=90, replicates=3, own=OWN, name="prepared", **options)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Results of five arms, three of which see the whole picture, at another size."""
    store = tmp_path_factory.mktemp("prepared")
    return results.load(compared(store, effect={"whole": 0.1}), store)


@pytest.fixture(scope="module")
def numbers(study):
    return summary.summarise(study, comparing.compare_all(study))


def detail(study):
    return {check.name: check.detail for check in study.checks}


def test_the_proof_passes_and_says_what_differs(study):
    told = detail(study)
    assert study.comparable
    for arm in OWN:
        assert f"{arm} with a preparation of its own: {TOLD}" in told["recipe and data"]
    assert "image-only and mixed with that of the study" in told["recipe and data"]
    assert "one seed and preparation" in told["augmentation draws and first batches"]
    # Three tensors of the joint layer and the answer, two of the image's and two of the landmarks' branch.
    assert told["initial weights"].startswith("7 tensors that arms share")
    assert "no two arms have one view, seed and preparation" in told["landmarks"]


def test_every_arm_has_its_own_pictures_of_the_same_people(study):
    control, whole = study.arms["image-only"].faces, study.arms["whole"].faces
    assert control.images.shape[1:3] == (48, 48) and whole.images.shape[1:3] == (32, 32)
    assert study.faces.content == control.content != whole.content
    assert (study.found == np.asarray(control.found)[study.rows]).all()
    assert [one.arms for one in preparations.sets(study)] == [["image-only", "mixed"], ["whole", "mixed whole", "whole again"]]


def test_the_numbers_are_those_of_any_comparison(study, numbers):
    row = next(row for row in numbers["comparisons"] if row["treatment"] == "whole")
    assert row["estimate"] == pytest.approx(study.correct("whole").mean() - study.correct("image-only").mean())
    assert row["ci95"][0] < row["estimate"] < row["ci95"][1]
    one, other = numbers["preparations"]
    assert (one["differs"], other["differs"], one["found"]) == ("", TOLD, int(study.faces.found.sum()))
    assert other["found"] == int(study.arms["whole"].faces.found.sum())


def test_a_run_on_the_other_preparation_fails(tmp_path):
    def edit(arm, fold, replicate, facts):
        seen.setdefault(arm, facts["spec"]["data"])
        if (arm, replicate) == ("whole", 1):
            facts["spec"]["data"] = seen["image-only"]
    seen: dict = {}
    failed = failures(compared(tmp_path, ("image-only", "whole"), edit=edit), tmp_path)
    assert "whole, replicate 2 was trained on data" in failed["recipe and data"]


@pytest.mark.parametrize(("name", "spoil"), [
    ("sample order", lambda facts: facts["proof"]["shown"][2].update(order=sha("x"))),
    ("augmentation draws and first batches", lambda facts: facts["proof"].update(first_batches=None)),
    ("split", lambda facts: facts.update(train=facts["train"][1:])),
    ("learning rate", lambda facts: facts["proof"].update(learning_rate=[1, 2, 3, 4])),
    ("initial weights", lambda facts: facts["proof"]["initial_weights"].update(more={"shape": [1], "sha256": "x"})),
    ("initial weights", lambda facts: facts["proof"]["initial_weights"]["answer/kernel"].update(sha256="x")),
    ("recipe and data", lambda facts: facts["spec"].update(cell_seed=7)),
])
def test_nothing_else_may_differ(tmp_path, name, spoil):
    assert name in failures(compared(tmp_path, ("image-only", "whole"), edit=on("whole")(spoil)), tmp_path)


def test_landmarks_of_one_preparation_are_compared_and_of_two_not(tmp_path):
    arms = ("mixed", "mixed twin", "mixed whole")
    plan = compared(tmp_path, arms)
    assert results.load(plan, tmp_path).comparable
    other = on("mixed twin")(lambda facts: facts["proof"]["shown"][2].update(landmarks=sha("x")))
    assert "mixed twin, replicate 1 differs" in failures(compared(tmp_path, arms, edit=other), tmp_path)["landmarks"]


def test_the_mean_image_of_centred_pixels_is_of_the_data(tmp_path):
    def edit(arm, fold, replicate, facts):
        size = OWN[arm].size if arm in OWN else 48
        facts["proof"]["initial_weights"]["pixels/mean"] = {"shape": [size, size, 1], "sha256": sha(facts["spec"]["data"], arm)}
    assert results.load(compared(tmp_path, ("image-only", "whole"), edit=edit), tmp_path).comparable
    failed = failures(compared(tmp_path, ("image-only", "landmarks-only"), edit=edit), tmp_path)
    assert "pixels/mean" in failed["initial weights"]


def test_a_plan_whose_face_sets_do_not_fit_is_refused(tmp_path):
    plan = compared(tmp_path, ("image-only", "mixed", "whole"))
    swapped = dataclasses.replace(plan, faces={**plan.faces, "mixed": plan.faces["whole"]})
    with pytest.raises(Damaged, match="'mixed' has no face set, or another"):
        results.load(swapped, tmp_path)


def test_face_sets_of_other_pictures_are_refused(tmp_path):
    plan = compared(tmp_path, ("image-only", "whole"))
    folder = tmp_path / "faces" / plan.faces["whole"]
    arrays = {name: np.load(folder / f"{name}.npy") for name in faceset.ARRAYS}
    with disk.new_folder(tmp_path / "faces" / "other") as part:
        for name, array in {**arrays, "readable": arrays["readable"] & (np.arange(len(arrays["ids"])) != 7)}.items():
            np.save(part / f"{name}.npy", array)
        (part / "meta.json").write_text((folder / "meta.json").read_text())
    other = dataclasses.replace(plan, faces={**plan.faces, "whole": "other"})
    with pytest.raises(BadInput, match=r"'whole' and arm 'image-only' .* differ in readable, first of drawn-00007"):
        results.load(other, tmp_path)


def test_a_preparation_is_no_chance_and_no_control(study, numbers):
    roles = {row[0]: row[1] for row in controls.explains(study, numbers).rows}
    assert roles["whole"] == f"The same inputs, prepared otherwise: {TOLD}."
    assert roles["mixed whole"] == f"Landmarks beside the image, prepared otherwise: {TOLD}."
    assert roles["whole again"] == f"The same inputs, other seeds, prepared otherwise: {TOLD}."
    # No treatment saw the control's data and its inputs again, and none is told beyond one with other data.
    assert not controls.beyond(study, numbers).rows


def test_controls_explain_what_saw_the_same_data(tmp_path):
    arms = ("image-only", "shuffled", "mixed", "mixed whole")
    found = results.load(compared(tmp_path, arms), tmp_path)
    told = summary.summarise(found, comparing.compare_all(found))
    assert [row[:2] for row in controls.beyond(found, told).rows] == [["mixed", "shuffled"]]


def test_tables_tell_each_preparation(study, numbers):
    made = {table.name: table for table in tables.every(study, numbers)}
    sees = {row["arm"]: row["preparation"] for row in csv.DictReader(io.StringIO(made["inputs"].csv()))}
    assert sees == {arm: TOLD if arm in OWN else "none" for arm in ARMS}
    rates = list(csv.DictReader(io.StringIO(made["faces"].csv())))
    found = [int(row["all_found"]) for row in rates if row["class"] == "all"]
    assert found == [one["found"] for one in numbers["preparations"]]
    assert "but for the preparation of whole, mixed whole and whole again" in made["hyperparameters"].title
    first = next(csv.DictReader(io.StringIO(tables.predictions(study))))
    assert first["found, whole, mixed whole, whole again"] in ("yes", "no")


def test_a_study_of_one_preparation_has_no_word_of_it(drawn):
    told = summary.summarise(drawn, comparing.compare_all(drawn))
    made = {table.name: table for table in tables.every(drawn, told)}
    assert told["preparations"] == [] and "preparation" not in [column.key for column in made["inputs"].columns]
    assert not picture_grid.applies(drawn, told) and isinstance(told["provenance"]["data"], str)


def test_the_gallery_has_the_pictures_of_both(study):
    made = gallery.make(study)
    shown = len(made.data["shown"])
    assert made.data["sets"] == [0, 0, 1, 1, 1] and made.data["side"] == 32
    assert made.data["seen"][1] == study.arms["whole"].faces.found[study.rows[made.data["shown"]]].astype(int).tolist()
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(made.sheet.partition(",")[2]))), float)

    def cut(place):
        left, top = place % made.data["across"] * 32, place // made.data["across"] * 32
        return sheet[top:top + 32, left:left + 32]
    # The other preparation shows negatives of the same faces.
    for at in (0, 5, shown - 1):
        assert abs(cut(at) + cut(shown + at) - 255).mean() < 30  # lines are thinned out, and JPEG


def test_figures_show_each_arms_own_pictures(study, numbers):
    drawn = picture_grid.draw(study, numbers)
    pictures = [axes.images[0].get_array() for axes in drawn.axes]
    assert len(pictures) == 2 * 2 * len(picture_grid.chosen(study))
    assert {picture.shape for picture in pictures} == {(48, 48), (32, 32)}
    second = study.rows[picture_grid.chosen(study)[1]]
    assert (pictures[2] == np.asarray(study.faces.images[second])[..., 0]).all()
    found = [one.faces.found[study.rows[picture_grid.chosen(study)]] for one in preparations.sets(study)]
    assert (found[0] != found[1]).any()
    given = np.stack([answers.answer(study, arm)[picture_grid.chosen(study)] for arm in study.arms])
    assert (given != given[0]).any(0)[3:].all() and len(picture_grid.chosen(study)) == picture_grid.ROWS
    assert TOLD in picture_grid.caption(study, numbers) and "whole answered" in picture_grid.alt(study, numbers)
    assert occlusion.draw(study, numbers) and "as image-only saw it" in occlusion.caption(study, numbers)


def test_two_pictures_of_a_face_stand_side_by_side(tmp_path):
    found = results.load(compared(tmp_path, ("image-only", "whole")), tmp_path)
    told = summary.summarise(found, comparing.compare_all(found))
    pictures = [axes.images[0].get_array().shape for axes in side_by_side.draw(found, told).axes if axes.images]
    assert pictures[:2] == [(48, 48), (32, 32)] and "what whole saw" in side_by_side.caption(found, told)


def test_the_page_speaks_of_preparations_and_not_of_landmarks_alone(tmp_path):
    made = report.write(compared(tmp_path, ("image-only", "whole")), tmp_path, tmp_path / "reports")
    page = (made.folder / "report.md").read_text()
    assert "the arms differed in their inputs, in the preparation of whole (see recipe and data) and" in page
    assert "A gain is due to landmarks" not in page
    assert re.search(r"image-only: The detector found a face in .*\n+whole: The detector found", page)
    assert "as prepared for image-only" in page and "picture_grid" in page
    assert json.loads((made.folder / "results.json").read_text())["provenance"]["data"].keys() == {"image-only", "whole"}

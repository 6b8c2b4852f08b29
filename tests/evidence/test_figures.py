"""The contract of every figure: whatever the study, it is drawn, equal bytes twice, and says what is missing."""

from __future__ import annotations

import re
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text

from mixedfer.evidence import answers, comparing, figures, pictures, results, study_tables, summary
from mixedfer.evidence.figures import (
    by_class,
    by_found,
    confusion,
    effect,
    landmarks,
    learning_curves,
    occlusion,
    side_by_side,
    style,
)
from mixedfer.faceset import PARTITIONS
from tests.evidence.synthetic import build

SEVEN = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
SIX = ("image-only", "mixed", "landmarks-only", "mixed with landmarks shuffled across all images",
       "image-only widened to the parameter count of mixed", "W" * 60)
HOSTILE = ("<script>alert('$x$')</script>", "$\\frac{1$ & _% \\ \x00\n" + "m" * 50)
FIGURES = pictures.discover(figures)
CASES = {
    "two classes": {},
    "seven classes, six arms": {"classes": SEVEN, "arms": SIX, "images": 140, "effect": {"mixed": 0.2}},
    "one replicate, no missed faces": {"replicates": 1, "missed": 0.0},
    "no found faces, no history": {"missed": 1.0, "edit": "history"},
    "hostile names": {"classes": HOSTILE, "arms": ("_hidden $y$", "<b>&amp;")},
    "folds": {"folds": 2, "images": 60},
    "a class without test images": {"classes": ("happy", "sad", "never"), "edit": "absent"},
    "proof failed": {"edit": "order"},
}


def _edit(kind):
    def order(arm, fold, replicate, facts):
        if arm == "mixed":
            for epoch in facts["proof"]["shown"]:
                epoch["order"] = "another"

    def history(arm, fold, replicate, facts):
        facts["history"] = []

    def absent(arm, fold, replicate, facts):
        keep = facts["test"]["rows"] % 3 != 2
        facts["test"] = {name: values[keep] for name, values in facts["test"].items()}
    return {"order": order, "history": history, "absent": absent}.get(kind)


@pytest.fixture(scope="module", params=CASES)
def study(request, tmp_path_factory):
    """(results, summary) of one of the cases."""
    case = {"images": 40, "replicates": 2, **CASES[request.param]}
    store = tmp_path_factory.mktemp("store")
    loaded = results.load(build(store, **{**case, "edit": _edit(case.get("edit"))}), store)
    return loaded, _summary(loaded)


def _summary(loaded):
    return summary.summarise(loaded, comparing.compare_all(loaded))


@pytest.mark.parametrize("name", FIGURES)
def test_contract(name, study, monkeypatch):
    module = FIGURES[name]
    assert isinstance(module.ORDER, int) and module.TITLE
    if hasattr(module, "applies") and not module.applies(*study):
        pytest.skip("has nothing to show")
    assert len(module.caption(*study)) > 20 and len(module.alt(*study)) > 10
    figure = module.draw(*study)
    assert isinstance(figure, matplotlib.figure.Figure)
    assert figure.get_size_inches()[0] == pytest.approx(style.WIDTH)
    _apart(_painted(figure, monkeypatch), figure.bbox)
    with style.look():
        figure.set_layout_engine(None)
        svg = style.save(figure, "svg")
    assert b"<text" in svg, "text must stay text"
    assert b"<script" not in svg and b"<dc:date>" not in svg


def _painted(figure, monkeypatch) -> dict:
    """Every text that is really painted, with its box in the pixels of the figure, once its layout is found."""
    boxes, draw = {}, Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text().strip():
            boxes[text] = text.get_window_extent(renderer)
        draw(text, renderer)
    with style.look(), monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.draw_without_rendering()
    return boxes


def _apart(boxes: dict, page) -> None:
    """Texts stay on the page and may touch but not cover each other."""
    names = [text.get_text() for text in boxes]
    low, high = (np.array([getattr(box, corner) for box in boxes.values()]) for corner in ("min", "max"))
    outside = (low < page.min - 1) | (high > page.max + 1)
    assert not outside.any(), f"{names[outside.any(-1).argmax()]!r} leaves the figure"
    shared = (np.minimum(high[:, None], high) - np.maximum(low[:, None], low)).min(-1)
    covered = np.argwhere(np.triu(shared > 1, 1))
    assert not len(covered), f"{names[covered[0][0]]!r} covers {names[covered[0][1]]!r}"


@pytest.fixture(scope="module")
def told(drawn):
    return _summary(drawn)


@pytest.mark.parametrize("name", FIGURES)
def test_equal_results_give_equal_bytes_and_nothing_global_is_changed(name, drawn, told):
    made = []
    for linewidth in (1.0, 9.0):  # what the user set for other figures must not leak in
        with matplotlib.rc_context({"lines.linewidth": linewidth, "font.size": 20, "svg.hashsalt": str(linewidth)}):
            before = dict(matplotlib.rcParams)
            figure = FIGURES[name].draw(drawn, told)
            assert dict(matplotlib.rcParams) == before
            made.append(pictures.saved(figure))
            assert dict(matplotlib.rcParams) == before
    assert made[0] == made[1]


def test_a_figure_needs_only_its_file():
    assert list(FIGURES) == sorted(FIGURES, key=lambda name: FIGURES[name].ORDER)
    assert list(FIGURES)[:2] == ["effect", "learning_curves"]
    assert len({module.ORDER for module in FIGURES.values()}) == len(FIGURES)
    assert not {"style", "grouped"} & set(FIGURES)


def test_the_control_has_one_colour_whoever_it_is_compared_with(drawn):
    colours = style.colours(drawn.plan)
    assert colours["image-only"] == style.CONTROL
    assert len(set(colours.values())) == 3


def test_effect_shows_every_replicate_and_no_interval_without_proof(tmp_path):
    loaded = results.load(build(tmp_path, images=40, replicates=3, edit=_edit("order")), tmp_path)
    told = _summary(loaded)
    with style.look():
        svg = style.save(effect.draw(loaded, told), "svg").decode()
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)", svg))
    assert "not comparable" in words and "helps" not in words and " to " not in words.replace("accuracy to ", "")
    assert "no significance" in effect.caption(loaded, told)


def test_confusion_counts_pool_replicates_and_rates_sum_to_one(drawn):
    table = confusion.counts(drawn, "mixed")
    assert table.sum() == len(drawn.rows) * 5  # five replicates answer every image
    assert np.allclose(confusion.normalised(table).sum(-1), 1)
    assert np.isnan(confusion.normalised(np.array([[1, 1], [0, 0]]))[1]).all()
    assert table.trace() == drawn.correct("mixed").sum()


def test_side_by_side_covers_every_image_once_and_shows_what_it_says(drawn):
    made = side_by_side.outcomes(drawn)
    assert sum(outcome.images for outcome in made) == len(drawn.rows)
    control, treatment = (answers.answer(drawn, arm) == drawn.truth for arm in ("image-only", "mixed"))
    for outcome, (ours, theirs) in zip(made, ((True, True), (True, False), (False, True), (False, False))):
        assert len(outcome.shown) == min(outcome.images, side_by_side.FACES)
        assert (treatment[outcome.shown] == ours).all() and (control[outcome.shown] == theirs).all()


def test_landmarks_shows_a_found_face_of_each_class_and_marks_the_missed_one(drawn):
    *classes, missed = landmarks.examples(drawn)
    assert [item.title for item in classes] == ["happy", "sad"]
    assert all(drawn.faces.found[item.row] and drawn.faces.partition[item.row] == PARTITIONS.index("test")
               for item in classes)
    assert not drawn.faces.found[missed.row] and missed.note == "no face found"


def test_learning_curves_keep_every_run_and_name_epochs_from_one(drawn):
    epochs, values = learning_curves.curves(drawn.arms["mixed"], "validation_accuracy")
    assert epochs.tolist() == [1, 2, 3, 4] and values.shape == (5, 4)
    assert values[0, 0] == pytest.approx(100 * drawn.arms["mixed"].records[0][0].history[0]["validation_accuracy"])


def test_no_two_of_many_arms_look_alike_in_the_learning_curves(drawn):
    arms = [{"name": f"arm {number}"} for number in range(14)]
    many = replace(drawn, plan=replace(drawn.plan, study={**drawn.plan.study, "control": arms[0], "treatments": arms[1:]}),
                   arms={arm["name"]: drawn.arms["mixed"] for arm in arms})
    means = [line for line in learning_curves.draw(many, {}).axes[3].lines if line.get_linewidth() > 1]
    assert len(means) == len({(line.get_color(), line.get_marker()) for line in means}) == 14
    assert all(line.get_markevery()[0] < len(line.get_xdata()) for line in means), "a mean without a marker"


def test_learning_curves_say_why_the_training_loss_can_lie_above(drawn):
    told = learning_curves.caption(drawn, {})
    assert "can lie above the validation loss" in told
    assert not [word for word in ("smoothing", "targets", "moving") if word in told]
    varied = with_recipe(drawn, label_smoothing=0.1, class_weights="balanced", labels="soft", average=0.9)
    told = learning_curves.caption(varied, {})
    assert "includes label smoothing of 0.1 and weights of classes;" in told and "the targets of 'soft'" in told
    assert "What is validated and tested is the moving average" in told


def with_recipe(results, **changes):
    """The same results, said to be of another recipe."""
    study = {**results.plan.study, "recipe": {**results.plan.study["recipe"], **changes}}
    return replace(results, plan=replace(results.plan, study=study))


def test_averages_over_weights_and_views_are_told(drawn):
    def told(found):
        return {row[0]: row[1] for row in study_tables.decisions(found, numbers).rows}

    numbers = summary.summarise(drawn, comparing.compare_all(drawn))
    assert "average" not in told(drawn)["tested weights"] and told(drawn)["test partition"].endswith(" images")
    varied = with_recipe(drawn, average=0.9, test_views="ten-crop")
    assert "moving average" in told(varied)["tested weights"]
    assert told(varied)["test partition"].endswith("the mean over ten crops")
    assert "looked at once here" in occlusion.caption(varied, {}) and "at once here" not in occlusion.caption(drawn, {})


def test_groups_count_their_images(drawn):
    assert [group.images for group in by_found._groups(drawn)] == [
        len(drawn.rows), drawn.found.sum(), (~drawn.found).sum()]
    per_class = by_class._groups(drawn)
    assert sum(group.images * group.values["mixed"].mean() for group in per_class) == pytest.approx(
        drawn.correct("mixed").mean(0).sum())


@pytest.mark.parametrize(("name", "width", "lines", "expected"), [
    ("mixed", 10, 1, "mixed"), ("", 10, 1, "(no name)"), ("a\x00b\nc", 10, 1, "a b c"),
    ("abcdefghijkl", 10, 1, "abcdefghi…"), ("abcdefghijkl", 10, 2, "abcdefghij\nkl"),
    ("one two three", 8, 2, "one two\nthree"),
])
def test_labels_fit(name, width, lines, expected):
    assert style.label(name, width, lines) == expected


def _unlike(facts):
    """Ways in which a run may have other maps than the first: of fewer, no, turned, training images, of other squares."""
    rows, drops = facts["occlusion"]["rows"], facts["occlusion"]["drops"]
    return [(rows[:1], drops[:1]), (rows[:0], drops[:0]), (rows[::-1], drops), (facts["train"][-4:], drops),
            (rows, drops[:, :6, :6])]


@pytest.mark.parametrize("way", range(5))
def test_maps_of_other_images_are_not_drawn(tmp_path, way):
    def edit(arm, fold, replicate, facts):
        if (arm, replicate) == ("mixed", 1):
            facts["occlusion"] = dict(zip(("rows", "drops"), _unlike(facts)[way]))
    found = results.load(build(tmp_path, images=60, replicates=2, edit=edit), tmp_path)
    assert not occlusion.applies(found, {}) and found.comparable is (way == 4)


def test_maps_of_training_images_give_a_report_that_says_so(tmp_path):
    def edit(arm, fold, replicate, facts):
        facts["occlusion"]["rows"] = facts["train"][-len(facts["occlusion"]["rows"]):]
    found = results.load(build(tmp_path, images=60, replicates=2, edit=edit), tmp_path)
    drawn = [picture.name for picture in pictures.draw_all(found, summary.summarise(found, comparing.compare_all(found)))]
    assert "occlusion" not in drawn and "effect" in drawn
    assert [check.name for check in found.checks if not check.passed] == ["test images"]

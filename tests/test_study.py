import dataclasses
from types import SimpleNamespace

import pytest

from mixedfer import pairing
from mixedfer.errors import StudyError
from mixedfer.faces.detectors.haar import Haar
from mixedfer.identity import canonical, digest
from mixedfer.learning.schedules.constant import Constant
from mixedfer.learning.schedules.milestones import Milestones
from mixedfer.learning.schedules.step import Step
from mixedfer.learning.views.normalised import normalised
from mixedfer.study import Arm, Axis
from tests.tiny import STUDY


def test_an_arm_has_nowhere_to_write_a_hyperparameter():
    with pytest.raises(TypeError, match="epochs"):
        Arm("mixed", image=True, epochs=10)


def test_varying_moves_every_arm_and_reaches_every_depth():
    varied = STUDY.varying(epochs=7, width=0.5, size=64, identities=5)
    assert (varied.recipe.epochs, varied.recipe.backbone.width) == (7, 0.5)
    assert (varied.preparation.size, varied.dataset.identities) == (64, 5)
    assert {cell.study.recipe.epochs for cell in varied.cells()} == {7}
    assert STUDY.recipe.epochs == 8


def test_an_ambiguous_name_is_refused_and_the_long_form_works():
    with pytest.raises(StudyError, match=r"recipe\.backbone\.dropout"):
        STUDY.varying(dropout=0.5)
    assert STUDY.varying(**{"fusion.dropout": 0.5}).recipe.fusion.dropout == 0.5


@pytest.mark.parametrize(("name", "nearest"), [("epoch", "'epochs'"), ("learnig_rate", "'learning_rate'"), ("arms", "Valid")])
def test_an_unknown_name_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(StudyError, match=nearest):
        STUDY.varying(**{name: 1})


@pytest.mark.parametrize("change", [
    {"epochs": "three"}, {"epochs": 0}, {"epochs": True}, {"optimizer": "adamm"}, {"missed": "drop"}, {"margin": 0.0},
    {"folds": 1}, {"replicates": 0}, {"learning_rate": float("inf")}, {"backbone": None}, {"detector": None},
    {"width": "wide"}, {"width": 0}, {"backbone.dropout": 2}, {"blocks": 6}, {"standardise": "false"},
    {"control": 3}, {"test": 0.9}, {"size": 4}, {"momentum": 1.0},
])
def test_values_that_make_no_study_are_refused(change):
    with pytest.raises(StudyError):
        STUDY.varying(**change)


def test_fields_of_a_recipe_that_would_do_nothing_or_something_else_are_refused():
    with pytest.raises(StudyError, match="without a frame are one"):
        STUDY.varying(test_views="ten-crop")
    assert STUDY.varying(test_views="ten-crop", frame=24).recipe.frame == 24
    with pytest.raises(StudyError, match="belongs into augmentation"):
        STUDY.varying(**{"recipe.retouch": STUDY.recipe.augmentation})


def test_an_unknown_metric_is_refused_with_the_nearest():
    assert STUDY.varying(metric="macro_f1").metric == "macro_f1"
    with pytest.raises(StudyError, match="Did you mean 'log_loss'"):
        STUDY.varying(metric="logloss")
    with pytest.raises(StudyError, match="metric"):
        STUDY.varying(metric=3)


def test_two_arms_of_one_name_are_refused():
    with pytest.raises(StudyError, match="one name"):
        dataclasses.replace(STUDY, treatments=(Arm("image-only", image=True),))


def test_the_arm_is_not_an_axis_of_the_seed_but_replicate_fold_and_study_seed_are():
    cells = STUDY.cells()
    assert len({cell.seed for cell in cells if cell.replicate == 0}) == 1
    assert len({cell.seed for cell in cells}) == STUDY.replicates
    assert {cell.seed for cell in STUDY.varying(seed=1).cells()}.isdisjoint(cell.seed for cell in cells)
    assert len({cell.seed for cell in STUDY.varying(folds=3).cells()}) == 3 * STUDY.replicates


def test_names_do_not_decide_a_run_but_everything_that_decides_numbers_does():
    def specs(study):
        return [digest(cell.spec("data")) for cell in study.cells()]

    renamed = dataclasses.replace(STUDY, question="Other words?", margin=0.2, control=Arm("plain", image=True))
    assert specs(renamed) == specs(STUDY)
    for change in ({"epochs": 3}, {"width": 0.5}, {"seed": 3}, {"schedule": Constant()}, {"missed": "exclude"}, {"test": 0.3}):
        assert set(specs(STUDY.varying(**change))).isdisjoint(specs(STUDY)), change
    assert len(set(specs(STUDY))) == len(STUDY.arms) * STUDY.replicates


def test_more_replicates_keep_the_runs_that_are_there():
    more = {digest(cell.spec("data")) for cell in STUDY.varying(replicates=5).cells()}
    assert more > {digest(cell.spec("data")) for cell in STUDY.cells()}


def test_what_cannot_be_written_down_cannot_be_part_of_a_study():
    with pytest.raises(StudyError, match="cannot be part of a study"):
        canonical(dataclasses.replace(STUDY.recipe, schedule=lambda epoch, epochs: 1.0))


def test_two_values_that_fit_only_together_can_be_set_together():
    study = STUDY.varying(validation=0.1, test=0.2)
    assert study.varying(validation=0.5, test=0.4).validation == 0.5
    with pytest.raises(StudyError, match="leave something"):
        study.varying(validation=0.85)


def test_a_grid_is_one_study_per_combination():
    study = dataclasses.replace(STUDY, grid=(Axis("width", (0.5, 1.0)), Axis("train_share", (0.1, 0.5, 1.0))))
    points = study.points()
    assert [values for values, _ in points][:2] == [{"width": 0.5, "train_share": 0.1}, {"width": 0.5, "train_share": 0.5}]
    assert points[5][1].recipe.backbone.width == 1.0 and points[5][1].grid == ()
    assert STUDY.points() == [({}, STUDY)]


def test_other_seeds_are_for_an_a_a_arm_alone():
    arms = dataclasses.replace(STUDY, treatments=(Arm("again", image=True), Arm("other", image=True, seed=1)))
    control, again, other = arms.cells()[:3]
    assert control.seed == again.seed != other.seed
    with pytest.raises(StudyError, match="image alone"):
        Arm("wide", image=True, landmarks=len, widened=len)


def test_an_arm_with_other_seeds_needs_its_twin_with_the_control_s():
    mixed = Arm("mixed", image=True, landmarks=normalised)
    other = dataclasses.replace(mixed, name="other", seed=7)
    assert dataclasses.replace(STUDY, treatments=(mixed, other)).arms[2].seed == 7
    with pytest.raises(StudyError, match="'other' draws other seeds than the control"):
        dataclasses.replace(STUDY, treatments=(other,))
    with pytest.raises(StudyError, match="'mixed' draws other seeds than the control"):
        dataclasses.replace(STUDY, control=Arm("image", image=True, seed=7), treatments=(mixed,))


@pytest.mark.parametrize("name", ["sources", "drawn"])
def test_a_view_that_chooses_must_say_whose_landmarks_it_shows(name):
    @dataclasses.dataclass(frozen=True)
    class Chooses:
        def __call__(self, points, found, size): ...

    view = Chooses()
    assert Arm("fine", landmarks=view).landmarks is view
    setattr(Chooses, name, lambda *_: None)
    with pytest.raises(StudyError, match=f"has {name} but does not say whose landmarks"):
        Arm("unsaid", landmarks=view)
    Chooses.shows = "others"
    assert Arm("said", landmarks=view).landmarks is view


@pytest.mark.parametrize(("name", "values"), [("margin", (0.01, 0.02)), ("metric", ("accuracy", "log_loss")),
                                              ("question", ("a", "b"))])
def test_what_decides_no_number_is_no_axis(name, values):
    with pytest.raises(StudyError, match=f"'{name}' cannot be an axis"):
        grid(Axis("epochs", (3, 4)), Axis(name, values)).points()


def grid(*axes, **changes):
    return dataclasses.replace(STUDY.varying(**changes), grid=axes)


def test_a_grid_takes_no_value_and_no_field_twice():
    with pytest.raises(StudyError, match="twice"):
        Axis("width", (1, 1.0))
    for axes in ((Axis("epochs", (3, 4)), Axis("epochs", (5, 6))), (Axis("epochs", (3, 4)), Axis("recipe.epochs", (5, 6)))):
        with pytest.raises(StudyError, match="two"):
            grid(*axes).points()


@pytest.mark.parametrize(("axis", "name", "value"), [
    (Axis("backbone.width", (0.5, 1.0)), "width", 0.25), (Axis("width", (0.5, 1.0)), "recipe.backbone", STUDY.recipe.backbone),
    (Axis("schedule", (STUDY.recipe.schedule, Constant())), "warmup", 1),
])
def test_what_a_grid_decides_cannot_be_varied(axis, name, value):
    with pytest.raises(StudyError, match=f"grid's axis '{axis.name}'"):
        grid(axis).varying(**{name: value})
    assert grid(axis).varying(epochs=3).points()[0][1].recipe.epochs == 3


@dataclasses.dataclass(frozen=True)
class Seeded:
    """A data set with a field that the study has, too."""

    seed: int = 7

    def fingerprint(self, data): ...

    def list(self, data): ...

    def read(self, data, key): ...


def test_a_whole_path_is_never_ambiguous():
    study = dataclasses.replace(STUDY, dataset=Seeded()).varying(seed=3)
    assert (study.seed, study.dataset.seed) == (3, 7)
    assert study.varying(**{"dataset.seed": 4}).dataset.seed == 4


def test_a_new_part_is_there_before_its_fields_are_named():
    study = STUDY.varying(at=(0.3,), schedule=Step())
    assert study.recipe.schedule == Step(at=(0.3,))
    for changes in ({"schedule": Step(), "warmup": 2}, {"augmentation": None, "rotation": 5}):
        with pytest.raises(StudyError, match="no field"):
            STUDY.varying(**changes)
    with pytest.raises(StudyError, match="NoneType"):
        STUDY.varying(augmentation=None, **{"recipe.augmentation.rotation": STUDY.recipe.fusion})


def test_a_whole_number_for_a_fraction_is_the_same_run():
    for name, whole, fraction in (("learning_rate", 1, 1.0),
                                  ("schedule", Milestones(at=(9,), factors=(0,)), Milestones(at=(9,), factors=(0.0,)))):
        assert digest(STUDY.varying(**{name: whole}).making()) == digest(STUDY.varying(**{name: fraction}).making())
    with pytest.raises(StudyError, match="expected float"):
        STUDY.varying(learning_rate=10**400)


WHOLE = dataclasses.replace(STUDY.preparation, crop=False)


def with_own(own, **changes):
    """A study whose treatment has this preparation of its own."""
    return dataclasses.replace(STUDY, treatments=(Arm("whole", image=True, preparation=own),), **changes)


def test_an_arm_may_have_a_preparation_of_its_own():
    study = with_own(WHOLE)
    assert [study.prepared(arm).preparation.crop for arm in study.arms] == [True, False]
    # The data of a run say how they were prepared; a control is trained once for all studies.
    control, whole = (cell.spec("data") for cell in study.cells()[:2])
    assert control == whole == STUDY.cells()[0].spec("data")
    assert study.making() != with_own(None).making()


@pytest.mark.parametrize(("shared", "own", "words"), [
    ("exclude", "exclude", "each detector would leave out other pictures"),
    ("whole-image", "exclude", "would see other pictures"),
    ("exclude", "whole-image", "would see other pictures"),
])
def test_preparations_that_would_give_arms_other_pictures_are_refused(shared, own, words):
    with pytest.raises(StudyError, match=f"'whole'.*{words}"):
        with_own(dataclasses.replace(WHOLE, missed=own), preparation=dataclasses.replace(STUDY.preparation, missed=shared))


def test_a_preparation_of_all_faces_is_refused():
    every = SimpleNamespace(missed="whole-image", face="all")
    with pytest.raises(StudyError, match="face='all' in the preparation of arm 'whole'"):
        pairing.refuse_other_pictures(STUDY.preparation, {"whole": every})
    with pytest.raises(StudyError, match="face='all' in the study's preparation"):
        pairing.refuse_other_pictures(every, {"whole": WHOLE})


def test_what_is_set_in_the_preparation_moves_every_arm_and_never_what_is_compared():
    study = with_own(WHOLE).varying(size=64, border=0.3)
    assert [(arm.size, arm.border) for arm in (study.preparation, study.treatments[0].preparation)] == [(64, 0.3)] * 2
    assert study.treatments[0].preparation.crop is False
    for change in ({"crop": True}, {"preparation": WHOLE}):
        with pytest.raises(StudyError, match="arm 'whole' differs there"):
            with_own(WHOLE).varying(**change)
    other = with_own(dataclasses.replace(STUDY.preparation, detector=Haar()))
    with pytest.raises(StudyError, match=r"preparation\.detector\.upsample cannot be set"):
        other.varying(upsample=1)
    assert other.varying(colour=True).treatments[0].preparation == dataclasses.replace(
        STUDY.preparation, detector=Haar(), colour=True)


def test_an_arm_with_other_seeds_needs_a_twin_of_its_preparation():
    with pytest.raises(StudyError, match="draws other seeds"):
        dataclasses.replace(STUDY, treatments=(Arm("whole", image=True, preparation=WHOLE, seed=1),))

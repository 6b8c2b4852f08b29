"""What a study may search, and what it may not."""

import dataclasses

import pytest

from mixedfer.axes import Axis, Range, Search
from mixedfer.errors import StudyError
from mixedfer.learning.fusions.features import Features
from mixedfer.learning.fusions.gated import Gated
from tests.tiny import STUDY

RATE = Range("learning_rate", 1e-3, 1e-1, log=True)


def searching(*space, **budget):
    return dataclasses.replace(STUDY, search=Search(space=space, **{"trials": 3, **budget}))


def test_a_search_names_fields_of_the_recipe_as_varying_does():
    study = searching(RATE, Axis("recipe.fusion", (STUDY.recipe.fusion, Gated(units=(8,)))), Range("backbone.dropout", 0, 0.5))
    assert study.varying(**{"search.trials": 9}).search.trials == 9
    assert study.varying(replicates=7, seed=5).search.seed == 0


@pytest.mark.parametrize(("one", "problem"), [
    (Range("learnig_rate", 0.001, 0.1), "'learning_rate'"), (Range("dropout", 0, 0.5), "could be"),
    (Range("epochs", 1, 20), "part of the budget"), (Axis("test_views", ("one", "mirror")), "how arms are tested"),
    (Axis("selection", ("last", "best")), "which epoch"), (Range("train_share", 0.5, 1.0), "only fields of the recipe"),
    (Axis("recipe", (STUDY.recipe, STUDY.varying(epochs=2).recipe)), "only fields of the recipe"),
    (Range("learning_rate", 1e-4, 1e-3), "outside the search's space"), (Axis("optimizer", ("sgd", "adamw")), "outside"),
    (Range("batch_size", 4, 16.5), "whole numbers"), (Range("backbone.dropout", 0, 1.5), "0 to"),
    (Axis("optimizer", ("adam", "adamm")), "expected"),
])
def test_what_cannot_be_searched_is_refused(one, problem):
    with pytest.raises(StudyError, match=problem):
        searching(one)


def test_a_field_is_searched_once_and_no_part_of_what_is_searched():
    with pytest.raises(StudyError, match="cannot both be searched"):
        searching(RATE, Axis("recipe.learning_rate", (0.01, 0.02)))
    with pytest.raises(StudyError, match=r"'fusion' and recipe\.fusion\.dropout cannot both"):
        searching(Axis("fusion", (STUDY.recipe.fusion, Features())), Range("recipe.fusion.dropout", 0, 0.5))


def test_values_that_do_not_go_together_are_refused_before_a_search_begins():
    with pytest.raises(StudyError, match=r"may try recipe\.labels='multi-target', recipe\.label_smoothing=0\.2, which is no "
                       r"recipe: .*Narrow the space"):
        searching(Axis("labels", ("majority", "multi-target")), Range("label_smoothing", 0.0, 0.2))


@pytest.mark.parametrize("make", [
    lambda: Range("learning_rate", 0.1, 0.1), lambda: Range("learning_rate", 0, 1, log=True),
    lambda: Range("learning_rate", 0, float("inf")), lambda: Range("learning_rate", 0, float("nan")),
    lambda: Search(space=(), trials=3), lambda: Search(space=(RATE,), trials=1), lambda: Search(space=(1,), trials=3),
    lambda: Search(space=(RATE,), trials=3, sampler="grid"),
])
def test_a_space_and_a_budget_must_make_sense(make):
    with pytest.raises(StudyError):
        make()


def test_a_search_goes_with_neither_grid_nor_folds():
    for change in ({"grid": (Axis("width", (0.0625, 0.125)),)}, {"folds": 3}):
        with pytest.raises(StudyError, match="search"):
            dataclasses.replace(searching(RATE), **change)


def test_the_comparison_under_one_recipe_does_not_know_of_the_search():
    assert searching(RATE).making() == STUDY.making()
    assert [cell.spec("data") for cell in searching(RATE).cells()] == [cell.spec("data") for cell in STUDY.cells()]

"""A model that another cell was trained with gives the bytes of a new one; kinds are not confused; few are kept."""

import numpy as np
import pytest

from mixedfer import disk
from tests.tiny import STUDY


@pytest.fixture
def compiled(keras_ready):
    from mixedfer.learning import compiled

    compiled._kept.clear()
    yield compiled
    compiled._kept.clear()


def model(study, seed, arm=3):
    """The compiled model of one of the tiny study's arms, as `training.Run` makes it."""
    from mixedfer.learning import losses, models, optimizers

    recipe = study.recipe
    made = models.build(recipe, study.arms[arm], (32, 32, 1), (136,), 2, seed)
    made.compile(optimizers.of(recipe, made.trainable_variables, []), losses.of(recipe.labels), metrics=["accuracy"])
    made.optimizer.build(made.trainable_variables)
    return made


@pytest.mark.parametrize("change", [{"optimizer": "adamw", "average": 0.9, "epochs": 3},
                                    {"precision": "mixed_float16", "epochs": 3}])
def test_a_used_model_gives_the_bytes_of_a_new_one(prepared, tmp_path, compiled, change):
    from mixedfer.learning import training

    _, faces = prepared
    first, second = (cell for cell in STUDY.varying(**change).cells() if cell.arm.name == "landmarks-only")
    for name, cells in (("after", (first, second)), ("new", (second,))):
        compiled._kept.clear()
        for cell in cells:
            training.train(cell, faces, tmp_path / name, f"run{cell.replicate}")
            assert len(compiled._kept) == 1
    files = [sorted((tmp_path / name / "runs" / f"run{second.replicate}").iterdir()) for name in ("after", "new")]
    for one, other in zip(*files, strict=True):
        assert one.name == other.name and (one.name == "timing.json" or disk.hash_file(one) == disk.hash_file(other)), one.name


def test_a_kept_model_is_lent_to_the_same_kind_alone_and_to_one_at_a_time(compiled):
    kept, recipe = model(STUDY, 1), STUDY.recipe
    compiled.keep(kept, recipe)
    other = STUDY.varying(batch_size=4)
    asked = model(other, 2)
    assert compiled.take(asked, other.recipe) is asked
    image = model(STUDY, 2, arm=0)
    assert compiled.take(image, recipe) is image
    new = model(STUDY, 2)
    values = [np.array(variable.numpy()) for variable in new.variables]
    assert compiled.take(new, recipe) is kept
    assert all(np.array_equal(variable.numpy(), value) for variable, value in zip(kept.variables, values, strict=True))
    again = model(STUDY, 3)
    assert compiled.take(again, recipe) is again


def test_few_are_kept_and_no_large_one(compiled, monkeypatch):
    studies = [STUDY.varying(batch_size=size) for size in (4, 5, 6)]
    monkeypatch.setattr(compiled, "MOST", 2)
    made = [model(study, 1) for study in studies]
    for one, study in zip(made, studies):
        compiled.keep(one, study.recipe)
    assert list(compiled._kept.values()) == made[1:]
    monkeypatch.setattr(compiled, "LARGEST", 10)
    compiled.keep(model(STUDY, 1), STUDY.recipe)
    assert list(compiled._kept.values()) == made[1:]

import textwrap

import pytest

from mixedfer import study_files
from mixedfer.errors import StudyError
from mixedfer.learning.schedules.constant import Constant
from mixedfer.learning.schedules.step import Step

TINY = "tests/tiny.py"


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(Path(__file__).parents[1])


def load(*settings):
    from pathlib import Path

    return study_files.load(Path(TINY), settings)


def test_settings_reach_numbers_texts_tuples_and_things():
    study = load("epochs=9", "width=0.5", "optimizer=adam", "classes=happy,sad,anger", "schedule=Constant", "augmentation=None",
                 "fusion.units=(4, 5)", "colour=True")
    assert (study.recipe.epochs, study.recipe.backbone.width, study.recipe.optimizer) == (9, 0.5, "adam")
    assert study.dataset.classes == ("happy", "sad", "anger") and study.recipe.fusion.units == (4, 5)
    assert study.recipe.schedule == Constant() and study.recipe.augmentation is None and study.preparation.colour is True


def test_a_thing_may_come_from_any_module():
    study = load("backbone=mixedfer.learning.backbones.original:Original", "schedule=mixedfer.learning.schedules.step:Step")
    assert type(study.recipe.backbone).__name__ == "Original" and study.recipe.schedule == Step()


def test_settings_may_name_fields_of_a_part_that_is_set_with_them():
    assert load("at=0.3,0.5", "schedule=Step").recipe.schedule == Step(at=(0.3, 0.5))
    for settings in (("backbone=Original", "width=0.5"), ("schedule=Step", "warmup=2"), ("augmentation=None", "rotation=5")):
        with pytest.raises(StudyError, match="no field"):
            load(*settings)


def test_a_tuple_that_is_empty_by_now_is_read_by_its_annotation(tmp_path):
    (tmp_path / "emptied.py").write_text(
        "from mixedfer.faces.datasets.folder import Folder\nfrom tests.tiny import STUDY as TINY\n"
        "STUDY = TINY.varying(**{'fusion.units': (), 'dataset': Folder()})\n")
    study = study_files.load(tmp_path / "emptied.py", ("fusion.units=64, 32", "classes=3,happy"))
    assert study.recipe.fusion.units == (64, 32) and study.dataset.classes == ("3", "happy")


@pytest.mark.parametrize(("setting", "problem"), [
    ("epochs={[]:1}", "expected int"),
    ("epoch=3", "'epochs'"), ("epochs", "no value"), ("epochs=many", "expected int"), ("schedule=Cosin", "'Cosine'"),
    ("standardise=fals", "true or false"), ("recipe=Recipe", "needs no arguments"),
    ("fusion.units=4,x", "tuple of int above 0"),
    ("fusion.units=4,0", r"Features\(units=\(4, 0\)\): expected tuple of int above 0"),
    ("learning_rate=1e999", "float that is finite"),
    ("schedule=nowhere.at.all:X", "no module"), ("dropout=0.1", "longer name"), ("classes=hapy", "'happy'"),
])
def test_a_wrong_setting_is_refused_with_what_would_be_right(setting, problem):
    with pytest.raises(StudyError, match=problem):
        load(setting)


def test_truths_are_read_as_such_and_class_names_as_text():
    assert load("standardise=false").recipe.landmark_branch.standardise is False
    assert load("standardise=Yes").recipe.landmark_branch.standardise is True


@pytest.mark.parametrize(("content", "problem"), [
    ("x = 1", "no STUDY"), ("STUDY = (", r"row 1: does not load \(SyntaxError"), ("\nimport nothing_like_it", "row 2"),
    ("from mixedfer.study import Arm\nArm('a', image=True, epochs=3)", r"row 2: does not load \(TypeError.*epochs"),
])
def test_a_file_that_makes_no_study_is_named_with_its_row(tmp_path, content, problem):
    path = tmp_path / f"case_{abs(hash(content))}.py"
    path.write_text(content)
    with pytest.raises(StudyError, match=problem):
        study_files.load(path)


def test_no_private_module_of_a_folder_is_offered():
    names = {thing.__module__.rpartition(".")[2] for thing in study_files._things("mixedfer.faces.datasets").values()}
    assert {"portrait", "folder"} <= names and not [name for name in names if name.startswith("_")]


def test_a_missing_file_is_answered_with_the_nearest(tmp_path):
    (tmp_path / "quickstart.py").touch()
    with pytest.raises(StudyError, match=r"'quickstart\.py'"):
        study_files.find(tmp_path / "quikstart.py")


def test_a_file_that_hides_a_module_is_refused(tmp_path):
    (tmp_path / "json.py").write_text("STUDY = 1")
    with pytest.raises(StudyError, match="another module by that name"):
        study_files.load(tmp_path / "json.py")


def test_studies_are_listed_without_being_run(tmp_path):
    (tmp_path / "b.py").write_text(textwrap.dedent('''
        """Does b help?

        More.
        """
        raise RuntimeError
        STUDY = 1
        '''))
    (tmp_path / "helper.py").write_text("x = 1")
    assert study_files.describe(tmp_path) == {str(tmp_path / "b.py"): "Does b help?"}


def test_every_experiment_loads_and_says_command_and_cost():
    from pathlib import Path

    found = study_files.describe(Path("experiments"))
    assert len(found) >= 3
    for path in map(Path, found):
        study = study_files.load(path)
        text = path.read_text()
        assert f"mixedfer {'tune' if study.search else 'run'} {path}" in text and study.question.endswith("?")
        assert any(word in text for word in ("minute", "min ", "hour", "days"))

"""A search for each arm with real Optuna and real training, on a tiny study whose one good learning rate is planted."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from mixedfer import disk, faceset, records, runner, study_files, tuning
from mixedfer.cells.curves import Curves
from mixedfer.engines.local import Local
from mixedfer.errors import Damaged, Diverged, StudyError
from mixedfer.evidence import proof_tuned, results, tuned
from mixedfer.faces import prepared as carried
from mixedfer.faces import search_set, splits
from tests.commands import files
from tests.own_process import OwnProcess
from tests.tiny import STUDY as TINY

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'mixedfer[tune]'")

RATES = (1e-9, 1e-2, 1e30)  # nothing is learnt, most is, and the loss becomes no number
FILE = f"""
import dataclasses
from mixedfer.axes import Axis, Search
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.study import Arm
from tests.tiny import STUDY as TINY
STUDY = dataclasses.replace(
    TINY.varying(learning_rate=1e-9, replicates=1), control=Arm("shuffled", landmarks=Shuffled(normalised)),
    treatments=(Arm("landmarks-only", landmarks=normalised),),
    search=Search(space=(Axis("learning_rate", {RATES}),), trials=6, together=6, sampler="random"))
"""


@pytest.fixture(scope="module")
def made(keras_ready, prepared, tmp_path_factory):
    """The study, the store, the folder of its reports, and what `mixedfer tune` printed."""
    from mixedfer.cli import app

    folder = tmp_path_factory.mktemp("tuned")
    (folder / "planted.py").write_text(FILE)
    with pytest.MonkeyPatch.context() as patch, FileLock(prepared[0].parent / "tuning.lock"):
        patch.setattr(Local, "run", OwnProcess.run)
        patch.chdir(folder)
        arguments = ["tune", "planted.py", "--store", prepared[0], "--reports", folder / "reports"]
        printed = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False).stdout
        study = study_files.load(Path("planted.py"))
    return study, prepared[0], folder / "reports" / "planted", printed


@pytest.fixture
def plan(made):
    study, store, _, _ = made
    return tuning.read_plan(study, "planted", [], store)


def trials(plan, arm="landmarks-only"):
    return plan.tuned["arms"][arm]["trials"]


def failing(plan, store):
    """The names of the checks that fail."""
    return [check.name for check in results.load(plan, store).checks if not check.passed]


def with_arm(plan, **changes):
    arms = plan.tuned["arms"]
    return dataclasses.replace(plan, tuned={**plan.tuned, "arms": {
        **arms, "landmarks-only": {**arms["landmarks-only"], **changes}}})


def test_the_planted_learning_rate_is_found_and_trained_with(made, plan):
    assert plan.recipe("landmarks-only")["learning_rate"] == 1e-2
    assert {trial["values"]["recipe.learning_rate"] for trial in trials(plan)} == set(RATES)
    finals = [records.read(records.run_folder(made[1], cell["run"])) for cell in plan.cells]
    assert [run.spec["recipe"]["learning_rate"] for run in finals] == [
        plan.recipe(arm)["learning_rate"] for arm in ("shuffled", "landmarks-only")]


def test_every_arm_has_the_same_budget_and_its_first_trial_is_the_study_s_recipe(made, plan):
    for arm in ("shuffled", "landmarks-only"):
        assert len(trials(plan, arm)) == 6 and all(len(trial["runs"]) == 1 for trial in trials(plan, arm))
        assert trials(plan, arm)[0]["values"] == {"recipe.learning_rate": 1e-9}
        runs = [records.read(records.run_folder(made[1], run)) for trial in trials(plan, arm) if trial["score"] is not None
                for run in trial["runs"]]
        assert {len(run.history) for run in runs} == {8}
    assert [trial["values"] for trial in trials(plan)] == [trial["values"] for trial in trials(plan, "shuffled")]


def test_a_recipe_that_cannot_be_trained_is_a_trial_without_a_score(made, plan):
    wild = [trial for trial in trials(plan) if trial["values"]["recipe.learning_rate"] == 1e30]
    assert wild and all(trial["score"] is None for trial in wild)
    assert all(records.diverged(made[1], run).exists() for trial in wild for run in trial["runs"])
    with pytest.raises(Diverged, match="every trial"):
        tuning.best("mixed", [None, None], "accuracy")


def test_a_search_s_face_set_holds_no_test_picture(made):
    study, store, _, _ = made
    faces = faceset.load(runner.prepare(study, runner.Place(store=store))["shuffled"].folder)
    split = splits.split(faces, study)
    seen = search_set.make(faces, study, store)
    rows = disk.read_array(seen.folder / search_set.ROWS)
    again = splits.split(seen, dataclasses.replace(study.plain(), seed=9))
    assert not np.isin(rows, split.test).any()
    for part, own in (("train", split.train), ("validation", split.validation), ("test", split.validation)):
        assert rows[getattr(again, part)].tolist() == own.tolist()
    assert np.array_equal(seen.images, faces.images[rows]) and np.array_equal(seen.labels, faces.labels[rows])
    faceset.verify(seen)
    assert carried.find(study, store).content == faces.content  # and it is never taken for the data set's own


def official(faces, split, folder, change=None):
    """A copy of a face set whose partitions are official ones, with the labels of some rows turned round."""
    partition = np.zeros(len(faces), np.int8)
    partition[split.validation], partition[split.test] = 1, 2
    labels = np.array(faces.labels)
    labels[change if change is not None else []] ^= 1
    shutil.copytree(faces.folder, folder)
    np.save(folder / "partition.npy", partition)
    np.save(folder / "labels.npy", labels)
    arrays = {name: disk.read_array(folder / f"{name}.npy") for name in faceset.ARRAYS}
    disk.write_json(folder / "meta.json", {**faces.meta, "content": faceset.content_hash(arrays, faces.classes)})
    return faceset.load(folder)


def test_the_labels_of_the_test_partition_cannot_influence_the_search(made, plan, tmp_path, monkeypatch):
    """With the test labels turned round the search is the same to the byte; with those of validation it is not."""
    study, store, _, _ = made
    faces = faceset.load(store / "faces" / plan.faces["shuffled"])
    split = splits.split(faces, study)
    monkeypatch.setattr(Local, "run", OwnProcess.run)
    found = {}
    for name, change in (("as they are", None), ("test", split.test), ("validation", split.validation)):
        sets = dict.fromkeys(("shuffled", "landmarks-only"), official(faces, split, tmp_path / name, change))
        if name == "validation":
            found[name] = search_set.make(sets["shuffled"], study, store).content
        else:
            tried = tuning.search(study, "planted", sets, runner.Place(store=store), lambda text: None, Curves())
            assert tuning.tuned_for(study, "landmarks-only", tried["landmarks-only"]).recipe.learning_rate == 1e-2
            found[name] = [[(trial.jobs[0].run, score) for trial, score in several] for several in tried.values()]
            content = search_set.make(sets["shuffled"], study, store).content
    assert found["test"] == found["as they are"]
    assert [[run for run, _ in several] for several in found["test"]] == [  # the very runs of the study itself
        [trial["runs"][0] for trial in trials(plan, arm)] for arm in ("shuffled", "landmarks-only")]
    assert found["validation"] != content


def test_the_proof_says_which_fields_differ_and_what_the_search_was(made, plan):
    checks = {check.name: check for check in results.load(plan, made[1]).checks}
    assert all(check.passed for check in checks.values())
    # Of shuffled landmarks nothing can be learnt: all its trials tie, and the first of them is the study's own.
    assert ("a recipe that differs in recipe.learning_rate and in nothing else (shuffled recipe.learning_rate = 1e-09; "
            "landmarks-only recipe.learning_rate = 0.01)") in checks["recipes and data"].detail
    assert "compared between arms of one recipe" in checks["learning rate"].detail
    assert "6 trials of each of 2 arms, each of 1 run of 8 epochs on 28 training images" in checks["equal search"].detail
    assert "none of the 12 test images is in it" in checks["search without the test images"].detail
    assert "tensors that arms share start from the same values" in checks["initial weights"].detail


def test_an_unequal_budget_fails_the_proof(made, plan):
    assert failing(with_arm(plan, trials=[*trials(plan), trials(plan)[1]]), made[1]) == ["equal search"]
    beside = [{**trial, "values": {"recipe.learning_rate": 0.5}} if number == 2 else trial
              for number, trial in enumerate(trials(plan))]
    assert "equal search" in failing(with_arm(plan, trials=beside), made[1])
    twice = [{**trial, "runs": trial["runs"] * 2} for trial in trials(plan)]
    assert "equal search" in failing(with_arm(plan, trials=twice), made[1])
    others = [{**trial, "runs": other["runs"]} for trial, other in zip(trials(plan), trials(plan, "shuffled"))]
    assert "equal search" in failing(with_arm(plan, trials=others), made[1])


def test_another_choice_than_the_best_by_validation_fails_the_proof(made, plan):
    best = plan.tuned["arms"]["landmarks-only"]["best"]
    assert failing(with_arm(plan, best=0), made[1]) == ["choice by validation"]
    flattered = [{**trial, "score": 1.5} if number == best else trial for number, trial in enumerate(trials(plan))]
    assert failing(with_arm(plan, trials=flattered), made[1]) == ["choice by validation"]
    recipe = {**plan.recipe("landmarks-only"), "epochs": 9}
    with pytest.raises(Damaged, match=r"differ in recipe\.epochs"):
        results.load(with_arm(plan, recipe=recipe), made[1])


def test_the_order_is_compared_between_arms_of_one_recipe_for_batches_and_targets_are_part_of_it(made, plan):
    """Batches of 4 instead of 8, or smoothed labels, give the witness other bytes for the same order of images."""
    runs = {(cell["arm"], cell["fold"], cell["replicate"]): records.read(records.run_folder(made[1], cell["run"]))
            for cell in plan.cells}
    (one, first), (other, last) = runs.items()
    shown = [{**epoch, "order": epoch["order"][::-1]} for epoch in last.proof["shown"]]
    sets = {arm: faceset.load(made[1] / "faces" / name) for arm, name in plan.faces.items()}

    def order(recipe):
        changed = dataclasses.replace(last, proof={**last.proof, "shown": shown}, spec={**last.spec, "recipe": recipe})
        found, = (check for check in proof_tuned.checks(plan, {one: first, other: changed}, sets, {}, made[1])
                  if check.name == "sample order")
        return found
    for field, value in (("batch_size", 4), ("label_smoothing", 0.1)):
        found = order({**last.spec["recipe"], field: value})
        assert found.passed and "no other arm has the recipe of shuffled" in found.detail
    assert first.spec["recipe"] != last.spec["recipe"]  # but only in the learning rate, which decides no order
    assert not order(last.spec["recipe"]).passed and not order(first.spec["recipe"]).passed


def test_a_search_that_saw_a_test_picture_fails_the_proof(made, plan, tmp_path):
    store = tmp_path / "store"
    for name in ("runs", "diverged", "faces"):
        shutil.copytree(made[1] / name, store / name)
    folder = store / "faces" / plan.tuned["arms"]["landmarks-only"]["faces"]
    rows = disk.read_array(folder / search_set.ROWS)
    tested = records.read(records.run_folder(store, plan.cells[0]["run"])).test.rows
    np.save(folder / search_set.ROWS, np.concatenate([tested[:1], rows[1:]]))
    assert failing(plan, store) == ["search without the test images"]
    np.save(folder / search_set.ROWS, rows[::-1])
    assert failing(plan, store) == ["search without the test images"]


def test_both_claims_stand_side_by_side(made):
    _, _, folder, printed = made
    numbers = json.loads((folder / "tuned" / "results.json").read_text())
    plain = json.loads((folder / "results.json").read_text())
    assert numbers["identical"]["comparisons"] == plain["comparisons"]
    assert numbers["comparisons"][0]["estimate"] > plain["comparisons"][0]["estimate"] + 0.1
    assert numbers["search"]["trials"] == 6 and len(numbers["search"]["arms"][1]["trials"]) == 6
    assert f"Report: {folder / 'index.html'}" in printed and f"Report: {folder / 'tuned' / 'index.html'}" in printed
    text = (folder / "tuned" / "report.md").read_text()
    assert "one recipe for all arms" in text and "each arm at its own best" in text
    assert "| recipe.learning\\_rate | 1e-09 |" in text and "(../index.html)" in text
    assert "mixedfer tune planted.py" in text
    names = {path.name for path in (folder / "tuned").rglob("*") if path.is_file()}
    assert {"claims.svg", "trials.svg", "claims.csv", "best.csv", "space.csv", "trials.csv", "predictions.csv"} <= names
    rows = (folder / "tuned" / "tables" / "trials.csv").read_text().splitlines()
    assert len(rows) == 13 and rows[0] == "arm,trial,recipe.learning_rate,score,best,diverged"
    assert "recipe.learning_rate" not in (folder / "report.md").read_text()


def test_the_same_command_again_trains_nothing_and_leaves_the_same_report(made, tmp_path, monkeypatch):
    study, store, folder, _ = made
    monkeypatch.setattr(Local, "run", None)
    before = files(folder, "**/*.*")
    plain, again = tuning.run(study, "planted", runner.Place(store=store), file=Path("planted.py"))
    assert tuned.write(again, plain, store, folder.parent)[-1] == f"Report: {folder / 'tuned' / 'index.html'}"
    shutil.rmtree(folder / "tuned")
    tuned.write(dataclasses.replace(again, command={**again.command, "file": "planted.py"}),
                dataclasses.replace(plain, command={**plain.command, "file": "planted.py"}), store, folder.parent)
    assert files(folder, "**/*.*") == before
    tuned.write(again, plain, store, tmp_path, pictures=False)  # its command must not bring them back
    assert "mixedfer tune planted.py --no-pictures" in (tmp_path / "planted" / "tuned" / "report.md").read_text()


def test_a_log_hears_of_both_comparisons_and_of_every_run_of_the_search(made, plan, monkeypatch):
    study, store, _, _ = made
    monkeypatch.setattr(Local, "run", None)
    told = {}
    tuning.run(study, "planted", runner.Place(store=store), file=Path("planted.py"),
               log=lambda name, history, epochs: told.update({name: (len(history), epochs)}))
    expected = {f"planted/{part}{arm}/replicate-1" for arm in ("shuffled", "landmarks-only") for part in ("", "tuned/")}
    for arm in ("shuffled", "landmarks-only"):
        runs = [trial["runs"] for trial in trials(plan, arm)]
        expected |= {f"planted/tuned/trial-{runs.index(trial['runs']) + 1}/{arm}/replicate-1" for trial in trials(plan, arm)
                     if trial["score"] is not None}
    assert told == dict.fromkeys(expected, (8, 8)) and len(told) >= 4 + 2 * 2


def test_the_report_command_tells_of_both_comparisons(made, monkeypatch):
    from mixedfer.cli import app

    _, store, folder, printed = made
    monkeypatch.chdir(folder.parents[1])
    arguments = ["report", "planted.py", "--store", store, "--reports", folder.parent]
    told = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False).stdout
    assert printed.endswith(told) and told.count("Report:") == 2
    assert told.endswith(f"Report: {folder / 'tuned' / 'index.html'}\n")


def test_a_lost_run_of_a_search_is_named(made, plan, tmp_path):
    for name in ("runs", "faces"):
        shutil.copytree(made[1] / name, tmp_path / name)
    with pytest.raises(Damaged, match="mixedfer tune"):
        results.load(plan, tmp_path)


def test_a_study_without_a_search_cannot_be_tuned():
    with pytest.raises(StudyError, match=r"search=Search\(space=\(Range"):
        tuning.run(TINY, "tiny", runner.Place(), file=Path("tests/tiny.py"))
    assert tuning.read_plan(TINY, "tiny", [], Path("nowhere")) is None


def test_ranges_are_drawn_on_their_scale_and_a_best_value_at_an_end_is_told(made, plan):
    from mixedfer.evidence import tuned_figures, tuned_page

    numbers = json.loads((made[2] / "tuned" / "results.json").read_text())
    entry = {"name": "recipe.learning_rate", "own": 1e-9, "low": 1e-9, "high": 1e30, "log": True}
    numbers["search"]["space"] = [entry]
    _, rate = tuned_figures.trials(plan, numbers).axes
    assert rate.get_xscale() == "log" and rate.get_xlim() == (1e-9, 1e30)
    assert not any("$" in label.get_text() for label in rate.get_xticklabels())
    drawn = [line for line in rate.lines if line.get_xdata() == [1e-2]]
    assert {line.get_ydata()[0] for line in drawn} == {100 * trial["score"] for arm in ("shuffled", "landmarks-only")
                                                       for trial in trials(plan, arm) if trial["values"][entry["name"]] == 1e-2}
    banner, = tuned_page._edges(numbers["search"])
    assert "of shuffled lies at an end" in banner.title

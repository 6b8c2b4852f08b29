import dataclasses

import numpy as np
import pytest

from mixedfer.errors import BadInput
from mixedfer.faces import splits
from mixedfer.faces.splits import split
from tests.tiny import STUDY


def test_a_hold_out_keeps_subjects_whole_and_uses_every_row_once(prepared):
    _, faces = prepared
    parts = split(faces, STUDY)
    rows = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(rows) == list(range(len(faces)))
    people = [set(faces.subjects[part]) for part in (parts.train, parts.validation, parts.test)]
    assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])


def test_folds_test_every_row_once(prepared):
    _, faces = prepared
    study = STUDY.varying(folds=3)
    parts = [split(faces, study, fold) for fold in range(3)]
    assert sorted(np.concatenate([part.test for part in parts])) == list(range(len(faces)))
    for part in parts:
        assert not set(faces.subjects[part.test]) & set(faces.subjects[np.concatenate([part.train, part.validation])])


def test_folds_over_official_partitions_are_refused(prepared):
    _, faces = prepared
    parted = dataclasses.replace(faces, partition=np.where(faces.subjects < 9, 0, 2).astype(np.int8))
    with pytest.raises(BadInput, match="3 folds would mix the data set's own test partition"):
        split(parted, STUDY.varying(folds=3))


def test_the_split_depends_on_the_study_seed_alone(prepared):
    _, faces = prepared
    assert np.array_equal(split(faces, STUDY).test, split(faces, STUDY.varying(epochs=9, replicates=7)).test)
    assert not np.array_equal(split(faces, STUDY).test, split(faces, STUDY.varying(seed=1)).test)


def test_official_partitions_are_taken_and_a_missing_validation_is_drawn(prepared):
    _, faces = prepared
    partition = np.where(faces.subjects < 9, 0, 2).astype(np.int8)
    parts = split(dataclasses.replace(faces, partition=partition), STUDY)
    assert np.array_equal(parts.test, np.flatnonzero(partition == 2))
    assert len(parts.validation) and not set(faces.subjects[parts.validation]) & set(faces.subjects[parts.train])
    partition[faces.subjects == 8] = 1
    parts = split(dataclasses.replace(faces, partition=partition), STUDY)
    assert np.array_equal(parts.validation, np.flatnonzero(partition == 1))


def test_missed_faces_can_be_excluded_from_every_part(prepared):
    _, faces = prepared
    some = np.array(faces.found)
    some[:4] = False
    parts = split(dataclasses.replace(faces, found=some), STUDY.varying(missed="exclude"))
    assert set(np.flatnonzero(~some)).isdisjoint(np.concatenate([parts.train, parts.validation, parts.test]))


def test_a_class_missing_from_a_partition_is_an_error(prepared):
    _, faces = prepared
    partition = np.choose(faces.subjects % 3, [0, 1, 2]).astype(np.int8)
    partition[(faces.labels == 0) & (partition == 2)] = 1
    with pytest.raises(BadInput, match="class 'happy' has no usable picture in the test partition"):
        split(dataclasses.replace(faces, partition=partition, subjects=np.full(len(faces), -1)), STUDY)


def test_pictures_in_no_partition_beside_official_ones_are_an_error(prepared):
    _, faces = prepared
    partition = np.choose(faces.subjects % 3, [0, 1, 2]).astype(np.int8)
    partition[[5, 9]] = -1
    some = dataclasses.replace(faces, partition=partition)
    with pytest.raises(BadInput, match=f"2 of 48 pictures are in no partition; the first is {faces.name(5)}.*or none"):
        split(some, STUDY)
    readable = np.array(faces.readable)
    readable[[5, 9]] = False  # what no arm sees need not be in any
    split(dataclasses.replace(some, readable=readable), STUDY)


def test_a_subject_in_two_official_partitions_is_an_error(prepared):
    _, faces = prepared
    partition = np.choose(faces.subjects % 3, [0, 1, 2]).astype(np.int8)
    partition[faces.ids == b"004/sad/1"] = 0  # all else of person 4 is in partition 1
    mixed = dataclasses.replace(faces, partition=partition)
    with pytest.raises(BadInput, match="1 of 12 subjects are in more than one partition: 004/happy/0 and 004/sad/1"):
        split(mixed, STUDY)
    split(dataclasses.replace(mixed, subjects=np.full(len(faces), -1)), STUDY)


def test_more_folds_than_subjects_is_an_error(prepared):
    _, faces = prepared
    with pytest.raises(BadInput, match="13 folds cannot be made of 12 subjects of class 'happy'"):
        split(faces, STUDY.varying(folds=13))


def test_pictures_without_subjects_are_split_by_class(prepared):
    _, faces = prepared
    alone = dataclasses.replace(faces, subjects=np.full(len(faces), -1))
    parts = splits.split(alone, STUDY)
    assert abs(np.mean(faces.labels[parts.test]) - 0.5) < 0.1


def many(faces, labels, subjects=None):
    """A set of as many rows as `labels`; splits look at nothing but these columns."""
    none, yes = np.full(len(labels), -1), np.ones(len(labels), bool)
    return dataclasses.replace(
        faces, labels=np.array(labels), subjects=none if subjects is None else np.array(subjects), partition=none,
        found=yes, readable=yes, meta={**faces.meta, "classes": ["happy", "sad", "rare"][:max(labels) + 1]})


def shares(faces, parts):
    return [len(part) / len(faces) for part in (parts.train, parts.validation, parts.test)]


def test_many_people_with_few_pictures_of_a_class(prepared):
    faces = many(prepared[1], [0, 1] * 20, range(40))  # 40 pictures of 40 people: twentieths leave some without a class
    assert np.allclose(shares(faces, split(faces, STUDY)), [0.6, 0.15, 0.25], atol=0.02)
    with pytest.raises(BadInput, match="21 folds cannot be made of 20 subjects of class 'happy'"):
        split(faces, STUDY.varying(folds=21))
    for fold in range(10):
        split(faces, STUDY.varying(folds=10), fold)


@pytest.mark.parametrize("people", [False, True])
def test_a_rare_class_leaves_the_fractions_as_asked(prepared, people):
    labels = [0] * 500 + [1] * 500 + [2] * 3
    faces = many(prepared[1], labels, range(len(labels)) if people else None)
    parts = split(faces, STUDY)
    assert np.allclose(shares(faces, parts), [0.6, 0.15, 0.25], atol=0.01)
    for part in (parts.train, parts.validation, parts.test):
        assert np.bincount(faces.labels[part])[2] == 1
        assert abs(np.mean(faces.labels[part] == 0) - 0.5) < 0.05


def test_people_with_many_and_with_few_pictures(prepared):
    people = np.repeat(np.arange(60), np.arange(60) // 3 + 1)  # 1 to 20 pictures each
    faces = many(prepared[1], (np.arange(len(people)) % 2).tolist(), people)
    assert np.allclose(shares(faces, split(faces, STUDY)), [0.6, 0.15, 0.25], atol=0.02)


def test_pictures_of_unknown_people_do_not_part_the_known(prepared):
    subjects = np.where(np.arange(80) < 40, np.arange(80) // 4, -1)
    faces = many(prepared[1], [0, 1] * 40, subjects)
    for study, fold in [(STUDY, 0), (STUDY.varying(folds=4), 2)]:
        parts = split(faces, study, fold)
        people = [set(subjects[part]) - {-1} for part in (parts.train, parts.validation, parts.test)]
        assert sum(map(len, people)) == 10


def test_fractions_that_whole_subjects_do_not_allow_are_refused(prepared):
    faces = many(prepared[1], [0, 1] * 20, np.arange(40) // 20)
    with pytest.raises(BadInput, match="whole subjects allow a test part of 50% of the pictures at hand, not of 25%"):
        split(faces, STUDY)
    with pytest.raises(BadInput, match="all pictures are of one subject"):
        split(many(prepared[1], [0, 1] * 20, [5] * 40), STUDY)

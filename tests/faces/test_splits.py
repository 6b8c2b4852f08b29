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


def test_a_class_in_no_partition_is_an_error(prepared):
    _, faces = prepared
    partition = np.where(faces.labels == 0, 0, np.where(faces.subjects < 6, 0, 2)).astype(np.int8)
    partition[(faces.labels == 0) & (faces.subjects > 6)] = 1
    partition[(faces.labels == 1) & (faces.subjects == 11)] = 1
    with pytest.raises(BadInput, match="class 'happy' has no usable picture in the test partition"):
        split(dataclasses.replace(faces, partition=partition), STUDY)


def test_more_folds_than_subjects_is_an_error(prepared):
    _, faces = prepared
    with pytest.raises(BadInput, match="13 parts cannot be made of 12 subjects"):
        split(faces, STUDY.varying(folds=13))


def test_pictures_without_subjects_are_split_by_class(prepared):
    _, faces = prepared
    alone = dataclasses.replace(faces, subjects=np.full(len(faces), -1))
    parts = splits.split(alone, STUDY)
    assert abs(np.mean(faces.labels[parts.test]) - 0.5) < 0.1

"""A register gives back what was entered, whatever becomes of the process that enters it."""

import sqlite3

import numpy as np
import pytest

from mixedfer import disk
from mixedfer.errors import Damaged, Fault
from mixedfer.faces.register import Register, look_up
from mixedfer.faces.sightings import FACE


def test_a_register_gives_back_what_was_entered_and_keeps_the_first(tmp_path):
    one, two = np.zeros(2, FACE), np.ones(1, FACE)
    with Register(tmp_path / "a" / "known.db") as known:
        known.enter({b"one": one})
        assert look_up(known.path, [b"one"]) == {}  # not yet written
    with Register(tmp_path / "a" / "known.db") as known:
        known.enter({b"one": two, b"two": two})
    found = look_up(known.path, [b"two", b"three", b"one"])
    assert {name: faces.tobytes() for name, faces in found.items()} == {b"one": one.tobytes(), b"two": two.tobytes()}
    assert look_up(known.path, []) == {}


def test_a_register_is_written_every_second_and_after_an_error(tmp_path, monkeypatch):
    face = np.zeros(1, FACE)
    with Register(tmp_path / "known.db") as known:
        monkeypatch.setattr("mixedfer.faces.register.EVERY", 0)
        known.enter({b"one": face})
        assert list(look_up(known.path, [b"one"])) == [b"one"]
    monkeypatch.setattr("mixedfer.faces.register.EVERY", 1000)
    with pytest.raises(ZeroDivisionError), Register(tmp_path / "known.db") as known:
        known.enter({b"two": face})
        raise ZeroDivisionError
    assert list(look_up(known.path, [b"two"])) == [b"two"]


def test_a_damaged_register_is_named(tmp_path):
    (tmp_path / "known.db").write_bytes(b"not a database" * 100)
    for use in (lambda path: Register(path).__enter__(), lambda path: look_up(path, [b"1"])):
        with pytest.raises(Damaged, match=r"known\.db: not whole.*Delete it and give the same command again"):
            use(tmp_path / "known.db")
    with pytest.raises(Fault, match=r"nowhere\.db: cannot be used.*--store"):
        look_up(tmp_path / "none" / "nowhere.db", [b"1"])


def test_a_register_on_a_full_disk_is_a_fault(tmp_path, monkeypatch):
    connect = sqlite3.connect

    def small(*arguments):
        file = connect(*arguments)
        file.execute("PRAGMA max_page_count = 3")  # for SQLite, a disk that is full after 12 kB
        return file

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(Fault, match="disk is full"), disk.full_disk(tmp_path), Register(tmp_path / "known.db") as known:
        known.enter({b"%d" % number: np.zeros(9, FACE) for number in range(9)})

"""Contact sheets hold found and missed faces apart, evenly and always the same ones; names cannot lead anywhere."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from mixedfer.evidence import contact, inspecting
from tests.evidence.synthetic import write_faces
from tests.evidence.test_audit import noise, opened

CLASSES = ("../anger", "fear & <b>", "joy")


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """140 faces, 20 validated, 60 trained, 60 tested; three in ten missed, one unreadable."""
    store = tmp_path_factory.mktemp("store")
    made = opened(store, write_faces(store, 60, CLASSES))
    readable = np.ones(140, bool)
    readable[139] = False
    return dataclasses.replace(made, readable=readable, meta={**made.meta, "unreadable": [["a|b.png", "an empty file"]]})


def test_sheets_keep_found_and_missed_apart_and_partitions_even(faces):
    made = inspecting.sheets(faces, 12)
    assert [(sheet.label, sheet.kind) for sheet in made] == [
        (label, kind) for label in range(3) for kind in ("missed", "found")]
    for sheet in made:
        assert (faces.labels[sheet.rows] == sheet.label).all() and (faces.found[sheet.rows] == (sheet.kind == "found")).all()
        assert faces.readable[sheet.rows].all() and len(set(sheet.rows)) == min(12, sheet.images)
        there = np.bincount(faces.partition[faces.readable & (faces.found == (sheet.kind == "found"))
                                            & (faces.labels == sheet.label)], minlength=3)
        shown = np.bincount(faces.partition[sheet.rows], minlength=3)
        assert there.sum() == sheet.images
        # Even as far as there are faces: who has fewer than another has shown all.
        assert all(shown[one] == there[one] or shown[one] >= shown.max() - 1 for one in range(3))
    again = inspecting.sheets(faces, 12)
    assert all(np.array_equal(one.rows, other.rows) for one, other in zip(made, again))


def test_without_a_detector_there_is_one_sheet_a_class(faces):
    blind = dataclasses.replace(faces, found=np.ones(140, bool), meta={**faces.meta, "searched": False})
    assert [sheet.kind for sheet in inspecting.sheets(blind, 5)] == ["pictures"] * 3
    assert "No detector was used" in inspecting.viewer(blind, inspecting.sheets(blind, 5)).hint


def test_a_folder_is_written_and_written_again_without_what_is_gone(faces, tmp_path):
    page = inspecting.write(faces, "drawn", tmp_path / "faces", 8)
    folder = page.parent
    sheets = sorted(path.name for path in folder.glob("sheets/*"))
    assert sheets == ["01-anger-found.png", "01-anger-missed.png", "02-fear-b-found.png", "02-fear-b-missed.png",
                      "03-joy-found.png", "03-joy-missed.png"]
    assert all(Image.open(io.BytesIO((folder / "sheets" / name).read_bytes())).width == 1440 for name in sheets)
    assert "<b>" not in page.read_text().replace("<\\u", "") and page.stat().st_size < 300_000
    told = (folder / "report.md").read_text()
    assert "a\\|b.png | an empty file" in told and "sheets/01-anger-missed.png" in told
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    inspecting.write(faces, "drawn", folder, 8)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == first
    (folder / "mine.txt").touch()
    inspecting.write(dataclasses.replace(faces, found=np.ones(140, bool)), "drawn", folder, 8)
    assert [path.name for path in sorted(folder.glob("sheets/*"))] == [name for name in sheets if "found" in name]
    assert (folder / "mine.txt").exists()


def test_the_box_is_where_the_crop_put_it(faces):
    """A box 40 x 20, widened by a quarter of 40 on each side: an image of 60, in whose middle it lies."""
    cut = {"crop": True, "border": 0.25, "alignment": None}
    boxed = dataclasses.replace(faces, boxes=np.tile(np.float32([10, 20, 40, 20]), (140, 1)), found=np.arange(140) > 0,
                                meta={**faces.meta, "preparation": cut})
    assert contact.box(boxed, 1) == pytest.approx((10 / 60, 20 / 60, 40 / 60, 20 / 60))
    assert contact.box(boxed, 0) is None
    for other in ({"crop": False}, {"alignment": {"kind": "eyes"}}):
        assert contact.box(dataclasses.replace(boxed, meta={**boxed.meta, "preparation": {**cut, **other}}), 1) is None


@pytest.mark.parametrize(("size", "channels"), [(20, 3), (112, 1)])
def test_sheets_show_the_pixels_and_the_landmarks(faces, size, channels):
    """The middle of a cell has the colour of its picture; the mouth's outline is drawn in the colour of found faces."""
    images = np.repeat(noise(140, size), channels, -1)
    images[..., 0] = 255 if channels == 3 else images[..., 0]
    points = np.full((140, 68, 2), -50, np.float32)
    points[:, 60:68] = np.array([[1, 1], [size - 2, 1]] * 4)
    shown = dataclasses.replace(faces, images=images, landmarks=points, found=np.ones(140, bool))
    sheet, = (sheet for sheet in inspecting.sheets(shown, 1) if sheet.label == 0)
    drawn = np.asarray(Image.open(io.BytesIO(inspecting._png(shown, sheet))).convert("RGB")).astype(int)
    x, y = (round(200 * inches) for inches in (contact.GAP / 2, contact.HEAD))
    cell = drawn[y:y + 168, x:x + 168]
    middle, truth = cell[80:88, 80:88].mean((0, 1)), images[sheet.rows[0], size // 2 - 1:size // 2 + 1,
                                                            size // 2 - 1:size // 2 + 1].mean((0, 1))
    assert abs(middle - truth).max() < 12
    yellow = abs(cell - (0xF0, 0xE4, 0x42)).sum(-1) < 60
    assert yellow[:30].any() and not yellow[40:].any()

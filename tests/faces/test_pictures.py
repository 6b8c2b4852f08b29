"""Every kind of picture file that people have, and every way in which one can be broken."""

import numpy as np
import pytest
from PIL import Image

from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import pictures

RED = (200, 30, 10)


def saved(path, mode="RGB", size=(6, 4), colour=RED, **options):
    Image.new(mode, size, colour).save(path, **options)
    return path


@pytest.mark.parametrize(("name", "mode", "colour", "expected"), [
    ("a.png", "RGB", RED, RED), ("a.png", "RGBA", (*RED, 0), RED), ("a.bmp", "RGB", RED, RED), ("a.png", "L", 77, 77),
    ("a.png", "LA", (77, 9), 77), ("a.png", "1", 1, 255), ("a.tif", "CMYK", (0, 255, 255, 0), (255, 0, 0)),
    ("a.png", "I;16", 77 * 256 + 13, 77), ("a.tif", "I;16", 77 * 256 + 13, 77)])
def test_kinds_of_pictures(tmp_path, name, mode, colour, expected):
    found = pictures.read(saved(tmp_path / name, mode, colour=colour))
    assert found.dtype == np.uint8 and found.shape == ((4, 6) if isinstance(expected, int) else (4, 6, 3))
    assert (found == expected).all()


def test_a_palette_and_a_jpeg_of_inks(tmp_path):
    Image.new("RGB", (6, 4), RED).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "a.gif")
    assert np.abs(pictures.read(tmp_path / "a.gif").astype(int) - RED).max() <= 8
    saved(tmp_path / "a.jpg", "CMYK", colour=(0, 255, 255, 0))
    assert np.abs(pictures.read(tmp_path / "a.jpg").astype(int) - (255, 0, 0)).max() <= 8


@pytest.mark.parametrize(("make", "why"), [
    (lambda path: path.write_bytes(b""), "an empty file"),
    (lambda path: path.write_bytes(b"no picture"), "not a picture that can be decoded"),
    (lambda path: path.write_bytes(saved(path, size=(60, 40)).read_bytes()[:60]), "cannot be decoded"),
    (lambda path: saved(path, "F", colour=.5, format="TIFF"), "pixels of 32 bits"),
    (lambda path: Image.new("L", (4, 4)).save(path, format="GIF", save_all=True,
                                              append_images=[Image.new("L", (4, 4), 99)]), "2 pictures in one file"),
    (lambda path: saved(path, "1", (12_000, 12_000), 0), "more pixels than are safe")])
def test_broken_pictures_say_why(tmp_path, make, why):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(Unreadable, match=why) as error:
        pictures.read(path)
    assert error.value.file == path


def test_a_truncated_jpeg_is_not_half_a_face(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:2000])
    with pytest.raises(Unreadable, match="truncated"):
        pictures.read(tmp_path / "a.jpg")


def test_a_file_that_cannot_be_opened_stops(tmp_path):
    with pytest.raises(BadInput, match="cannot be opened"):
        pictures.read(tmp_path / "none.png")


def test_links_to_folders_are_followed_and_loops_refused(tmp_path):
    (tmp_path / "root" / "sad").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.png").touch()
    (tmp_path / "root" / "happy").symlink_to(tmp_path / "elsewhere")
    assert pictures.files(tmp_path / "root") == ["happy/a.png"]
    (tmp_path / "root" / "sad" / "again").symlink_to(tmp_path / "root")
    with pytest.raises(BadInput, match=r"a link to .*root, which it lies in"):
        pictures.files(tmp_path / "root")


def test_an_archive_in_place_of_a_folder(tmp_path):
    for name, why in (("faces.tar.gz", "an archive"), ("faces.ZIP", "an archive"), ("faces.csv", "not a folder")):
        (tmp_path / name).touch()
        with pytest.raises(BadInput, match=why):
            pictures.folder(tmp_path / name, "one sub-folder per class")

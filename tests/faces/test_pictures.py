"""Every kind of picture file that people have, and every way in which one can be broken."""

import io
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image

from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces import pictures
from mixedfer.faces.datasets import _layout

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
                                              append_images=[Image.new("L", (4, 4), 99)]), "several pictures in one file"),
    (lambda path: saved(path, "1", (12_000, 12_000), 0), "more pixels than are safe")])
def test_broken_pictures_say_why(tmp_path, make, why):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(Unreadable, match=why) as error:
        pictures.read(path)
    assert error.value.file == path


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG"])
def test_one_picture_in_a_file_that_may_hold_several_is_read(tmp_path, kind):
    Image.new("L", (6, 4), 99).save(tmp_path / "a", format=kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert (pictures.read(tmp_path / "a") == 99).all()


def test_a_file_of_many_pictures_is_refused_without_counting_them(tmp_path):
    """A TIFF's pictures are a chain; to count n of them, Pillow looks at about n * n / 2 places: here at half a milliard."""
    fields = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 1)]
    one = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    length = len(one) + 4
    chain = b"".join(one + struct.pack("<I", 8 + number * length if number < 30_000 else 0) for number in range(1, 30_001))
    (tmp_path / "a.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + chain)
    began = time.process_time()
    with pytest.raises(Unreadable, match="several pictures"):
        pictures.read(tmp_path / "a.tif")
    assert time.process_time() - began < 1


def exif(*entries):
    """EXIF data as a TIFF's directory: (tag, kind of value, count, the value's four bytes)."""
    directory = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4)


ON_ITS_SIDE = (274, 3, 1, struct.pack("<HH", 6, 0))  # the stored left side is the top
TEXT_FOR_A_NUMBER = (296, 2, 2, b"2\0\0\0")  # the unit of the resolution


def test_odd_exif_data_do_not_matter_for_the_pixels(tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 8, 3), np.uint8))
    noise.save(tmp_path / "plain.jpg")
    stored = pictures.read(tmp_path / "plain.jpg")
    for tags in ((ON_ITS_SIDE,), (ON_ITS_SIDE, TEXT_FOR_A_NUMBER)):
        noise.save(tmp_path / "turned.jpg", exif=exif(*tags))
        assert np.array_equal(pictures.read(tmp_path / "turned.jpg"), np.rot90(stored, -1))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_all_eight_orientations(tmp_path, name, orientation):
    """Where row 0 and column 0 as stored are to be seen, in the order of EXIF 2.3, table 6: 1 top and left, 2 top and right."""
    across = np.broadcast_to(np.linspace(0, 250, 24), (16, 24))  # column 0 is dark
    down = np.broadcast_to(np.linspace(0, 250, 16)[:, None], (16, 24))  # row 0 is dark
    sides = ("top left", "top right", "bottom right", "bottom left", "left top", "right top", "right bottom", "left bottom")
    for stored, side in zip((down, across), sides[orientation - 1].split()):
        tags = Image.Exif()
        tags[274] = orientation
        Image.fromarray(stored.astype(np.uint8)).save(tmp_path / name, exif=tags)
        seen = pictures.read(tmp_path / name).astype(int)
        edges = {"top": seen[0], "bottom": seen[-1], "left": seen[:, 0], "right": seen[:, -1]}
        assert min(edges, key=lambda edge: edges[edge].mean()) == side


def test_a_tiff_whose_second_picture_has_no_size_cannot_be_decoded(tmp_path):
    raw = bytearray(saved(tmp_path / "a.tif").read_bytes())
    first, = struct.unpack_from("<I", raw, 4)
    entries, = struct.unpack_from("<H", raw, first)
    struct.pack_into("<I", raw, first + 2 + 12 * entries, len(raw))  # where the next directory is
    (tmp_path / "a.tif").write_bytes(raw + struct.pack("<HHHIII", 1, 257, 3, 1, 5, 0))  # it has a height only
    with pytest.raises(Unreadable, match="Missing dimensions"):
        pictures.read(tmp_path / "a.tif")


def test_a_pgm_of_16_bits(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 3 1 65535\n" + struct.pack(">HHH", 77 * 256 + 13, 0, 65535))
    assert pictures.read(tmp_path / "a.pgm").tolist() == [[77, 0, 255]]


def encoded(kind):
    file, noise = io.BytesIO(), np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    tags = {"exif": exif(ON_ITS_SIDE, TEXT_FOR_A_NUMBER)} if kind in ("PNG", "JPEG") else {}
    Image.fromarray(noise).save(file, kind, **tags)
    return file.getvalue()


@settings(max_examples=200, deadline=None)
@given(kind=some.sampled_from(("PNG", "JPEG", "TIFF", "GIF", "BMP")), kept=some.integers(0, 400) | some.none(),
       changes=some.lists(some.tuples(some.integers(0, 2000) | some.integers(-300, -1), some.integers(0, 255)), max_size=6))
def test_whatever_the_bytes_are_there_is_a_picture_or_a_reason(tmp_path_factory, kind, kept, changes):
    raw = bytearray(encoded(kind))
    for place, value in changes:
        raw[place % len(raw)] = value
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(raw[:kept])
    try:
        found = pictures.read(path)
    except Unreadable as error:
        assert error.file == path
    else:
        assert found.dtype == np.uint8 and min(found.shape[:2]) > 0 and found.shape[2:] in ((), (3,))


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


def test_a_loop_through_two_folders_is_refused(tmp_path):
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").touch()
        (tmp_path / name / "link").symlink_to(tmp_path / other)
    with pytest.raises(BadInput, match=r"link/link: a link to .*, which it lies in"):
        pictures.files(tmp_path)


def test_a_loop_out_of_the_folder_and_back_is_refused(tmp_path):
    (tmp_path / "root" / "happy").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "root" / "happy" / "out").symlink_to(tmp_path / "elsewhere")
    assert pictures.files(tmp_path / "root") == []
    (tmp_path / "elsewhere" / "deep" / "back").symlink_to(tmp_path / "root")
    with pytest.raises(BadInput, match=r"out/deep/back: a link to .*root, which it lies in"):
        pictures.files(tmp_path / "root")


def test_two_links_to_one_folder_are_no_loop(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "x.png").touch()
    for name in ("one", "two"):
        (tmp_path / "root" / name).symlink_to(tmp_path / "faces")
    assert pictures.files(tmp_path / "root") == ["one/x.png", "two/x.png"]


def test_what_macos_adds_to_archives_is_passed_over(tmp_path):
    for name in ("sad/a.png", "sad/._a.png", "__MACOSX/sad/._a.png", "__MACOSX/sad/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert pictures.files(tmp_path) == ["sad/a.png"]


def test_an_archive_in_place_of_a_folder(tmp_path):
    for name, why in (("faces.tar.gz", "an archive"), ("faces.ZIP", "an archive"), ("faces.csv", "not a folder")):
        (tmp_path / name).touch()
        with pytest.raises(BadInput, match=why):
            _layout.root(tmp_path / name, "a folder with one sub-folder per class")

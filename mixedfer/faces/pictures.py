"""Picture files: which there are below a folder, what they depend on, and one of them as upright pixels."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mixedfer.errors import BadInput, Unreadable

GRAY = ("1", "L", "LA", "La")
DEEP = ("I;16", "I;16L", "I;16B", "I;16N")
SEVERAL = "several pictures in one file (an animation?); give one file per picture"
#: What macOS adds to the archives that it makes: a folder, and files whose names begin so.
MAC_FOLDER, MAC_FILE = "__MACOSX", "._"
#: What Pillow's decoders raise for broken files, besides errors of its own.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, KeyError, OverflowError, ZeroDivisionError,
          struct.error)


def read(path: Path) -> np.ndarray:
    """One picture, uint8: (h, w) where the file is gray, (h, w, 3) RGB otherwise, turned upright as its EXIF data say.

    16 bits become 8; CMYK and palettes become RGB; transparency is dropped. Raises Unreadable for a file that holds no
    picture, half a picture, more pixels than are safe, or several pictures; BadInput where it cannot be opened.
    """
    from PIL import Image

    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise unopened(path, error) from error
    if not raw:
        raise Unreadable("an empty file", file=path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as odd EXIF data, which do not matter for the pixels
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(raw)) as image:
                return _pixels(image, path)
        except Image.UnidentifiedImageError as error:
            raise Unreadable("not a picture that can be decoded", file=path) from error
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise Unreadable(f"more pixels than are safe to decode ({error})", file=path) from error
        except BROKEN as error:
            raise Unreadable(f"cannot be decoded ({error})", file=path) from error


def _pixels(image, path: Path) -> np.ndarray:
    if several(image):
        raise Unreadable(SEVERAL, file=path)
    deep = image.mode in DEEP or (image.mode, image.format) == ("I", "PPM")  # a PGM's 16 bits are opened as 32
    image = _upright(image)
    if deep:
        return (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
    if image.mode in ("I", "F"):
        raise Unreadable(f"pixels of 32 bits (mode {image.mode}); save it with 8 or 16 bits per channel", file=path)
    return np.array(image.convert("L" if image.mode in GRAY else "RGB"))


def several(image) -> bool:
    """Whether an opened file holds a second picture. To count all takes minutes for a small file that is made so."""
    if image.format == "MPO":  # a photo beside which a camera has put a preview or a second view
        return False
    try:
        image.seek(1)
    except EOFError:
        image.seek(0)
        return False
    return True


def _upright(image):
    """The picture turned as its EXIF orientation says. `ImageOps.exif_transpose` also writes all EXIF data anew, which fails
    for odd ones; here only the one value is read.
    """
    from PIL import ExifTags, Image

    turn = Image.Transpose
    turns = {2: turn.FLIP_LEFT_RIGHT, 3: turn.ROTATE_180, 4: turn.FLIP_TOP_BOTTOM, 5: turn.TRANSPOSE, 6: turn.ROTATE_270,
             7: turn.TRANSVERSE, 8: turn.ROTATE_90}
    image.load()  # a TIFF is turned by this, and its orientation taken away; a PNG's may stand behind its pixels
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    return image.transpose(turns[orientation]) if orientation in turns else image


def packed(path: Path) -> bool:
    """Whether a file's name says that it is an archive."""
    import shutil

    endings = [ending for _, endings, _ in shutil.get_unpack_formats() for ending in endings]
    return path.name.lower().endswith((*endings, ".rar", ".7z"))


def files(root: Path) -> list[str]:
    """Every file below `root`, by its path from there, in order; links to folders are followed.

    What macOS adds to archives is passed over. Raises BadInput for a folder that cannot be opened, and for a link that leads
    back to a folder on the way to it, were it through other links.
    """
    found, ways = [], {os.fspath(root): (os.path.realpath(root),)}
    for place, folders, names in os.walk(root, onerror=_stop, followlinks=True):
        found += [os.path.relpath(os.path.join(place, name), root) for name in names if not name.startswith(MAC_FILE)]
        folders[:] = [name for name in folders if name != MAC_FOLDER]
        way = ways.pop(place)
        for name in folders:
            ways[os.path.join(place, name)] = _enter(os.path.join(place, name), way)
    return sorted(found)


def pictures(paths: Iterable[str]) -> list[str]:
    """Those whose ending says that they are pictures."""
    from imutils.paths import image_types

    kinds = (*image_types, ".gif", ".webp", ".pgm", ".ppm")
    return [path for path in paths if path.lower().endswith(kinds)]


def fingerprint(root: Path, paths: Iterable[str] | None = None) -> str:
    """What changes when one of these files does, or is added, renamed or taken away; 64 digits however many they are.

    Without `paths`, of all pictures below `root`.
    """
    digest = hashlib.sha256()
    for path in pictures(files(root)) if paths is None else paths:
        digest.update(f"{os.fsencode(path).hex()} {_stamp(root / path)}\n".encode())
    return digest.hexdigest()


def unopened(path: str | Path, error: OSError) -> BadInput:
    """The error for a file or folder that is there and cannot be opened."""
    return BadInput(f"cannot be opened ({error.strerror})", file=path,
                    remedy="Make it readable or take it away, then give the same command again.")


def _stop(error: OSError):
    raise unopened(error.filename, error) from error


def _enter(path: str, way: tuple[str, ...]) -> tuple[str, ...]:
    """The way to a folder, from the `way` to the one that it lies in: where each link on it lies, then the folder itself, all
    by their real paths. A loop must go through a link to one of these or to a folder above it.
    """
    if not os.path.islink(path):
        return *way[:-1], os.path.join(way[-1], os.path.basename(path))
    real = os.path.realpath(path)
    if any(os.path.join(place, "").startswith(os.path.join(real, "")) for place in way):
        raise BadInput(f"a link to {real}, which it lies in", file=path, remedy="Remove the link.")
    return *way, real


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file does, even if its size and time are put back: two files that trade names, a new permission."""
    try:
        stat = path.stat()
    except OSError as error:
        raise unopened(path, error) from error
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino

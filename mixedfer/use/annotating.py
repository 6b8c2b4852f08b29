"""A picture with what was seen in it: each face's box, landmarks and number, and beside it a bar for every class.

Bars stand in columns to the right of the picture, so that no face is covered; below its end too, where many faces would make a
long strip. A small picture is enlarged, so that words can be read at any size.
"""

from __future__ import annotations

import functools
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixedfer import geometry
from mixedfer.use.finder import NO_FACE
from mixedfer.use.prediction import Face, Prediction

#: Pixels: a picture's longer side is enlarged, by a whole number, up to about this.
LEGIBLE = 600
#: How long a bar of 100% is, in heights of a letter.
BAR = 6
#: How much wider a screen is than high.
SCREEN = 1.6
#: Colours that differ for all kinds of sight (Okabe and Ito, "Color Universal Design", 2008) and on which black is legible.
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00")
PAPER, INK, FAINT, GROUND, MISSED = "#ffffff", "#1a1a1a", "#6b6b6b", "#e4e4e4", "#b4b4b4"


def draw(picture: np.ndarray, seen: Prediction, classes: Sequence[str], *, higher: bool = True):
    """A Pillow image in RGB of a picture, (h, w) or (h, w, 3) uint8, with its faces; no higher than it unless it may be
    `higher`, where a face's bars have room.
    """
    from PIL import Image, ImageDraw

    scale = _scale(picture)
    image = Image.fromarray(picture).convert("RGB")
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    size = _size(*image.size)
    brush = ImageDraw.Draw(image)
    for number, face in enumerate(seen.faces, 1):
        _mark(brush, face, number, scale, size)
    panel = _panel(seen, classes, *image.size, size, higher)
    whole = Image.new("RGB", (image.width + panel.width, max(image.height, panel.height)), PAPER)
    whole.paste(image, (0, 0))
    whole.paste(panel, (image.width, 0))
    return whole


def frame(picture: np.ndarray, seen: Prediction, classes: Sequence[str]):
    """The same of a frame of a video, all of one size: as high as the picture, with room for two columns of bars."""
    from PIL import Image

    whole = draw(picture, seen, classes, higher=False)
    scale = _scale(picture)
    width, height = picture.shape[1] * scale, picture.shape[0] * scale
    room = 2 * _width(Prediction([], NO_FACE), classes, _size(width, height))
    fixed = Image.new("RGB", tuple(length + length % 2 for length in (width + room, height)), PAPER)
    fixed.paste(whole, (0, 0))
    return fixed


def _scale(picture: np.ndarray) -> int:
    return max(1, round(LEGIBLE / max(picture.shape[:2])))


def _size(width: int, height: int) -> int:
    """Pixels of a letter's height on a picture of so many pixels."""
    return max(13, round(max(width, height) / 60))


def colour(face: Face, number: int) -> str:
    """The colour of a face; gray where none was found."""
    return COLOURS[(number - 1) % len(COLOURS)] if face.found else MISSED


def _mark(brush, face: Face, number: int, scale: int, size: int) -> None:
    """A face's box, landmarks, number and, where there is room, answer."""
    thick, ink = max(2, size // 8), colour(face, number)
    left, top, width, height = (value * scale for value in face.box)
    box = (left, top, left + width - 1, top + height - 1)
    brush.rectangle(box, outline=INK, width=thick + 1)
    brush.rectangle(box, outline=ink, width=thick)
    points = (face.landmarks + 0.5) * scale
    for part, closed in geometry.OUTLINES:
        line = points[part]
        line = np.concatenate([line, line[:1]]) if closed else line
        brush.line([tuple(map(float, point)) for point in line], fill=ink, width=1)
    dot = round(min(max(1, np.ptp(points, axis=0).max() / 120), size / 4))
    for x, y in np.rint(points).astype(int).tolist():
        brush.ellipse((x - dot, y - dot, x + dot, y + dot), fill=ink)
    words = f"{number} {_short(face.label)}"
    _tag(brush, words if brush.textlength(words, font=_font(size)) + size < width else str(number), (left, top), ink, size)


def _tag(brush, words: str, corner: tuple[float, float], ground: str, size: int) -> None:
    """Words on a plate at the corner of a box, inside the picture."""
    font, (wide, high) = _font(size), brush.im.size
    width, height = brush.textlength(words, font=font) + size * 0.6, 1.3 * size
    x, y = max(0, min(corner[0], wide - width)), max(0, min(corner[1] - height, high - height))
    brush.rectangle((x, y, x + width, y + height), fill=ground)
    brush.text((x + size * 0.3, y + height / 2), words, fill=INK, font=font, anchor="lm")


def _panel(seen: Prediction, classes: Sequence[str], beside: int, height: int, size: int, higher: bool):
    """The bars of all faces, in columns about as high as the picture, or so much higher that its copy fills a screen best."""
    from PIL import Image, ImageDraw

    row, gap = round(1.5 * size), size // 2
    block = row * (len(classes) + 1) + gap
    note = textwrap.wrap(_shown(seen.why), 24)[:6]
    top = gap + row * len(note)
    rows, width, count = max(1, (height - top) // block), _width(seen, classes, size), len(seen.faces)
    if higher:
        rows = min(range(rows, max(rows, count) + 1),
                   key=lambda rows: max(beside + math.ceil(count / rows) * width, SCREEN * (top + rows * block)))
    panel = Image.new("RGB", (max(1, -(-len(seen.faces) // rows)) * width, top + block * min(rows, len(seen.faces))), PAPER)
    brush = ImageDraw.Draw(panel)
    for place, words in enumerate(note):
        brush.text((gap, row * (place + 0.5)), words, fill=INK, font=_font(size), anchor="lm")
    for place, face in enumerate(seen.faces):
        _bars(brush, face, place + 1, classes, (place // rows * width + gap, top + place % rows * block), size)
    return panel


def _bars(brush, face: Face, number: int, classes: Sequence[str], corner: tuple[int, int], size: int) -> None:
    """A face's number, answer and probabilities; what an ensemble's members differ by is a line across the end of a bar."""
    (x, y), row, font, ink = corner, round(1.5 * size), _font(size), colour(face, number)
    start, long, thick = x + _names(classes, size), BAR * size, 0.4 * size
    brush.rectangle((x, y + 1, x + 1.6 * size, y + row - 2), fill=ink)
    brush.text((x + 0.8 * size, y + row / 2), str(number), fill=INK, font=font, anchor="mm")
    brush.text((x + 2 * size, y + row / 2), f"{_short(face.label)} {_percent(float(face.probabilities.max()))}", fill=INK,
               font=font, anchor="lm")
    for place, (name, value) in enumerate(zip(classes, face.probabilities.tolist())):
        middle = y + row * (place + 1.5)
        brush.text((x, middle), _short(name), fill=INK, font=font, anchor="lm")
        brush.rectangle((start, middle - thick, start + long, middle + thick), fill=GROUND)
        brush.rectangle((start, middle - thick, start + long * value, middle + thick), fill=ink)
        if face.spread is not None:
            ends = np.clip([value - face.spread[place], value + face.spread[place]], 0, 1) * long + start
            brush.line((float(ends[0]), middle, float(ends[1]), middle), fill=INK, width=max(1, size // 7))
        brush.text((start + long + size * 0.4, middle), _percent(value), fill=FAINT, font=font, anchor="lm")


def _width(seen: Prediction, classes: Sequence[str], size: int) -> int:
    """Pixels of a column: names, bars, percentages; and room for an answer, and for what is said of the picture."""
    share = _font(size).getlength(_percent(0.999))
    answer = max(_font(size).getlength(_short(name)) for name in classes) + share + 3.5 * size
    note = _font(size).getlength("m" * 18) if seen.why else 0
    return round(max(_names(classes, size) + (BAR + 1.5) * size + share, answer, note))


def _names(classes: Sequence[str], size: int) -> float:
    return max(_font(size).getlength(_short(name)) for name in classes) + size * 0.6


def _percent(value: float) -> str:
    """A share; none that is not certain is told as 0 or 100%.

    >>> _percent(0.004), _percent(0.25), _percent(1.0)
    ('<1%', '25%', '100%')
    """
    return "<1%" if 0 < value < 0.01 else ">99%" if 0.99 < value < 1 else f"{100 * value:.0f}%"


def _short(name: str) -> str:
    """A class in a panel: one line, not too long."""
    line = _shown(name)
    return line if len(line) <= 24 else f"{line[:23]}…"


def _shown(words: str) -> str:
    """One line without characters that cannot be printed."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


@functools.lru_cache(maxsize=8)
def _font(size: int):
    """A font with the letters of most alphabets, which matplotlib ships."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), size)

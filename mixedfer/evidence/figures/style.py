"""How every figure looks: paper size, one palette, no global state, and bytes that depend on nothing but the content.

Figures are `matplotlib.figure.Figure` objects, never pyplot ones, drawn and saved inside `look()`. Text stays text in
the SVG, so that it can be edited and searched. Names come from data: `label` makes any name safe to draw.
"""

from __future__ import annotations

import contextlib
import io
import textwrap
import unicodedata
import warnings
from collections.abc import Iterator, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mixedfer.evidence import wording
from mixedfer.evidence.escaping import line
from mixedfer.records import Plan

#: Inches: the width of a page's text in two columns, which every figure fills.
WIDTH = 7.2
DPI = 200
#: Okabe and Ito's palette, which colour-blind readers can tell apart; the control is always the slate, never a hue.
CONTROL = "#3D4451"
TREATMENTS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "D", "s", "^", "v", "P", "X")
INK, QUIET, FAINT, BAND = "#1F2328", "#5B636D", "#8A929B", "#E6ECF2"
#: Points: the smallest text of a figure. Nothing is set smaller, however many classes there are.
SMALLEST = 5.5
#: A wide space: SVG folds several plain ones into one.
GAP = "\u2003"

_RC = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 8.0, "axes.titlesize": 8.5,
    "axes.labelsize": 8.0, "xtick.labelsize": 7.5, "ytick.labelsize": 7.5, "legend.fontsize": 7.5,
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": FAINT,
    "axes.linewidth": 0.7, "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelcolor": INK,
    "ytick.labelcolor": INK, "text.color": INK, "axes.labelcolor": INK, "axes.titlecolor": INK, "legend.frameon": False,
    "savefig.dpi": DPI, "svg.fonttype": "none", "svg.hashsalt": "mixedfer", "image.interpolation": "none",
    # A class may be called "$5"; without this Matplotlib would read it as a formula, or fail on it.
    "text.parse_math": False,
}


@contextlib.contextmanager
def look() -> Iterator[None]:
    """The settings of every figure, for drawing and for saving, whatever the user set elsewhere."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        with warnings.catch_warnings():
            # A name in a script that the font lacks shows as boxes in the PNG; the SVG and the page hold it as text.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            yield


def new(height: float) -> Figure:
    """An empty figure of the common width and `height` inches, which keeps its texts apart (constrained layout)."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04, wspace=0.02, hspace=0.02)
    return figure


def save(figure: Figure, kind: str) -> bytes:
    """A figure as "png" or "svg"; equal figures give equal bytes."""
    buffer = io.BytesIO()
    metadata = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}[kind]
    figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def colours(plan: Plan) -> dict[str, str]:
    """One colour per arm, fixed by its place in the study: the control's is always the same."""
    return {plan.control: CONTROL, **{arm: TREATMENTS[i % len(TREATMENTS)] for i, arm in enumerate(plan.treatments)}}


def markers(plan: Plan) -> dict[str, str]:
    """One marker per arm, so that a figure can also be read in grey."""
    return {arm: MARKERS[i % len(MARKERS)] for i, arm in enumerate([plan.control, *plan.treatments])}


def label(name: str, width: float = 24, lines: int = 2) -> str:
    """A name as it can be drawn: no control characters, wrapped at `width` letters, cut with an ellipsis.

    >>> label("mixed with landmarks shuffled across images", 16).splitlines()
    ['mixed with', 'landmarks shuf…']
    """
    kept = line(name) or "(no name)"
    letters = max(2, int(width / _breadth(kept)))
    made = textwrap.wrap(kept, letters)
    if len(made) <= lines:
        return "\n".join(made)
    rest = " ".join(made[lines - 1:])
    return "\n".join([*made[:lines - 1], rest[:letters - 1].rstrip() + "…"])


def short(name: str, width: float = 14) -> str:
    """A name on one line of at most `width` letters."""
    return label(name, width, 1)


def _breadth(text: str) -> float:
    """How wide a text's letters are on average, at least 1; capitals, "m" and Chinese need more room."""
    wide = [1.6 if letter in "mwMW@%—" or unicodedata.east_asian_width(letter) in "WF" else
            1.2 if letter.isupper() else 1 for letter in text]
    return sum(wide) / len(wide)


def picture(axes: Axes, faces, row: int) -> None:
    """One image of the face set, gray or colour, without axes."""
    image = np.asarray(faces.images[row])
    size = image.shape[0]
    axes.imshow(image[..., 0] if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=255, aspect="equal")
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    axes.set_axis_off()


def arm_legend(figure: Figure, plan: Plan, arms: Sequence[str] | None = None, **handle) -> None:
    """A legend of the arms, in study order, above everything else; wrapped into as many rows as long names need.

    `handle` are properties of the legend's marks, where they differ from each arm's line with its marker.
    """
    arms = list(arms or [plan.control, *plan.treatments])
    colour, marker = colours(plan), markers(plan)
    names = [short(arm, 34) for arm in arms]
    columns = max(1, min(len(arms), int(112 / (max(map(len, names)) + 7))))
    base = {"markersize": 4.5, "linewidth": 1.4}
    handles = [Line2D([], [], **{**base, "color": colour[arm], "marker": marker[arm], **handle}) for arm in arms]
    outside = "outside " if figure.get_layout_engine() else ""
    figure.legend(handles, names, ncols=columns, loc=f"{outside}upper left")


def statement(axes: Axes, text: str) -> None:
    """Say in an otherwise empty panel why there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, textwrap.fill(text, 48), ha="center", va="center", color=INK, style="italic",
              transform=axes.transAxes)


def signed(points: float, digits: int = 1) -> str:
    """A difference with its sign and a real minus: "+1.2", "−0.4", "0.0".

    >>> signed(-0.04)
    '0.0'
    """
    return wording.number(points, digits, "+")

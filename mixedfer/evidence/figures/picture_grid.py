"""The same test pictures as every preparation made them, with landmarks, and what the arms answered."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from mixedfer.evidence import answers, preparations
from mixedfer.evidence.figures import landmarks, style
from mixedfer.evidence.preparations import Prepared
from mixedfer.evidence.proof_reading import joined

SECTION, ORDER = "gallery", 78
TITLE = "The same pictures, prepared in different ways"
#: Classes at most, and rows that are filled up with pictures on which arms disagree.
CLASSES, ROWS = 8, 6
#: The largest side of a picture, and the height of a line of text, in inches.
SIDE, LINE = 1.1, 0.13
#: Left of the pictures: the true class. Between preparations.
MARGIN, GAP = 0.75, 0.1


def applies(results, summary) -> bool:
    """Whether arms see different pictures."""
    return preparations.several(results)


def caption(results, summary) -> str:
    """How the pictures were chosen, and what differs."""
    told = "; ".join(f"{joined(one.arms)}: {one.differs or 'as the study says'}" for one in preparations.sets(results))
    shown = "A sketch in place of each picture" if results.withheld else "Each picture as the network saw it"
    return (f"{told}. {shown}, and with the 68 landmarks and their outlines, dashed orange where no "
            "face was found. Shown are, in the order of the data set, the first test image of every class, the first in which "
            "only some preparations found the face, and the first to which arms give different answers; nobody chose them. "
            "Below: the answer that most replicates of an arm gave, and how many did.")


def alt(results, summary) -> str:
    """The answers in words."""
    return "; ".join(f"{_truth(results, image)}: " + ", ".join(f"{arm} answered {_answer(results, arm, image)[1]}"
                                                               for arm in results.arms) for image in chosen(results)) + "."


def chosen(results) -> list[int]:
    """Places among the tested images: the first of each class, the first that some preparation found and another missed, and
    the first to which arms give different answers.
    """
    firsts = [int(np.flatnonzero(results.truth == index)[0]) for index in np.unique(results.truth)[:CLASSES]]
    found = np.stack([np.asarray(one.faces.found)[results.rows] for one in preparations.sets(results)])
    given = np.stack([answers.answer(results, arm) for arm in results.arms])
    torn, split = (np.flatnonzero((one != one[0]).any(0)).tolist() for one in (found, given))
    made = list(dict.fromkeys([*firsts, *torn[:1]]))
    more = [image for image in split if image not in made]
    return made + more[:max(1, ROWS - len(made))]


def draw(results, summary) -> Figure:
    """A row per picture, a pair of columns per preparation; placed by hand, since all have one size."""
    sets, images = preparations.sets(results), chosen(results)
    side = min(SIDE, ((style.WIDTH - MARGIN) / len(sets) - GAP) / 2)
    tall = side + 0.1 + LINE * max(len(one.arms) for one in sets)
    head = 0.1 + LINE * max(len(one.arms) for one in sets)
    with style.look():
        figure = Figure(figsize=(style.WIDTH, head + tall * len(images)))
        width, height = figure.get_size_inches()
        for column, one in enumerate(sets):
            left = MARGIN + column * (2 * side + GAP)
            names = "\n".join(style.short(arm, int(side * 24)) for arm in one.arms)
            figure.text(left / width, 1 - 0.03 / height, names, va="top", fontweight="bold", fontsize=7)
            for row, image in enumerate(images):
                top = height - head - row * tall
                _pair(figure, one, int(results.rows[image]), left, top - side, side)
                _answers(figure, results, one, image, left, top - side - 0.02)
        for row, image in enumerate(images):
            figure.text(0.05 / width, 1 - (head + row * tall + side / 2) / height, style.short(_truth(results, image), 11),
                        va="center", fontweight="bold", fontsize=7.5)
        return figure


def _pair(figure: Figure, one: Prepared, row: int, left: float, bottom: float, side: float) -> None:
    """A picture, and the same with its landmarks."""
    width, height = figure.get_size_inches()
    for column in range(2):
        axes = figure.add_axes(((left + column * (side + 0.02)) / width, bottom / height, side / width, side / height))
        style.picture(axes, one.faces, row)
        if column:
            landmarks.mark(axes, np.asarray(one.faces.landmarks[row]), bool(one.faces.found[row]))


def _answers(figure: Figure, results, one: Prepared, image: int, left: float, top: float) -> None:
    """One line per arm that sees this preparation, in the arm's colour."""
    width, height = figure.get_size_inches()
    for line, arm in enumerate(one.arms):
        right, told = _answer(results, arm, image)
        figure.text(left / width, (top - line * LINE) / height, f"{'✓' if right else '✕'} {told}", va="top", fontsize=6.5,
                    color=style.colours(results.plan)[arm])


def _answer(results, arm: str, image: int) -> tuple[bool, str]:
    """Whether an arm is right on an image, and its answer: "happy, 4 of 5"."""
    given, counts = answers.answer(results, arm)[image], answers.votes(results, arm)[image]
    name = results.faces.classes[given]
    return bool(given == results.truth[image]), f"{style.short(name, 14)}, {counts[given]} of {counts.sum()}"


def _truth(results, image: int) -> str:
    return results.faces.classes[results.truth[image]]

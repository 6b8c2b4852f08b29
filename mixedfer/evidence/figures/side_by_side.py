"""The same test faces, answered by both arms: right together, right alone, wrong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer import seeds
from mixedfer.evidence import answers, preparations
from mixedfer.evidence.figures import style

SECTION, ORDER = "gallery", 80
TITLE = "The same faces, answered by both arms"
#: Faces per outcome.
FACES = 2


@dataclass(frozen=True)
class Outcome:
    """A cell of the 2x2: its name, how many test images fall in it, and the (<= FACES,) images that are shown."""

    name: str
    images: int
    shown: np.ndarray


def caption(results, summary) -> str:
    """Who is compared, and how the faces were chosen."""
    control, treatment = results.plan.control, results.plan.treatments[0]
    others = " Other treatments: tables/predictions.csv." if len(results.plan.treatments) > 1 else ""
    twice = (f" Of each face the left picture is what {control} saw, the right what {treatment} saw."
             if preparations.between(results, treatment, control) else "")
    return (f"{treatment} against {control}. An arm's answer is the one that most of its replicates gave. "
            f"Shown are {FACES} faces per outcome, drawn at random with a fixed seed; the headings say how many "
            "test images had that outcome. Bars: probability of each class, mean over replicates. ★ marks the truth; "
            f"the numbers below each face say how many replicates were right.{twice}{others}")


def alt(results, summary) -> str:
    """The 2x2 in words."""
    return "; ".join(f"{outcome.name}: {outcome.images} test images" for outcome in outcomes(results)) + "."


def outcomes(results) -> list[Outcome]:
    """The four outcomes of the first treatment against the control, each with a random draw of its images."""
    made = []
    for index, (name, chosen) in enumerate(answers.outcomes(results, results.plan.treatments[0]).items()):
        images = np.flatnonzero(chosen)
        drawn = seeds.generator("side by side", index).permutation(len(images))[:FACES]
        made.append(Outcome(name, len(images), np.sort(images[drawn])))
    return made


def draw(results, summary) -> Figure:
    """Two faces beside each other for each outcome, each with its bars; placed by hand, since all have one size."""
    made, pair = outcomes(results), [results.plan.control, results.plan.treatments[0]]
    bars = max(0.9, 0.155 * len(results.faces.classes))
    rows = [bars + 0.62 if outcome.images else 0.32 for outcome in made]
    with style.look():
        height = sum(rows) + 0.3
        figure = Figure(figsize=(style.WIDTH, height))
        style.arm_legend(figure, results.plan, pair, marker="", linewidth=5)
        for outcome, above in zip(made, np.cumsum([0.4, *rows[:-1]]), strict=True):
            top, heading = height - above, _heading(outcome, len(results.rows))
            figure.text(0.1 / style.WIDTH, top / height, heading, fontweight="bold", va="top")
            for index, image in enumerate(outcome.shown):
                _face(figure, results, image, 0.1 + index * style.WIDTH / FACES, top - 0.2, bars)
        return figure


def _heading(outcome: Outcome, total: int) -> str:
    share = f"{100 * outcome.images / total:.1f}%" if total else "–"
    none = "" if outcome.images else ": nothing to show"
    return f"{style.short(outcome.name, 44)}{style.GAP}{outcome.images:,} of {total:,} test images ({share}){none}"


def _face(figure: Figure, results, image: int, left: float, top: float, bars: float) -> None:
    """A face with how often either arm was right; two pictures of it where the arms saw it prepared in two ways."""
    width, height = figure.get_size_inches()
    arms = (results.plan.control, results.plan.treatments[0])
    shown = arms if preparations.between(results, *arms) else arms[:1]
    side = 0.95 if len(shown) == 1 else 0.7
    for column, arm in enumerate(shown):
        place = figure.add_axes(((left + column * (side + 0.05)) / width, (top - side) / height, side / width, side / height))
        style.picture(place, results.arms[arm].faces, int(results.rows[image]))
    for line, arm in enumerate(arms):
        correct = results.arms[arm].probabilities[:, image].argmax(-1) == results.truth[image]
        column, row = (line, 0) if len(shown) > 1 else (0, line)
        figure.text((left + column * (side + 0.05)) / width, (top - side - 0.04 - 0.12 * row) / height,
                    f"{correct.sum()} of {len(correct)} right", fontsize=6.5, va="top", color=style.colours(results.plan)[arm])
    start = len(shown) * (side + 0.05) + 0.8
    axes = figure.add_axes(((left + start) / width, (top - bars) / height, (width / FACES - start - 0.35) / width,
                            bars / height))
    _bars(axes, results, image, arms)


def _bars(axes: Axes, results, image: int, arms: tuple[str, str]) -> None:
    classes, colour = results.faces.classes, style.colours(results.plan)
    at = np.arange(len(classes))
    for arm, shift in zip(arms, (-0.19, 0.19), strict=True):
        axes.barh(at + shift, results.arms[arm].probabilities[:, image].mean(0), 0.36, color=colour[arm])
    truth = int(results.truth[image])
    names = [("★ " if index == truth else "") + style.short(name, 11) for index, name in enumerate(classes)]
    axes.set_yticks(at, names, fontsize=6.5)
    axes.get_yticklabels()[truth].set_fontweight("bold")
    axes.set(xlim=(0, 1), ylim=(len(classes) - 0.5, -0.5), xticks=(0, 0.5, 1), xticklabels=("0", ".5", "1"))
    axes.tick_params(axis="x", labelsize=6, length=2, pad=1.5)
    axes.tick_params(axis="y", length=0)

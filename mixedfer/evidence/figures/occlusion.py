"""Which pixels the arms look at: the same faces, with what covering each square costs the true class."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from mixedfer.evidence import preparations
from mixedfer.evidence.figures import style
from mixedfer.records import Occlusion

SECTION, ORDER = "gallery", 85
TITLE = "What the arms look at"
#: Faces shown, two beside each other.
FACES = 8
MAP = "PuOr_r"


def applies(results, summary) -> bool:
    """Whether two arms see the image and all their runs mapped the same test images, so that there is something to compare."""
    arms = shown(results)
    every = [run for arm in arms for run in _runs(results, arm)]
    alike = all(np.array_equal(run.rows, every[0].rows) and run.drops.shape == every[0].drops.shape for run in every)
    return len(arms) > 1 and alike and bool(np.isin(every[0].rows, results.rows).all())


def caption(results, summary) -> str:
    """How the maps were made."""
    return ("Orange: covering the square around this place with the image's mean gray lowers the probability of the true "
            "class, so this arm relies on it. Purple: covering raises it. Means over replicates, one scale for all; "
            "the number below is the probability uncovered. Shown are the first test images of each class; nobody chose "
            "them. Only the image is covered: the landmarks of arms that have them stay as they are."
            + ("" if results.plan.study["recipe"]["test_views"] == "one" else
               " Each face is looked at once here, and not in all the views over which answers are means elsewhere.")
            + (f" Each map lies over the picture as its arm saw it; on the left, as {shown(results)[0]} saw it."
               if preparations.several(results) else ""))


def alt(results, summary) -> str:
    """The strongest effect of a square in each arm."""
    return "; ".join(f"{arm}: covering one square changes the true class's probability by up to "
                     f"{100 * abs(maps(results, arm)[1]).max():.0f} points" for arm in shown(results)) + "."


def shown(results) -> list[str]:
    """The control and the first treatment that see the image."""
    arms = [name for name, arm in results.arms.items() if len(arm.records[0][0].occlusion.rows)]
    return arms[:2]


def maps(results, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows (m,) of the face set and the mean over replicates (m, g, g) of what covering costs; of the first fold."""
    runs = _runs(results, arm)
    return runs[0].rows, np.mean([run.drops for run in runs], axis=0)


def _runs(results, arm: str) -> list[Occlusion]:
    return [group[0].occlusion for group in results.arms[arm].records]


def draw(results, summary) -> Figure:
    """Each face beside its map from either arm; placed by hand, since all have one size."""
    arms = shown(results)
    made = {arm: maps(results, arm) for arm in arms}
    rows = _chosen(made[arms[0]][0], np.asarray(results.faces.labels))
    largest = max(0.01, *(float(abs(drops[rows]).max()) for _, drops in made.values()))
    scale = Normalize(-largest, largest)
    side, down = 1.08, -(-len(rows) // 2)
    with style.look():
        figure = Figure(figsize=(style.WIDTH, down * (side + 0.3) + 0.85))
        for at, index in enumerate(rows):
            left, top = 0.08 + (at % 2) * (style.WIDTH / 2 + 0.04), figure.get_figheight() - 0.3 - at // 2 * (side + 0.3)
            for column, arm in enumerate((None, *arms)):
                axes = _axes(figure, left + column * (side + 0.06), top - side, side)
                style.picture(axes, results.arms[arm or arms[0]].faces, int(made[arms[0]][0][index]))
                if at < 2:
                    axes.set_title(style.short(arm or "image", 17))
                if arm:
                    _map(axes, made[arm][1][index], scale)
                _below(axes, results, int(made[arms[0]][0][index]), arm)
        _scale(figure, scale)
        return figure


def _chosen(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Places of at most FACES of `rows`: the first of each class, then the second of each, and so on."""
    seen = [int((labels[rows[:at]] == labels[row]).sum()) for at, row in enumerate(rows)]
    return np.argsort(seen, kind="stable")[:FACES]


def _axes(figure: Figure, left: float, bottom: float, side: float) -> Axes:
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, bottom / height, side / width, side / height))


def _map(axes: Axes, drops: np.ndarray, scale: Normalize) -> None:
    """Colour over the face, the clearer the more a square matters."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    # Smoothed before the colours are taken: opacity and colour then belong together at every pixel.
    axes.imshow(drops, cmap=MAP, norm=scale, alpha=np.clip(abs(drops) / scale.vmax * 1.2, 0, 0.85),
                extent=(left, right, bottom, top), interpolation="bilinear")


def _below(axes: Axes, results, row: int, arm: str | None) -> None:
    truth = int(results.faces.labels[row])
    if arm is None:
        told, colour = style.short(results.faces.classes[truth], 16), style.INK
    else:
        mean = results.arms[arm].probabilities[:, np.searchsorted(results.rows, row), truth].mean()
        told, colour = f"{100 * mean:.0f}%", style.colours(results.plan)[arm]
    axes.text(0.5, -0.04, told, transform=axes.transAxes, ha="center", va="top", fontsize=6.5, color=colour)


def _scale(figure: Figure, scale: Normalize) -> None:
    height = figure.get_figheight()
    axes = figure.add_axes((0.3, 0.32 / height, 0.4, 0.1 / height))
    bar = figure.colorbar(ScalarMappable(scale, MAP), cax=axes, orientation="horizontal")
    bar.set_ticks([-scale.vmax, 0, scale.vmax],
                  labels=[style.signed(100 * value) for value in (-scale.vmax, 0, scale.vmax)])
    bar.ax.tick_params(labelsize=6.5, length=2)
    bar.outline.set_linewidth(0.5)
    figure.text(0.5, 0.04 / height, "probability that covering takes from the true class, in points", ha="center", fontsize=7)

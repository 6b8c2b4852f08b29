"""Loss and accuracy by epoch, in training and validation: every replicate of every arm, none left out."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixedfer.evidence.figures import style
from mixedfer.evidence.proof_reading import joined

SECTION, ORDER = "arms", 30
TITLE = "Learning curves"

PANELS = (("loss", "training loss"), ("validation_loss", "validation loss"),
          ("accuracy", "training accuracy, %"), ("validation_accuracy", "validation accuracy, %"))
#: How many epochs of a mean have the arm's marker, at most.
MARKS = 7


def caption(results, summary) -> str:
    """Which line is what."""
    recipe = results.plan.study["recipe"]
    extras = [f"label smoothing of {recipe['label_smoothing']:g}"] * bool(recipe["label_smoothing"])
    extras += ["weights of classes"] * (recipe["class_weights"] != "none")
    also = f", and the training loss includes {joined(extras)}" if extras else ""
    targets = "" if recipe["labels"] == "majority" else (
        f" Training values are held against the targets of {recipe['labels']!r}, validation values against labels.")
    chosen = {"last": " The weights of the last epoch are the ones tested.",
              "best": " The weights of the epoch with the best validation accuracy are the ones tested."}
    average = (" What is validated and tested is the moving average of an epoch's weights, not the weights that are trained."
               if recipe["average"] else "")
    return ("Thin lines: every replicate (and fold) of every arm; thick lines: their mean. Training values are taken "
            f"while the weights change, with the recipe's dropout and augmentation{also}; validation values after each "
            f"epoch, without. So the training loss can lie above the validation loss.{targets}"
            f"{chosen[recipe['selection']]}{average}")


def alt(results, summary) -> str:
    """Where each arm's validation accuracy ended."""
    ends = {name: curves(arm, "validation_accuracy")[1] for name, arm in results.arms.items()}
    told = [f"{name} ends at {values[:, -1].min():.1f} to {values[:, -1].max():.1f}%" for name, values in ends.items()
            if values.size and np.isfinite(values[:, -1]).any()]
    return "Loss and accuracy by epoch. Validation accuracy: " + ("; ".join(told) or "not recorded") + "."


def curves(arm, key: str) -> tuple[np.ndarray, np.ndarray]:
    """(E,) epochs from 1 and (runs, E) values of one arm, NaN where a run has no such epoch; accuracy in %."""
    runs = [record.history for folds in arm.records for record in folds]
    epochs = max((len(history) for history in runs), default=0)
    values = np.full((len(runs), epochs), np.nan)
    for row, history in enumerate(runs):
        for column, entry in enumerate(history):
            values[row, column] = entry[key]
    return np.arange(1, epochs + 1), values * (100 if "accuracy" in key else 1)


def draw(results, summary) -> Figure:
    """Four panels: loss above accuracy, training beside validation, each pair on one scale."""
    data = {key: {name: curves(arm, key) for name, arm in results.arms.items()} for key, _ in PANELS}
    colour, marker = style.colours(results.plan), style.markers(results.plan)
    with style.look():
        figure = style.new(4.6)
        panels = figure.subplots(2, 2, sharex=True, sharey="row").ravel()
        for axes, (key, title) in zip(panels, PANELS, strict=True):
            _panel(axes, data[key], colour, marker)
            axes.set_title(title)
        for axes in panels[2:]:
            axes.set_xlabel("epoch")
        style.arm_legend(figure, results.plan)
        return figure


def _panel(axes: Axes, lines: dict, colour: dict, marker: dict) -> None:
    drawn = False
    for place, (name, (epochs, values)) in enumerate(lines.items()):
        if not np.isfinite(values).any():
            continue
        drawn = True
        dot, step = marker[name] if len(epochs) == 1 else "", -(-len(epochs) // MARKS)
        axes.plot(epochs, values.T, color=colour[name], linewidth=0.6, alpha=0.45, marker=dot, markersize=3)
        mean = np.ma.masked_invalid(values).mean(0).filled(np.nan)
        axes.plot(epochs, mean, color=colour[name], linewidth=1.9, marker=marker[name], markevery=(place % step, step),
                  markersize=5, markeredgecolor="white", markeredgewidth=0.6)
    if not drawn:
        style.statement(axes, "The runs recorded no such values.")
    axes.xaxis.get_major_locator().set_params(integer=True)

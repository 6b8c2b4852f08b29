"""One model before and after it was fine-tuned, on the same pictures.

This one pair of models on new pictures, as `statistics.mcnemar` says: another draw of the held-out pictures or another seed may
give another result.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from mixedfer import metrics
from mixedfer.evidence import wording
from mixedfer.evidence.statistics import mcnemar


def compare(truth: np.ndarray, before: np.ndarray, after: np.ndarray) -> dict:
    """Both models' metrics on pictures of known classes (K,), given their probabilities (K, C), the difference in accuracy with
    its interval, and McNemar's test, as plain JSON values. Raises BadInput for no picture.

    >>> truth, sure = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.1, 0.9]])
    >>> told = compare(truth, sure[[1, 0, 1, 0]], sure[[0, 0, 1, 1]])
    >>> told["accuracy"], told["gained"], told["lost"], told["mid_p"]
    ([0.5, 1.0], 2, 0, 0.25)
    """
    right = [answers.argmax(-1) == truth for answers in (before, after)]
    found = mcnemar.compare(*right)
    both = {name: [metric(truth, answers) for answers in (before, after)] for name, metric in metrics.METRICS.items()}
    return {"images": len(truth), **both, "gain": both["accuracy"][1] - both["accuracy"][0], "ci95": list(mcnemar.gain(found)),
            "gained": found.treatment_only, "lost": found.control_only, "mid_p": found.mid_p,
            "table": dataclasses.asdict(found)}


def sentence(what: str, told: Mapping) -> str:
    """A comparison in one line."""
    before, after = (wording.percent(value) for value in told["accuracy"])
    return (f"{what} ({told['images']:,}): accuracy {before} before, {after} after, a difference of "
            f"{wording.points(told['gain'])} points (95% interval {wording.interval(told['ci95'])}; {told['gained']:,} won, "
            f"{told['lost']:,} lost, McNemar mid-p {wording.probability(told['mid_p'])}).")


def judge(held_out: tuple, test: tuple | None, why: str, left_out: int, old: int) -> dict:
    """What fine-tuning did: the comparisons on the pictures that were held out and on the `test` images of the study, the lines
    that tell them, and warnings.

    Both are (names, truth, found, before, after), as `use.tuned_answers.BeforeAfter`; `old` counts the classes that were known
    before. Where there is no test, `why` says so; `left_out` of its images are among those that were trained on.
    """
    told = {"held_out": _compared(held_out), "known_classes": None, "test": test and _compared(test), "left_out": left_out}
    known = held_out[1] < old
    if not known.all() and known.any():
        told["known_classes"] = compare(*(held_out[place][known] for place in (1, 3, 4)))
    lines = [sentence("Held-out pictures", told["held_out"])]
    lines += [sentence("Of those, the classes that were known before", told["known_classes"])] if told["known_classes"] else []
    lines += [f"{left_out:,} of the study's test images are among the pictures that were trained on and are left out."
              ] * bool(left_out)
    lines += [sentence("The study's own test images", told["test"])] if test else \
        [f"The study's own test images: not checked, for {why}."]
    return {**told, "why_no_test": why, "summary": [*lines, *(warnings := _warnings(told))], "warnings": warnings}


def _compared(answers: tuple) -> dict:
    _, truth, _, before, after = answers
    return compare(truth, before, after)


def _warnings(told: Mapping) -> list[str]:
    named = {"held_out": "these very pictures: keep the bundle that it was made of",
             "known_classes": "the classes that were known before",
             "test": "the study's own test images: do not use it for other people or places"}
    return [f"Warning: it got worse on {words}." for part, words in named.items() if told[part] and told[part]["gain"] < 0]

"""This one pair of trained models on new images: McNemar's test of a table of disagreements.

Says nothing about the method: other seeds give other models. Pooling the images of several replicates into one table
treats them as independent, which they are not; reports therefore give one test per replicate, beside the two-way test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer.errors import BadInput


@dataclass(frozen=True)
class Disagreement:
    """On how many images both, only one or neither model is right, and the p-values of the two being equally good.

    `exact` is the two-sided binomial test, `mid_p` its mid-p version (Fagerland, Lydersen & Laake 2013, recommended:
    the exact test is too cautious).
    """

    both: int
    control_only: int
    treatment_only: int
    neither: int
    exact: float
    mid_p: float


def compare(control: np.ndarray, treatment: np.ndarray) -> Disagreement:
    """Compare one run of each arm by (K,) bool, right or wrong on each image. Raises BadInput on other or empty shapes.

    >>> found = compare(np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 1], bool))
    >>> found.control_only, found.treatment_only, found.exact
    (1, 2, 1.0)
    """
    control, treatment = np.asarray(control, bool), np.asarray(treatment, bool)
    if control.shape != treatment.shape or control.ndim != 1 or not len(control):
        raise BadInput(f"tables of shapes {control.shape} and {treatment.shape}, expected one shape (images,)")
    return from_counts(int((control & treatment).sum()), int((control & ~treatment).sum()),
                       int((~control & treatment).sum()), int((~control & ~treatment).sum()))


def from_counts(both: int, control_only: int, treatment_only: int, neither: int) -> Disagreement:
    """The test of the table [[both, control_only], [treatment_only, neither]]; without disagreement every p is 1.

    >>> round(from_counts(0, 1, 7, 0).mid_p, 7)
    0.0390625
    """
    from scipy.stats import binom

    discordant, fewer = control_only + treatment_only, min(control_only, treatment_only)
    tail, at = binom.cdf(fewer, discordant, 0.5), binom.pmf(fewer, discordant, 0.5)
    return Disagreement(both, control_only, treatment_only, neither, exact=float(min(2 * tail, 1.0)),
                        mid_p=float(min(2 * tail - at, 1.0)))


def gain(found: Disagreement, level: float = 0.95) -> tuple[float, float]:
    """The interval of treatment minus control in the share of images answered rightly (Bonett & Price 2012: Wald's, after one
    disagreement of each kind was added; recommended beside the mid-p test by Fagerland, Lydersen & Laake 2014).

    >>> [round(bound, 3) for bound in gain(from_counts(1, 1, 7, 12))]   # airway hyper-responsiveness, their first example
    [0.013, 0.508]
    """
    from scipy.stats import norm

    images = found.both + found.control_only + found.treatment_only + found.neither + 2
    lost, won = (found.control_only + 1) / images, (found.treatment_only + 1) / images
    half = float(norm.ppf((1 + level) / 2)) * ((lost + won - (won - lost) ** 2) / images) ** 0.5
    return max(-1.0, won - lost - half), min(1.0, won - lost + half)

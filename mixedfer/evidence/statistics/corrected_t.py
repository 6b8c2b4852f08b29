"""The test for folds: a t test corrected for training sets that overlap (Nadeau & Bengio 2003, Machine Learning 52).

Models of different folds share most of their training images, so their scores are correlated and a plain t test over
folds is far too sure. The correction widens the variance by the ratio of tested to trained images:

    variance = s^2 (1/n + n_test / n_train)      ddf = n - 1
"""

from __future__ import annotations

import math

import numpy as np

from mixedfer.errors import BadInput, Fault
from mixedfer.evidence.statistics.finding import Estimate, Finding, conclude, withhold

TEST = "Nadeau-Bengio corrected t over folds"


def compare(control: np.ndarray, treatment: np.ndarray, *, test_over_train: float, margin: float,
            names: tuple[str, str] = ("control", "treatment"), higher_is_better: bool = True) -> Finding:
    """Compare two arms by their scores (n,), one per fold, n >= 2; `test_over_train` is n_test / n_train.

    Several replicates of one fold are averaged before, unless each draws its own folds (repeated cross-validation).

    Differences that are all equal, also all 0, leave nothing to estimate an error from: that finding is withheld.
    Raises BadInput for other shapes or a ratio that is not positive, Fault for NaN.

    >>> finding = compare([0.7, 0.72, 0.71], [0.74, 0.75, 0.75], test_over_train=0.5, margin=0.01)
    >>> round(finding.estimate, 4), round(finding.p, 3)
    (0.0367, 0.02)
    """
    found = estimate(control, treatment, test_over_train)
    if found.se == 0:
        what = "differ by the same amount in all folds" if found.difference else "score the same in every fold"
        return withhold(found.difference, control=names[0], treatment=names[1],
                        why=f"the arms {what}, which leaves no spread to judge by", higher_is_better=higher_is_better)
    return conclude(found, margin=margin, control=names[0], treatment=names[1], test=TEST,
                    higher_is_better=higher_is_better)


def estimate(control: np.ndarray, treatment: np.ndarray, test_over_train: float) -> Estimate:
    """Difference, corrected standard error and n - 1 degrees of freedom."""
    control, treatment = np.asarray(control, float), np.asarray(treatment, float)
    if control.shape != treatment.shape or control.ndim != 1 or len(control) < 2:
        raise BadInput(f"scores of shapes {control.shape} and {treatment.shape}, expected one shape (folds,), "
                       "2 folds or more")
    if not test_over_train > 0:
        raise BadInput(f"tested over trained images is {test_over_train}, expected more than 0")
    difference = treatment - control
    if not np.isfinite(difference).all():
        raise Fault("NaN or infinity among the scores")
    spread = 0.0 if np.ptp(difference) < 1e-12 else float(difference.var(ddof=1))
    variance = spread * (1 / len(difference) + test_over_train)
    return Estimate(difference=float(difference.mean()), se=math.sqrt(variance), ddf=len(difference) - 1)

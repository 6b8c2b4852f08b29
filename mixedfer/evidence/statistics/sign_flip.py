"""An assumption-free look at replicates alone: the exact sign-flip test of their differences, by SciPy.

It ignores that the images are a sample, and with J replicates its p cannot go below 2 / 2^J: .0625 for J = 5. A study
with five replicates can therefore never be significant by it, however large the effect.
"""

from __future__ import annotations

import numpy as np

from mixedfer.errors import BadInput


def p_value(differences: np.ndarray) -> float:
    """Two-sided p of (J,) differences per replicate being symmetric about 0, J >= 2; exact up to 13 replicates.

    Raises BadInput for fewer: one difference has no order to compare it with.

    >>> p_value([0.01, 0.02, 0.03, 0.01, 0.02])
    0.0625
    """
    from scipy.stats import permutation_test

    differences = np.asarray(differences, float)
    if differences.ndim != 1 or len(differences) < 2 or not np.isfinite(differences).all():
        raise BadInput(f"differences of shape {differences.shape}, expected one finite number per replicate, 2 or more")

    def mean(one, other, axis):
        return np.mean(one - other, axis=axis)

    found = permutation_test((differences, np.zeros_like(differences)), mean, permutation_type="samples",
                             vectorized=True, rng=np.random.default_rng(0))
    return float(found.pvalue)

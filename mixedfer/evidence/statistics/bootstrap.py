"""A check of the two-way interval without its model: resample replicates and test cases jointly, and look.

Each draw takes J of the J replicates and G of the G cases (images or subjects) with replacement, the same for both arms,
and computes the difference anew; the interval is the middle of the draws (Efron & Tibshirani 1993, chapter 13; resampling
both ways at once: Owen 2007, Ann. Appl. Stat. 1, who shows that it is somewhat too wide). With few replicates it is too
narrow instead, because J replicates drawn from J vary less than new ones: it is told beside the two-way interval, never
in its place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixedfer import seeds

DRAWS = 1000
#: Draws that are computed at once, so that a large study needs little memory.
BLOCK = 200


def interval(score: Callable[[np.ndarray], np.ndarray], control: np.ndarray, treatment: np.ndarray,
             level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of treatment minus control; both (J, G, ...): what each case adds to a run's sums.

    `score` maps sums (..., the rest) to scores (...,). The draws are the same each time.

    >>> right = np.random.default_rng(0).random((2, 5, 300, 1)) < np.array([0.6, 0.7])[:, None, None, None]
    >>> low, high = interval(lambda sums: sums[..., 0] / 300, *right)
    >>> bool(0 < low < right[1].mean() - right[0].mean() < high < 0.2)
    True
    """
    replicates, cases = control.shape[:2]
    rest = control.shape[2:]
    flat = [np.moveaxis(np.asarray(arm, np.float32), 1, 0).reshape(cases, -1) for arm in (control, treatment)]
    rng = seeds.generator("bootstrap")
    drawn = []
    for _ in range(DRAWS // BLOCK):
        weights = _times_drawn(rng, cases).astype(np.float32)
        one, two = (score((weights @ arm).reshape(BLOCK, replicates, *rest).astype(float)) for arm in flat)
        drawn.append(((two - one) * _times_drawn(rng, replicates)).sum(1) / replicates)
    low, high = np.quantile(np.concatenate(drawn), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _times_drawn(rng: np.random.Generator, count: int) -> np.ndarray:
    """(BLOCK, count) multinomial weights: how often each of `count` was drawn in `count` draws with replacement."""
    drawn = rng.integers(0, count, (BLOCK, count), dtype=np.int32) + np.arange(BLOCK, dtype=np.int64)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=BLOCK * count).reshape(BLOCK, count)

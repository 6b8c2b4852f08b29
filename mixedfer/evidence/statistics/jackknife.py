"""What each test case adds to a score: jackknife pseudovalues (Tukey 1958), the cells of the two-way analysis.

    pseudovalue of a case = G score(all) - (G - 1) score(all without the case)          G cases

A case is an image, or a subject with all images of that person: images of one person are not independent. For a mean
over images that are the cases, a pseudovalue is the image's own value. For any other score (macro F1, or subjects with
unlike numbers of images) the pseudovalues of a run are shifted so that their mean is the score itself, the "normalised"
pseudovalues of Hillis & Berbaum 2005 (Acad. Radiol. 12) with which the test keeps its error rate.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def pseudovalues(score: Callable[[np.ndarray], np.ndarray], sums: np.ndarray) -> np.ndarray:
    """(G,) pseudovalues of a score that is a function of sums: `sums` (G, ...) is what each of G >= 2 cases adds.

    `score` maps sums (..., the rest) to scores (...,). Leaving a case out is one subtraction, whatever the score.

    >>> right_of = np.array([[1, 1], [0, 1], [1, 1], [1, 1]])   # right answers and images of four cases
    >>> pseudovalues(lambda sums: sums[..., 0] / sums[..., 1], right_of).round(9).tolist()
    [1.0, 0.0, 1.0, 1.0]
    """
    cases, total = len(sums), sums.sum(0)
    whole, without = score(total), score(total - sums)
    values = cases * whole - (cases - 1) * without
    return values + (whole - values.mean())


def by_case(parts: np.ndarray, cases: np.ndarray) -> np.ndarray:
    """(G, ...) sums of `parts` (K, ...) over the images of each case; `cases` (K,) holds the numbers 0 to G - 1.

    >>> by_case(np.array([1.0, 2.0, 4.0]), np.array([1, 0, 1])).tolist()
    [2.0, 5.0]
    """
    order = np.argsort(cases, kind="stable")
    return np.add.reduceat(parts[order], np.flatnonzero(np.diff(cases[order], prepend=-1)), axis=0)

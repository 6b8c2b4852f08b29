"""The default test: do two arms differ over new replicates (seeds) and new images (or subjects) at once?

Multi-reader multi-case analysis of variance with replicates as readers, images or subjects as cases and arms as
modalities (Dorfman, Berbaum & Metz 1992; Obuchowski & Rockette 1995; degrees of freedom of Hillis 2008). Both are random:
a claim about a method must survive other seeds and other cases, which pooling all predictions into one table ignores.

    den = MS_TR + max(MS_TC - MS_TRC, 0)      F = MS_T / den      ddf = den^2 / (MS_TR^2 / ((I - 1)(J - 1)))

Hillis' degrees take the case component as known. With few subjects it is not, and in simulation with 5 or 10 subjects
12% and 8% of equal arms would be told apart; at most K - 1 degrees bring that back to 5% and change nothing elsewhere.

For I = 2 arms every mean square that involves the arm is one of the differences d = treatment - control, a (J, K) table
(of -1, 0 and 1 for right/wrong answers, whose sums are exact), so the whole analysis is three sums over it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixedfer.errors import BadInput, Fault
from mixedfer.evidence.statistics.finding import Estimate, Finding, conclude, withhold

TEST = "two-way random effects over replicates and "
#: Differences closer together than this are one difference; what parts them is the rounding of pseudovalues.
SAME = 1e-9
ONE_REPLICATE = "one replicate says nothing about new seeds"


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of a fully crossed arm x replicate x case layout with one observation per cell.

    `arm` is MS_T, `replicate` MS_TR (arm x replicate), `case` MS_TC (arm x case), `rest` MS_TRC (three-way).
    """

    arm: float
    replicate: float
    case: float
    rest: float

    @property
    def spread(self) -> float:
        """MS_TR. Where all replicates tie exactly it is 0, which is chance and not knowledge that seeds do not matter:
        then MS_TRC, the expectation of MS_TR when they do not, stands in. Only tables of few cases tie.
        """
        return self.replicate if self.replicate > 0 else self.rest

    @property
    def floor(self) -> float:
        """The part of the denominator that is due to the cases alone, which no number of replicates removes."""
        return max(self.case - self.rest, 0.0)

    @property
    def denominator(self) -> float:
        """What MS_T is compared with: its expectation when the arms do not differ."""
        return self.spread + self.floor


def compare(control: np.ndarray, treatment: np.ndarray, *, margin: float, names: tuple[str, str] = ("control", "treatment"),
            cases: str = "images", higher_is_better: bool = True) -> Finding:
    """Compare two arms by their scores (J, K): replicate j on case k, right (1) or wrong (0), or pseudovalues.

    `cases` says what the columns are, "images" or "subjects". Rows are paired (one seed trains both arms), so are
    columns. With J = 1 nothing is known about new seeds, and with one difference everywhere nothing about any spread: the
    finding is inconclusive, without p or interval, and its `test` says so. Raises BadInput for other shapes or fewer than
    two cases, Fault for NaN.

    >>> right = np.array([[1, 1, 0, 1, 0, 1], [1, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 1]])
    >>> finding = compare(right, right, margin=0.01)
    >>> finding.estimate, finding.p, finding.verdict, finding.test
    (0.0, None, 'inconclusive', 'none: the arms never disagreed, which leaves no spread to judge by')
    >>> compare(right[:1], right[:1], margin=0.01).test
    'none: one replicate says nothing about new seeds'
    """
    if len(control) == 1 == len(treatment):
        return withhold(float(_differences(control, treatment).mean()), control=names[0], treatment=names[1],
                        why=ONE_REPLICATE, higher_is_better=higher_is_better)
    found = estimate(control, treatment)
    if np.ptp(_differences(control, treatment)) < SAME:
        return withhold(found.difference, control=names[0], treatment=names[1],
                        why=_no_spread(found.difference, cases.removesuffix("s")), higher_is_better=higher_is_better)
    return conclude(found, margin=margin, control=names[0], treatment=names[1], test=TEST + cases,
                    higher_is_better=higher_is_better)


def estimate(control: np.ndarray, treatment: np.ndarray) -> Estimate:
    """Difference, standard error and degrees of freedom from scores (J, K) with J >= 2 and K >= 2."""
    squares, difference = mean_squares(control, treatment)
    return from_mean_squares(difference, squares, *np.shape(control))


def from_mean_squares(difference: float, squares: MeanSquares, replicates: int, cases: int) -> Estimate:
    """The estimate that mean squares give; SE = sqrt(2 den / (J K)).

    If every replicate is a copy of the first (`squares.spread` 0), what is left is the paired t test over cases. A part of
    the cases that comes out at 0 is too small to be seen, not absent, so what unlimited replicates leave is not known then.

    >>> found = from_mean_squares(0.1, MeanSquares(arm=2.5, replicate=0.2, case=0.5, rest=0.2), 5, 100)
    >>> round(found.se, 6), round(found.ddf, 6)
    (0.044721, 25.0)
    """
    den = squares.denominator
    ddf = (replicates - 1) * (den / squares.spread) ** 2 if squares.spread > 0 else math.inf
    se, floor = (math.sqrt(2 * part / (replicates * cases)) for part in (den, squares.floor))
    return Estimate(difference=difference, se=se, ddf=min(ddf, cases - 1), floor=(floor, cases - 1) if floor > 0 else None)


def mean_squares(control: np.ndarray, treatment: np.ndarray) -> tuple[MeanSquares, float]:
    """Mean squares and mean difference of scores (J, K). Tables of bool are summed as integers, without rounding."""
    table = _differences(control, treatment)
    replicates, cases = table.shape
    if replicates < 2 or cases < 2:
        raise BadInput(f"{replicates} replicates and {cases} cases, expected at least 2 of each")
    wide = np.int64 if table.dtype.kind == "i" else np.float64
    by_replicate, by_case = table.sum(1, dtype=wide), table.sum(0, dtype=wide)
    total, count = by_replicate.sum(), replicates * cases
    squared = np.count_nonzero(table) if wide is np.int64 else np.vdot(table, table)
    mean = float(total) / count
    # Sums of squared deviations; integers stay exact until the last division.
    tied = np.ptp(by_replicate) < SAME * cases
    replicate = 0.0 if tied else float(replicates * (by_replicate**2).sum() - total**2) / count
    case = float(cases * (by_case**2).sum() - total**2) / count
    rest = max(float(squared) - float(total) * mean - replicate - case, 0.0)
    degrees = (replicates - 1) * (cases - 1)
    squares = MeanSquares(arm=count * mean**2 / 2, replicate=max(replicate, 0.0) / 2 / (replicates - 1),
                          case=max(case, 0.0) / 2 / (cases - 1), rest=rest / 2 / degrees)
    return squares, mean


def _no_spread(difference: float, case: str) -> str:
    what = f"differ by the same amount on every {case}" if abs(difference) > SAME else "never disagreed"
    return f"the arms {what}, which leaves no spread to judge by"


def _differences(control: np.ndarray, treatment: np.ndarray) -> np.ndarray:
    """(J, K) treatment - control: one byte per entry for right/wrong tables, otherwise float64."""
    control, treatment = np.asarray(control), np.asarray(treatment)
    if control.shape != treatment.shape or control.ndim != 2 or not control.size:
        raise BadInput(f"scores of shapes {control.shape} and {treatment.shape}, expected one shape "
                       "(replicates, cases)")
    if control.dtype == bool == treatment.dtype:
        return treatment.view(np.int8) - control.view(np.int8)
    table = treatment.astype(np.float64) - control
    if not np.isfinite(table).all():
        raise Fault("NaN or infinity among the scores")
    return table

"""What varies in a study, and how: the values of a grid's `Axis`, the `Range` and the budget of a `Search`. No numerics."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mixedfer.checked import Checked, require
from mixedfer.errors import StudyError
from mixedfer.identity import canonical

#: Fields of a recipe that no search may choose, and why.
FIXED = {"epochs": "they are part of the budget, which is the same for every arm",
         "selection": "it says which epoch is judged",
         "test_views": "it says how arms are tested, not how they are trained"}
#: Combinations of values that are looked at before a search begins.
TOGETHER = 256


@dataclass(frozen=True)
class Axis(Checked):
    """One dimension of a grid or a search: a field's name, as for `Study.varying`, and the values that it takes."""

    name: str
    values: tuple

    def __post_init__(self):
        super().__post_init__()
        require(len(self.values) > 1, f"Axis({self.name!r}): expected two values or more")
        equal = any(one == two for one, two in itertools.combinations(canonical(self.values), 2))
        require(not equal, f"Axis({self.name!r}): one value is there twice")

    def ends(self) -> tuple:
        """The values that must make a study: all."""
        return self.values

    def place(self, value: Any) -> int | None:
        """Which of these a value is; None where it is none of them."""
        return next((place for place, own in enumerate(canonical(self.values)) if own == canonical(value)), None)

    def holds(self, value: Any) -> bool:
        """Whether a value is one of these."""
        return self.place(value) is not None


@dataclass(frozen=True)
class Range(Checked):
    """One dimension of a search: a field's name and the smallest and largest number that it may take.

    With `log` every order of magnitude is as likely as any other; fields of whole numbers take whole numbers.

    >>> Range("learning_rate", 1e-4, 1e-2, log=True).holds(0.001)
    True
    """

    name: str
    low: int | float
    high: int | float
    log: bool = False

    def __post_init__(self):
        super().__post_init__()
        finite = math.isfinite(self.low) and math.isfinite(self.high)
        require(finite and self.low < self.high, f"Range({self.name!r}, {self.low}, {self.high}): expected two numbers, the "
                "smaller first")
        require(self.low > 0 or not self.log, f"Range({self.name!r}, {self.low}, log=True): expected more than 0")

    def ends(self) -> tuple:
        """The values that must make a study, for those between them to make one."""
        return self.low, self.high

    def holds(self, value: Any) -> bool:
        """Whether a value lies within."""
        return isinstance(value, (int, float)) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True, kw_only=True)
class Search(Checked):
    """What `mixedfer tune` does for each arm by itself: the same `trials` in the same `space`, judged on validation alone.

    A trial is a recipe with other values in the fields that `space` names; its score is the study's metric on the validation
    partition, the mean over `replicates` training runs with seeds that the final runs do not have. The first trial of every
    arm is the study's own recipe. Trials are proposed in rounds of `together`, which can be trained at the same time: with
    "tpe" from what the rounds before have shown (Bergstra et al. 2011; at random until ten are known), with "random" all arms
    try the same recipes.
    """

    RANGES = {"trials": (2, 10**4), "replicates": (1, 10**3), "together": (1, 10**3)}
    space: tuple[Axis | Range, ...]
    trials: int
    replicates: int = 1
    together: int = 5
    sampler: Literal["tpe", "random"] = "tpe"
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        require(bool(self.space), "Search(space=()): expected one field or more")

    def check(self, study: Any) -> None:
        """Raise StudyError unless every name is a field of the recipe of `study`, whose own values lie within the space, and
        values of several fields go together: a trial whose recipe cannot be would end a search half-way.
        """
        paths = [study.path(one.name) for one in self.space]
        for one, path in zip(self.space, paths):
            _see_in_recipe(one.name, path)
            _see_apart(one.name, path, paths)
            _see_fits(one, study)
        names = [".".join(path) for path in paths]
        for values in itertools.islice(itertools.product(*(one.ends() for one in self.space)), TOGETHER):
            _see_goes_together(dict(zip(names, values)), study)


def _see_in_recipe(name: str, path: Sequence[str]) -> None:
    if path[0] != "recipe" or len(path) < 2:
        raise StudyError(f"{name!r} cannot be searched: only fields of the recipe can")
    if path[-1] in FIXED and len(path) == 2:
        raise StudyError(f"{name!r} cannot be searched: {FIXED[path[-1]]}")


def _see_apart(name: str, path: Sequence[str], paths: Sequence[Sequence[str]]) -> None:
    nested = [".".join(other) for other in paths if other is not path and other[:len(path)] == path]
    require(not nested, f"{name!r} and {', '.join(nested)} cannot both be searched: one is the other or a part of it")


def _see_fits(one: Axis | Range, study: Any) -> None:
    own = study.current(one.name)
    require(one.holds(own), f"the recipe's own {one.name} ({own!r}) lies outside the search's space, but every arm "
            "tries it first")
    whole = isinstance(one, Range) and study.annotation(one.name) is int
    require(not whole or all(isinstance(end, int) for end in one.ends()), f"Range({one.name!r}): expected whole numbers")
    for value in one.ends():
        study.varying(**{one.name: value})


def _see_goes_together(values: dict[str, Any], study: Any) -> None:
    try:
        study.varying(**values)
    except StudyError as error:
        told = ", ".join(f"{name}={value!r}" for name, value in values.items())
        raise StudyError(f"the search may try {told}, which is no recipe: {error.what}", remedy="Narrow the space, so that any "
                         "value of one field goes with any of the others.") from error

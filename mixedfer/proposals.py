"""Which recipe a search tries next: the only file that knows Optuna.

What is proposed depends on the search, the number of the trial and the scores of the rounds before, and on nothing else: a
search that was stopped is replayed from its finished runs to the same proposals, without a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mixedfer import metrics
from mixedfer.axes import Axis, Range
from mixedfer.errors import BadInput
from mixedfer.identity import version
from mixedfer.seeds import derive
from mixedfer.study import Study


class Proposals:
    """The search of one arm: `ask` for a round of trials, `tell` their scores, and again."""

    def __init__(self, study: Study):
        optuna = _optuna()
        self._plain, self._search = study.plain(), study.search
        self._names = [".".join(study.path(one.name)) for one in study.search.space]
        self._space = dict(zip(self._names, map(self._distribution, study.search.space)))
        better = metrics.of(study.metric).higher_is_better
        self._optuna = optuna.create_study(direction="maximize" if better else "minimize")
        self._asked: list = []

    def ask(self, count: int) -> list[dict[str, Any]]:
        """The values of the next `count` trials, by the full names of their fields; the very first are the study's own."""
        return [self._ask() for _ in range(count)]

    def tell(self, scores: Sequence[float | None]) -> None:
        """The scores of the trials asked for last; None where a run's loss was no number: worse than any score."""
        from optuna.trial import TrialState

        for trial, score in zip(self._asked[-len(scores):], scores, strict=True):
            state = TrialState.PRUNED if score is None else TrialState.COMPLETE
            self._optuna.tell(trial, score, state=state)

    def _ask(self) -> dict[str, Any]:
        samplers, number = _optuna().samplers, len(self._asked)
        kind = {"tpe": samplers.TPESampler, "random": samplers.RandomSampler}[self._search.sampler]
        # A sampler of its own for every trial: no state is left over from those before.
        self._optuna.sampler = kind(seed=derive("proposal", self._search.seed, number) % 2**32)
        if number == 0:
            self._optuna.enqueue_trial({name: self._own(one) for name, one in zip(self._names, self._search.space)})
        self._asked.append(self._optuna.ask(self._space))
        chosen = self._asked[-1].params
        return {name: one.values[chosen[name]] if isinstance(one, Axis) else chosen[name]
                for name, one in zip(self._names, self._search.space)}

    def _own(self, one: Axis | Range) -> Any:
        """The study's own value; of an axis its place."""
        value = self._plain.current(one.name)
        return one.place(value) if isinstance(one, Axis) else value

    def _distribution(self, one: Axis | Range):
        kinds = _optuna().distributions
        if isinstance(one, Axis):
            return kinds.CategoricalDistribution(tuple(range(len(one.values))))
        whole = self._plain.annotation(one.name) is int
        return (kinds.IntDistribution if whole else kinds.FloatDistribution)(one.low, one.high, log=one.log)


def release() -> str:
    """The version of Optuna. Raises BadInput where it is not installed."""
    _optuna()
    return version("optuna")


def _optuna():
    try:
        import optuna
    except ImportError:
        raise BadInput("Optuna is not installed, which proposes the trials of a search",
                       remedy="Install it with `pip install 'mixedfer[tune]'`.") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna

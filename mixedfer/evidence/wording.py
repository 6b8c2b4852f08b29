"""The evidence in plain words: one sentence per comparison, the same on the page, in the figures and on the terminal.

A comparison is an entry of results.json (`summary`). How a metric is told is said in `metrics`: differences of a proportion
(accuracy, F1) are 0..1 and are told in percentage points, those of log loss in nats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mixedfer import metrics
from mixedfer.evidence.statistics.finding import LEVEL

#: What stands where significance would stand when the proof failed.
NOT_COMPARABLE = "The arms are not comparable, so no significance is given."
#: The word in place of a verdict when the proof failed.
UNPROVEN = "not comparable"


def name(metric: str) -> str:
    """A metric for people.

    >>> name("macro_f1")
    'macro F1'
    """
    return metrics.of(metric).title


def heading(metric: str) -> str:
    """A metric over a column or an axis of its values: "accuracy, %"."""
    return f"{name(metric)}{', %' * metrics.of(metric).proportion}"


def units(metric: str) -> str:
    """What differences in a metric are told in, for a sentence or a column.

    >>> units("accuracy"), units("log_loss")
    ('points', 'nats')
    """
    return f"{metrics.of(metric).unit}s"


def axis_units(metric: str) -> str:
    """The same in full, for the axis of a figure."""
    return f"{'percentage ' * metrics.of(metric).proportion}{units(metric)}"


def number(value: float, digits: int, sign: str = "-") -> str:
    """A number with a real minus sign, and a plus where `sign` is "+". Zero has none, and halves that differ by the last bits
    of a sum are rounded alike.

    >>> number(-0.04, 1), number(-1.2500000001, 1), number(1.2499999999, 1, "+")
    ('0.0', '−1.2', '+1.2')
    """
    rounded = _rounded(value, digits)
    return f"{rounded:{sign if rounded else '-'}.{digits}f}".replace("-", "−")


def _rounded(value: float, digits: int) -> float:
    return round(round(float(value), digits + 6), digits) + 0.0  # NumPy's numbers round otherwise


def bounds(pair: tuple[float, float], digits: int = 3) -> str:
    """Two ends of an interval. One that is rounded to 0 has further digits where the interval does not hold 0.

    >>> bounds((-1.5, 0.04), 1), bounds((-1.5, -0.04), 1), bounds((0.0499999999, 1.5), 1)
    ('−1.5 to 0.0', '−1.5 to −0.04', '0.1 to 1.5')
    """
    apart = pair[0] * pair[1] > 0
    return " to ".join(number(end, next((more for more in range(digits, digits + 4 * apart) if _rounded(end, more)), digits))
                       for end in pair)


def points(value: float, metric: str = "accuracy") -> str:
    """A difference in percentage points (or nats) with a real minus sign, without a plus and without its unit.

    >>> points(-0.0123), points(0.0123), points(-0.0001), points(-0.0123, "log_loss")
    ('−1.2', '1.2', '0.0', '−0.012')
    """
    told = metrics.of(metric)
    return number(told.scale * value, told.digits)


def percent(value: float | None, digits: int = 1) -> str:
    """A proportion as a percentage; a dash where there is none.

    >>> percent(0.5), percent(0.7274999999999999), percent(0.7275), percent(None)
    ('50.0%', '72.8%', '72.8%', '–')
    """
    return "–" if value is None else f"{number(100 * value, digits)}%"


def level(value: float | None, metric: str) -> str:
    """A value of a metric, as a percentage where it is a proportion.

    >>> level(0.5, "accuracy"), level(0.5, "log_loss")
    ('50.0%', '0.500')
    """
    return percent(value) if metrics.of(metric).proportion or value is None else f"{value:.3f}"


def probability(p: float | None) -> str:
    """A p value as papers print it.

    >>> probability(0.0312), probability(0.00004), probability(None)
    ('0.031', '< 0.001', '–')
    """
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def unit(amount: float, metric: str = "accuracy") -> str:
    """An amount of percentage points (or nats) with its unit.

    >>> unit(0.01), unit(0.005), unit(0.02, "log_loss")
    ('1 point', '0.5 points', '0.02 nats')
    """
    text = f"{100 * amount:.2f}".rstrip("0").rstrip(".") if metrics.of(metric).proportion else f"{amount:g}"
    return f"{text} {metrics.of(metric).unit if text == '1' else units(metric)}"


def plural(count: int, noun: str) -> str:
    """A number of things.

    >>> plural(1, "image"), plural(1200, "image")
    ('1 image', '1,200 images')
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


def margins(summary: Mapping) -> tuple[str, str]:
    """The margin at the first training and now, each with its metric where that is not the same."""
    before, now = ((summary[f"{when}margin"], summary[f"{when}metric"]) for when in ("first_", ""))
    return tuple(unit(*one) + (f" of {name(one[1])}" if before[1] != now[1] else "") for one in (before, now))


def moved_margin(summary: Mapping) -> str:
    """That the margin, or the metric that it is one of, is not that of the first training; "" where both are.

    >>> moved_margin({"first_margin": 0.01, "margin": 0.02, "first_metric": "accuracy", "metric": "accuracy"})
    'The margin was 1 point when these runs were made and is 2 points now'
    >>> moved_margin({"first_margin": 0.01, "margin": 0.01, "first_metric": "accuracy", "metric": "log_loss"})
    'The margin was 1 point of accuracy when these runs were made and is 0.01 nats of log loss now'
    """
    before, now = margins(summary)
    return "" if before == now else f"The margin was {before} when these runs were made and is {now} now"


def interval(ends, metric: str = "accuracy") -> str:
    """A confidence interval in points: "0.4 to 2.0"."""
    told = metrics.of(metric)
    return bounds([told.scale * end for end in ends], told.digits) if ends else "no interval"


def difference(comparison: Mapping, metric: str = "accuracy") -> str:
    """What was measured, without judging it: "mixed is 1.2 points better than image-only".

    >>> difference({"control": "a", "treatment": "b", "estimate": -0.02})
    'b is 2.0 points worse than a'
    """
    size, told = points(abs(comparison["estimate"]), metric), metrics.of(metric)
    if not float(size):
        least = f"{10**-told.digits} {units(metric)}"
        return f"{comparison['treatment']} and {comparison['control']} differ by less than {least}"
    side = "better" if (comparison["estimate"] > 0) == told.higher_is_better else "worse"
    return f"{comparison['treatment']} is {size} {units(metric)} {side} than {comparison['control']}"


def judged(summary: Mapping) -> list[dict]:
    """The comparisons of results.json as they may be told: where the proof failed, with no verdict and no interval."""
    withheld = {"verdict": UNPROVEN, "lean": "", "ci95": None, "ci90": None}
    return [{**row, **({} if summary["comparable"]["passed"] else withheld)} for row in summary["comparisons"]]


def measured(comparison: Mapping, metric: str) -> str:
    """What was measured with its interval; where there is none, why."""
    if comparison["verdict"] == UNPROVEN:
        return f"In these runs {difference(comparison, metric)}, which proves nothing"
    why = str(comparison.get("test", "")).removeprefix("none: ") or "not known"
    told = f"95% CI {interval(comparison['ci95'], metric)}" if comparison.get("ci95") else f"no interval: {why}"
    return f"{difference(comparison, metric)} ({told})"


def sentence(comparison: Mapping, summary: Mapping) -> str:
    """One comparison and its verdict as a sentence.

    >>> sentence({"control": "a", "treatment": "b", "estimate": 0.012, "ci95": (0.004, 0.02), "lean": "positive",
    ...           "verdict": "inconclusive"}, {"margin": 0.01, "metric": "accuracy"})
    'b is 1.2 points better than a (95% CI 0.4 to 2.0), margin 1 point: inconclusive (positive)'
    """
    told = measured(comparison, summary["metric"])
    if comparison["verdict"] == UNPROVEN:
        return told
    lean = f" ({comparison['lean']})" if comparison.get("lean") else ""
    return f"{told}, margin {unit(summary['margin'], summary['metric'])}: {comparison['verdict']}{lean}"


def fell(arm: str, count: int, runs: int) -> str:
    """How often an arm collapsed: "mixed collapsed in 2 of 5 runs"."""
    return f"{arm} collapsed in {count} of {plural(runs, 'run')}"


def fallen(summary: Mapping) -> dict[str, str]:
    """Collapsed arm -> how often."""
    return {arm["name"]: fell(arm["name"], len(arm["collapse"]), len(arm["replicates"]))
            for arm in summary["arms"] if arm["collapse"]}


def warnings(passed: bool, collapsed: Iterable[str], moved: str, where: str = "") -> list[str]:
    """What is wrong with a study, or at the point of a grid that `where` names: the proof, runs, the margin."""
    told = [] if passed else ["the arms are not comparable; see the report"]
    told += [f"{arm}: it learnt nothing there" for arm in collapsed]
    return [f"WARNING: {where}{one}." for one in (*told, *([moved] if moved else []))]


def brief(summary: Mapping) -> str:
    """results.json in a few lines for a terminal: what is wrong first, then one sentence per comparison."""
    wrong = warnings(summary["comparable"]["passed"], fallen(summary).values(), moved_margin(summary))
    return "\n".join([*wrong, *(f"{sentence(row, summary)}." for row in judged(summary))])


def meaning(comparison: Mapping, summary: Mapping) -> str:
    """What a verdict does and does not say, for a reader who has never met an equivalence margin."""
    size = unit(summary["margin"], summary["metric"])
    if comparison["verdict"] == UNPROVEN:
        return NOT_COMPARABLE
    failed = [arm for arm in fallen(summary) if arm in (comparison["control"], comparison["treatment"])]
    if failed:
        return (f"Training failed in runs of {' and '.join(failed)} (see the warning above): this says nothing about what the "
                "arms see.")
    if not comparison.get("ci95"):
        return "Nothing was tested, so this says what these runs did and nothing about other runs."
    side = "above +" if comparison["ci95"][0] > 0 else "below −"
    return {
        "helps": f"The whole 95% interval lies {side}{size}: the gain is real and large enough to matter.",
        "hurts": f"The whole 95% interval lies {side}{size}: the loss is real and large enough to matter.",
        "equivalent": f"The whole 90% interval lies within ±{size}: any difference is too small to matter.",
    }.get(comparison["verdict"]) or _unsettled(comparison, summary, size)


def _unsettled(comparison: Mapping, summary: Mapping, size: str) -> str:
    """Why a comparison is inconclusive: the direction is open, several were made, or the size is open."""
    (low, high), margin = comparison["ci95"], summary["margin"]
    above, adjusted, beyond = low > 0, comparison.get("p_adjusted"), low > margin or high < -margin
    if low <= 0 <= high:
        return (f"The interval holds 0 and also differences larger than {size}: neither an effect nor its absence is "
                "shown. This is not evidence of no effect.")
    word = "gain" if above == metrics.of(summary["metric"]).higher_is_better else "loss"
    lost = adjusted is not None and adjusted >= LEVEL
    if lost or beyond:
        edge = f"{'+' if above else '−'}{size}" if beyond else "0"
        left = (f"the difference is not significant (p = {probability(adjusted)})." if lost else f"the {word} is still "
                f"significant, but not that it exceeds {size} (p = {probability(comparison['p_beyond_adjusted'])}).")
        return (f"Taken alone, the whole 95% interval lies {'above' if above else 'below'} {edge}. But several treatments "
                f"were tested, and after Holm's adjustment for that {left}")
    return (f"The whole 95% interval lies {'above' if above else 'below'} 0, but not beyond the margin: there is a {word}, "
            f"and whether it reaches {size}, which would matter, is not settled.")

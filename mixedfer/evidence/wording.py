"""The evidence in plain words: one sentence per comparison, the same on the page, in the figures and on the terminal.

Differences are proportions in 0..1 and are told in percentage points.
"""

from __future__ import annotations

from collections.abc import Mapping

#: What stands where significance would stand when the proof failed.
NOT_COMPARABLE = "The arms are not comparable, so no significance is given."


def points(proportion: float, digits: int = 1) -> str:
    """A difference in percentage points with a real minus sign, without a plus.

    >>> points(-0.0123), points(0.0123), points(-0.0001)
    ('−1.2', '1.2', '0.0')
    """
    value = round(100 * proportion, digits) + 0.0
    return f"{value:.{digits}f}".replace("-", "−")


def percent(proportion: float | None, digits: int = 1) -> str:
    """A proportion as a percentage; a dash where there is none.

    >>> percent(0.5), percent(None)
    ('50.0%', '–')
    """
    return "–" if proportion is None else f"{100 * proportion:.{digits}f}%"


def probability(p: float | None) -> str:
    """A p value as papers print it.

    >>> probability(0.0312), probability(0.00004), probability(None)
    ('0.031', '< 0.001', '–')
    """
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def unit(amount: float) -> str:
    """An amount of percentage points with its unit.

    >>> unit(0.01), unit(0.005)
    ('1 point', '0.5 points')
    """
    text = f"{100 * amount:.2f}".rstrip("0").rstrip(".")
    return f"{text} point{'' if text == '1' else 's'}"


def moved_margin(summary: Mapping) -> str:
    """That the margin is not the one of the first training; "" where it is.

    >>> moved_margin({"first_margin": 0.01, "margin": 0.02})
    'The margin was 1 point when these runs were made and is 2 points now'
    """
    before, now = summary["first_margin"], summary["margin"]
    return "" if before == now else f"The margin was {unit(before)} when these runs were made and is {unit(now)} now"


def interval(bounds) -> str:
    """A confidence interval in points: "0.4 to 2.0"."""
    return f"{points(bounds[0])} to {points(bounds[1])}" if bounds else "no interval"


def difference(comparison: Mapping) -> str:
    """What was measured, without judging it: "mixed is 1.2 points better than image-only".

    >>> difference({"control": "a", "treatment": "b", "estimate": -0.02})
    'b is 2.0 points worse than a'
    """
    size = points(abs(comparison["estimate"]))
    if size == "0.0":
        return f"{comparison['treatment']} and {comparison['control']} differ by less than 0.1 points"
    side = "better" if comparison["estimate"] > 0 else "worse"
    return f"{comparison['treatment']} is {size} points {side} than {comparison['control']}"


def verdict(comparison: Mapping) -> str:
    """The verdict and which way it leans: "inconclusive (positive, size unresolved)"."""
    if comparison.get("verdict") is None:
        return "no verdict"
    lean = comparison.get("lean")
    return f"{comparison['verdict']} ({lean})" if lean else comparison["verdict"]


def sentence(comparison: Mapping, margin: float) -> str:
    """One comparison as a sentence; where there is no interval, why.

    >>> sentence({"control": "a", "treatment": "b", "estimate": 0.012, "ci95": (0.004, 0.02), "lean": "positive",
    ...           "verdict": "inconclusive"}, 0.01)
    'b is 1.2 points better than a (95% CI 0.4 to 2.0), margin 1 point: inconclusive (positive)'
    """
    if comparison.get("verdict") is None:
        return f"In these runs {difference(comparison)}, which proves nothing"
    why = str(comparison.get("test", "")).removeprefix("none: ") or "not known"
    told = f"95% CI {interval(comparison['ci95'])}" if comparison.get("ci95") else f"no interval: {why}"
    return f"{difference(comparison)} ({told}), margin {unit(margin)}: {verdict(comparison)}"


def judged(comparison: Mapping, summary: Mapping) -> dict:
    """A comparison of results.json as it may be told: without its verdict where the proof failed."""
    return dict(comparison) if summary["comparable"]["passed"] else {**comparison, "verdict": None}


def fallen(summary: Mapping) -> dict[str, str]:
    """Collapsed arm -> "mixed collapsed in 2 of 5 runs"."""
    return {arm["name"]: f"{arm['name']} collapsed in {len(arm['collapse'])} of {len(arm['replicates'])} runs"
            for arm in summary["arms"] if arm["collapse"]}


def brief(summary: Mapping) -> str:
    """results.json in a few lines for a terminal: what is wrong first, then one sentence per comparison."""
    wrong = [] if summary["comparable"]["passed"] else ["WARNING: the arms are not comparable; see the report."]
    wrong += [f"WARNING: {told}: it learnt nothing there." for told in fallen(summary).values()]
    wrong += [f"WARNING: {told}." for told in [moved_margin(summary)] if told]
    told = [f"{sentence(judged(row, summary), summary['margin'])}." for row in summary["comparisons"]]
    return "\n".join([*wrong, *told])


def meaning(comparison: Mapping, margin: float) -> str:
    """What a verdict does and does not say, for a reader who has never met an equivalence margin."""
    size = unit(margin)
    return {
        "helps": f"The whole 95% interval lies above +{size}: the gain is real and large enough to matter.",
        "hurts": f"The whole 95% interval lies below −{size}: the loss is real and large enough to matter.",
        "equivalent": f"The whole 90% interval lies within ±{size}: any difference is too small to matter.",
        "inconclusive": f"The interval does not settle on which side of ±{size} the difference lies. "
                        "This is not evidence of no effect.",
        "untested": "Nothing was tested, so this says what these runs did and nothing about other runs.",
        None: NOT_COMPARABLE,
    }[comparison.get("verdict") if comparison.get("ci95") or comparison.get("verdict") is None else "untested"]

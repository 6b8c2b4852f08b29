"""What stands on the page: pictures, banners and sentences, worked out here so that the templates only lay them out."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from mixedfer.evidence import escaping, wording
from mixedfer.evidence.table import Table
from mixedfer.study import PREDICTOR

_TEMPLATES = Path(__file__).parent / "templates"
SYMBOLS = {"helps": "▲", "hurts": "▼", "equivalent": "＝", "inconclusive": "?", None: "✕"}
LICENCE = ("The 68 landmarks come from dlib's shape predictor, trained on the iBUG 300-W data set, whose licence "
           "excludes commercial use. What is trained on these landmarks inherits that limit.")


@dataclass(frozen=True)
class Picture:
    """A drawn figure and its words."""

    name: str
    title: str
    caption: str
    alt: str
    svg: bytes
    png: bytes

    @property
    def uri(self) -> str:
        """The figure as a `data:` address, so that the page needs no other file."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg).decode()}"


@dataclass(frozen=True)
class Banner:
    """Something that nobody may miss. `kind` is "danger" or "warning"."""

    kind: str
    title: str
    text: str


def pictures(results, findings) -> list[Picture]:
    """Every figure of `figures/`, drawn."""
    from mixedfer.evidence import figures
    from mixedfer.evidence.figures import style

    made = []
    for name, module in figures.discover().items():
        figure = module.draw(results, findings)
        with style.look():
            # The layout found for the first file is right for the second; finding it again takes most of the time.
            svg = style.save(figure, "svg")
            figure.set_layout_engine("none")
            png = style.save(figure, "png")
        words = module.TITLE, module.caption(results, findings), module.alt(results, findings)
        made.append(Picture(name, *words, svg, png))
    return made


def pages(results, summary: dict, drawn: list[Picture], tables: list[Table]) -> dict[str, bytes]:
    """`index.html` and `report.md`."""
    values = _values(results, summary, drawn, tables)
    options = {"loader": jinja2.FileSystemLoader(_TEMPLATES), "undefined": jinja2.StrictUndefined,
               "trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    html = jinja2.Environment(autoescape=True, **options)
    # Markdown has no autoescape of its own: every value that a template prints goes through `markdown`.
    text = jinja2.Environment(autoescape=False, finalize=escaping.markdown, **options)
    text.filters["raw"] = escaping.Raw
    return {"index.html": html.get_template("index.html.j2").render(values).encode(),
            "report.md": text.get_template("report.md.j2").render(values).encode()}


def _values(results, summary: dict, drawn: list[Picture], tables: list[Table]) -> dict:
    """Everything that the templates may name."""
    return {
        "summary": summary, "comparable": summary["comparable"], "tables": {table.name: table for table in tables},
        "verdicts": [_verdict(row, summary) for row in summary["comparisons"]],
        "banners": banners(results, summary), "note": str(results.faces.meta.get("note") or ""),
        "first": drawn[0], "others": drawn[1:],
        "design": _design(summary), "models": _models(summary), "resolution": _resolution(summary),
        "command": _command(results.plan), "licence": _licence(results.plan),
    }


def _verdict(comparison: Mapping, summary: Mapping) -> dict:
    shown = wording.judged(comparison, summary)
    word = shown["verdict"]
    return {"word": word or "no verdict", "kind": word or "none", "symbol": SYMBOLS[word],
            "sentence": wording.sentence(shown, summary["margin"]),
            "meaning": _fallen(comparison, summary) or wording.meaning(shown, summary["margin"])}


def _fallen(comparison: Mapping, summary: Mapping) -> str:
    """What a verdict means when one of its arms collapsed: nothing about landmarks."""
    told = [words for arm, words in wording.fallen(summary).items()
            if arm in (comparison["control"], comparison["treatment"])]
    return f"{' and '.join(told)}: this tells of training that failed, not of what landmarks are worth." if told else ""


def banners(results, summary: Mapping) -> list[Banner]:
    """The warnings of a report, the worst first."""
    return [*_proof(summary), *_collapse(summary), *_margin(summary), *_single(summary),
            *_varied(results.plan), *_unreadable(results.faces)]


def _proof(summary: Mapping) -> list[Banner]:
    failed = [f"{check['name']}: {check['detail']}" for check in summary["comparable"]["checks"]
              if not check["passed"]]
    return [Banner("danger", "The arms are not comparable", "Something other than their inputs differed between them, "
                   f"so this report gives no significance and no verdict. {'. '.join(failed)}.")] if failed else []


def _collapse(summary: Mapping) -> list[Banner]:
    made = []
    for name, title in wording.fallen(summary).items():
        runs = next(arm["collapse"] for arm in summary["arms"] if arm["name"] == name)
        reasons = sorted({run["reason"] for run in runs})
        more = f" and {len(reasons) - 2} more" if len(reasons) > 2 else ""
        made.append(Banner("danger", title, "A collapsed run has learnt nothing, so a comparison with it says nothing "
                           f"about landmarks. What was seen: {' / '.join(reasons[:2])}{more}."))
    return made


def _margin(summary: Mapping) -> list[Banner]:
    moved = wording.moved_margin(summary)
    return [Banner("warning", "The margin was changed", f"{moved}. A margin that is chosen after the runs can be "
                   "chosen to suit them, so read each interval before its verdict.")] if moved else []


def _single(summary: Mapping) -> list[Banner]:
    if summary["design"]["replicates"] > 1 or summary["design"]["folds"] > 1:
        return []
    return [Banner("warning", "One replicate", "One training run per arm cannot tell an effect from the luck of a "
                   "seed. Two replicates give an interval, five or more a useful one.")]


def _varied(plan) -> list[Banner]:
    values = ", ".join(f"{name} = {value}" for name, value in plan.varied.items())
    return [Banner("warning", "Values set on the command line", "These replace what the study file says, for every "
                   f"arm: {values}.")] if values else []


def _unreadable(faces) -> list[Banner]:
    lost = int((~faces.readable).sum())
    return [Banner("warning", f"{lost:,} {'picture' if lost == 1 else 'pictures'} could not be read",
                   "No arm saw them; they count as not found below and are in no accuracy.")] if lost else []


def _design(summary: Mapping) -> str:
    made = summary["design"]
    parts = [f"{len(summary['arms'])} arms", f"{made['replicates']} replicate{'s' * (made['replicates'] > 1)} each",
             *([f"{made['folds']} folds"] if made["folds"] > 1 else []), f"{made['test_images']:,} test images",
             f"{len(made['test_images_by_class'])} classes",
             f"margin {wording.unit(summary['margin'])}, "
             f"{'changed after the runs' if wording.moved_margin(summary) else 'set beforehand'}"]
    return ", ".join(parts)


def _models(summary: Mapping) -> str:
    """What one McNemar test compares."""
    folds = summary["design"]["folds"]
    return f"{folds} pairs of models, one per fold," if folds > 1 else "one pair of trained models"


def _resolution(summary: Mapping) -> list[str]:
    """For each comparison that was tested, what this design could and could not have seen."""
    if not summary["comparable"]["passed"]:
        return []
    return [_seen(row) for row in summary["comparisons"] if row["mde"] is not None]


def _seen(row: Mapping) -> str:
    floor = row["mde_unlimited_replicates"]
    more = f"; more replicates alone could bring this down to {wording.points(floor)}, not below" if floor else ""
    return (f"{row['treatment']} against {row['control']}: a true difference of {wording.points(row['mde'])} points "
            f"would have been found in 8 of 10 such studies (80% power){more}. Equivalence could have been shown for "
            f"a margin of {wording.points(row['smallest_margin'])} points or more.")


def _command(plan) -> str:
    changed = [f"--set {shlex.quote(text)}" for text in plan.settings]
    return " ".join(["mixedfer run", shlex.quote(f"experiments/{plan.name}.py"), *changed])


def _licence(plan) -> str:
    predictor = plan.study.get("preparation", {}).get("predictor")
    if predictor == PREDICTOR:
        return LICENCE
    return f"The landmarks come from another predictor than the usual one (SHA-256 {predictor}); mind its licence."

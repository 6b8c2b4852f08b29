"""The tables of a report. Each is defined once and written as CSV (raw numbers), LaTeX, and rows of text for the pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixedfer.evidence import wording
from mixedfer.evidence.escaping import latex, line

#: Kinds whose value is a pair, and the endings of their two CSV columns.
_PAIRS = {"interval": ("low", "high"), "share": ("found", "images"), "spread": ("mean", "sd")}
#: How a kind of value is told to people.
_SHOWN: dict[str, Callable[[Any], str]] = {
    "text": line, "words": line, "count": lambda value: f"{value:,}", "percent": wording.percent, "points": wording.points,
    "interval": wording.interval, "p": wording.probability, "yes": lambda value: "yes" if value else "no",
    "share": lambda value: f"{value[0]:,} of {value[1]:,}" + (f" ({value[0] / value[1]:.1%})" if value[1] else ""),
    "spread": lambda value: "–" if value[0] is None else f"{100 * value[0]:.1f}" + (
        "" if value[1] is None else f" ± {100 * value[1]:.1f}"),
    "list": lambda values: " ".join(f"{100 * value:.1f}" for value in values),
}


@dataclass(frozen=True)
class Column:
    """One column: `key` in the CSV, `heading` for people, `kind` one of `_SHOWN`. A pair is two CSV columns.

    `reach` says how far it goes: "csv" only there, "page" also on the pages, "paper" also in LaTeX, where room is scarce.
    """

    key: str
    heading: str
    kind: str = "text"
    reach: str = "paper"

    @property
    def number(self) -> bool:
        """Whether it is set flush right."""
        return self.kind not in ("text", "words", "yes", "list")


@dataclass(frozen=True)
class Table:
    """A table of raw values (proportions in 0..1, None for what does not exist)."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[list[Any]]

    def heads(self, reach: tuple[str, ...] = ("page", "paper")) -> list[Column]:
        """The columns that people see, on the pages unless told otherwise."""
        return [column for column in self.columns if column.reach in reach]

    def shown(self, reach: tuple[str, ...] = ("page", "paper")) -> list[list[str]]:
        """Every cell that people see, as text."""
        return [["–" if value is None else _SHOWN[column.kind](value) for column, value in zip(self.columns, row, strict=True)
                 if column.reach in reach] for row in self.rows]

    def csv(self) -> str:
        """Comma-separated values with a header."""
        header = [name for column in self.columns for name in _names(column)]
        return _csv(header, ([raw for column, value in zip(self.columns, row, strict=True) for raw in _raw(column, value)]
                             for row in self.rows))

    def tex(self) -> str:
        """A LaTeX tabular; needs the package booktabs."""
        heads, rows = self.heads(("paper",)), self.shown(("paper",))
        layout = "".join(r"p{0.6\linewidth}" if head.kind == "words" else "r" if head.number else "l" for head in heads)
        lines = [f"% {line(self.title)}", f"\\begin{{tabular}}{{{layout}}}", "\\toprule",
                 _tex_row(head.heading for head in heads), "\\midrule", *map(_tex_row, rows), "\\bottomrule",
                 "\\end{tabular}", ""]
        return "\n".join(lines)


def every(results, summary: dict) -> list[Table]:
    """Every table but the predictions; `summary` is the content of results.json."""
    tested = summary["comparable"]["passed"]
    makers = [comparisons(summary), arms(summary), replicates(summary), found(summary), classes(summary, tested),
              *([mcnemar(summary)] if tested else []), confusion(results), faces(results), checks(summary),
              inputs(results.plan), hyperparameters(results.plan), provenance(summary)]
    return makers


def comparisons(summary: dict) -> Table:
    """One row per treatment; where the proof failed, the differences only."""
    plain = (Column("control", "control"), Column("treatment", "treatment"), Column("estimate", "difference, points", "points"))
    full = (*plain, Column("ci95", "95% CI", "interval"), Column("ci90", "90% CI", "interval", "page"), Column("p", "p", "p"),
            Column("p_adjusted", "p (Holm)", "p"), Column("sign_flip_p", "p (sign flip)", "p", "csv"), Column("verdict", "verdict"),
            Column("lean", "leaning", "text", "csv"), Column("mde", "detectable, points", "points", "csv"),
            Column("smallest_margin", "smallest margin, points", "points", "csv"), Column("test", "test", "text", "csv"))
    columns = full if summary["comparable"]["passed"] else plain
    return _from("comparisons", "Treatments against the control", columns, summary["comparisons"])


def arms(summary: dict) -> Table:
    """Mean, spread and every replicate of each arm."""
    columns = (Column("arm", "arm"), Column("parameters", "parameters", "count"), Column("mean", "accuracy", "percent"),
               Column("sd", "sd, points", "points"), Column("macro_f1", "macro F1", "percent"),
               Column("balanced_accuracy", "balanced accuracy", "percent"), Column("collapsed", "collapsed", "yes"),
               Column("replicates", "every run, %", "list", "page"))
    rows = [[arm["name"], arm["parameters"], arm["mean"], arm["sd"], _mean(arm, "macro_f1"), _mean(arm, "balanced_accuracy"),
             arm["collapsed"], [run["accuracy"] for run in arm["replicates"]]] for arm in summary["arms"]]
    return Table("arms", "Accuracy of each arm", columns, rows)


def replicates(summary: dict) -> Table:
    """One row per run."""
    columns = (Column("arm", "arm"), Column("replicate", "replicate", "count"), Column("fold", "fold", "count"),
               Column("accuracy", "accuracy", "percent"), Column("macro_f1", "macro F1", "percent"),
               Column("balanced_accuracy", "balanced accuracy", "percent"), Column("selected_epoch", "tested epoch", "count"))
    return _from("replicates", "Every run", columns, [
        {**run, "arm": arm["name"], **{key: run[key] + 1 for key in ("replicate", "fold", "selected_epoch")}}
        for arm in summary["arms"] for run in arm["replicates"]])


def found(summary: dict) -> Table:
    """Accuracy on all test images, on found and on missed faces."""
    parts = {part: values["images"] for part, values in summary["arms"][0]["accuracy"].items()}
    columns = [Column(part, f"{part} (n = {images:,}), %", "spread") for part, images in parts.items()]
    rows = [[arm["name"], *((values["mean"], values["sd"]) for values in arm["accuracy"].values())] for arm in summary["arms"]]
    return Table("found", "Accuracy on found and missed faces, mean ± sd", (Column("arm", "arm"), *columns), rows)


def classes(summary: dict, tested: bool) -> Table:
    """What each treatment changed on each class; intervals are not adjusted for looking at several classes."""
    recall = {arm["name"]: arm["recall"] for arm in summary["arms"]}
    columns = (Column("treatment", "treatment"), Column("class", "class"), Column("images", "n", "count"),
               Column("control_accuracy", "control", "percent"), Column("treatment_accuracy", "treatment", "percent"),
               Column("estimate", "difference, points", "points"), *([Column("ci95", "95% CI", "interval")] if tested else []))
    return _from("classes", "Difference by class", columns, [
        {**part, "treatment": row["treatment"], "control_accuracy": recall[row["control"]][part["class"]]["mean"],
         "treatment_accuracy": recall[row["treatment"]][part["class"]]["mean"]}
        for row in summary["comparisons"] for part in row["per_class"]])


def mcnemar(summary: dict) -> Table:
    """This pair of models, on these images, replicate by replicate."""
    columns = (Column("treatment", "treatment"), Column("replicate", "replicate", "count"), Column("both", "both right", "count"),
               Column("control_only", "only control", "count"), Column("treatment_only", "only treatment", "count"),
               Column("neither", "both wrong", "count"), Column("mid_p", "mid-p", "p"))
    return _from("mcnemar", "McNemar's test of each replicate", columns, [
        {**pair, "treatment": row["treatment"], "replicate": pair["replicate"] + 1}
        for row in summary["comparisons"] for pair in row["mcnemar"]])


def confusion(results) -> Table:
    """The counts behind the confusion matrices, pooled over replicates."""
    names = results.faces.classes
    columns = (Column("arm", "arm"), Column("truth", "truth"), *(Column(f"as_{name}", f"as {name}", "count") for name in names))
    rows = []
    for arm, runs in results.arms.items():
        for index, name in enumerate(names):
            answers = runs.predictions[:, results.truth == index]
            rows.append([arm, name, *np.bincount(answers.ravel(), minlength=len(names)).tolist()])
    return Table("confusion", "Answers by true class, all replicates", columns, rows)


def faces(results) -> Table:
    """Pictures given and faces found, by class, in each partition and among the tested images."""
    data = results.faces
    labels, seen = np.asarray(data.labels), np.asarray(data.found)
    official = {name: np.asarray(data.partition) == index for index, name in enumerate(data.meta["partitions"])}
    tested = np.isin(np.arange(len(data)), results.rows)
    parts = {"all": np.ones(len(data), bool), **{name: rows for name, rows in official.items() if rows.any()}}
    parts |= {} if any(np.array_equal(tested, rows) for rows in parts.values()) else {"tested": tested}
    rows = []
    for index, name in enumerate([*data.classes, "all"]):
        own = labels == index if index < len(data.classes) else np.ones(len(data), bool)
        rows.append([name, *((int((own & rows & seen).sum()), int((own & rows).sum())) for rows in parts.values())])
    columns = (Column("class", "class"), *(Column(part, part, "share") for part in parts))
    return Table("faces", "Pictures in which a face was found", columns, rows)


def checks(summary: dict) -> Table:
    """The lines of the proof."""
    columns = (Column("name", "check"), Column("passed", "passed", "yes"), Column("detail", "evidence", "words"))
    return _from("checks", "Are the arms comparable?", columns, summary["comparable"]["checks"])


def inputs(plan) -> Table:
    """What each arm sees, the only thing in which arms differ."""
    seen = [plan.study.get("control"), *(plan.study.get("treatments") or [])]
    rows = [[arm["name"], bool(arm.get("image")), _value(arm.get("landmarks"))] for arm in seen if arm]
    return Table("inputs", "What each arm sees", (Column("arm", "arm"), Column("image", "image", "yes"),
                                                  Column("landmarks", "landmarks")), rows)


def hyperparameters(plan) -> Table:
    """The whole study, flattened, but for its arms; the same for every arm."""
    left_out = ("control", "treatments", "question", "kind")
    study = {key: value for key, value in plan.study.items() if key not in left_out}
    rows = [[name, value] for name, value in _flat(study)]
    return Table("hyperparameters", "Settings, the same for every arm", (Column("name", "setting"), Column("value", "value", "words")), rows)


def provenance(summary: dict) -> Table:
    """Software, device and data of the runs."""
    rows = [[name, _value(value)] for name, value in summary["provenance"].items()]
    return Table("provenance", "Software, device and data", (Column("name", "what"), Column("value", "value", "words")), rows)


def predictions(results) -> str:
    """CSV with one row per tested image: per arm and replicate the answer and the probability of the true class."""
    data, images = results.faces, np.arange(len(results.rows))
    names = np.array(data.classes, dtype=object)
    columns = {"image": [data.name(int(row)) for row in results.rows], "class": names[results.truth],
               "found": np.where(results.found, "yes", "no"),
               **({"fold": results.fold + 1} if len(set(results.fold.tolist())) > 1 else {})}
    for arm, runs in results.arms.items():
        for replicate, probabilities in enumerate(runs.probabilities):
            columns[f"{arm} {replicate + 1}"] = names[probabilities.argmax(-1)]
            # Four decimals as text: a third of the bytes of a float32 written out, and enough for any figure.
            columns[f"{arm} {replicate + 1} p"] = [f"{p:.4f}" for p in probabilities[images, results.truth].tolist()]
    return _csv(list(columns), zip(*columns.values(), strict=True))


def _from(name: str, title: str, columns: tuple[Column, ...], rows: Iterable[dict]) -> Table:
    return Table(name, title, columns, [[row.get(column.key) for column in columns] for row in rows])


def _mean(arm: dict, key: str) -> float:
    return float(np.mean([run[key] for run in arm["replicates"]]))


def _flat(node: Any, prefix: str = "") -> Iterable[tuple[str, str]]:
    """(dotted name, value) of every leaf; a part's kind stands at the part's own name."""
    if not isinstance(node, dict):
        return [(prefix, _value(node))]
    kind = [(prefix, str(node["kind"]))] if "kind" in node and prefix else []
    return kind + [item for key, value in node.items() if key != "kind"
                   for item in _flat(value, f"{prefix}.{key}" if prefix else key)]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        fields = ", ".join(f"{key} = {_value(item)}" for key, item in value.items() if key != "kind")
        return f"{value['kind']}({fields})" if "kind" in value and fields else str(value.get("kind", fields))
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    return {None: "none", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else str(value)


def _names(column: Column) -> list[str]:
    return [f"{column.key}_{end}" for end in _PAIRS[column.kind]] if column.kind in _PAIRS else [column.key]


def _raw(column: Column, value: Any) -> list[Any]:
    if column.kind in _PAIRS:
        return ["" if part is None else part for part in value or (None, None)]
    if column.kind == "list":
        return [" ".join(f"{item:.6g}" for item in value)]
    if column.kind == "yes":
        return ["yes" if value else "no"]
    return ["" if value is None else value]


def _csv(header: list[str], rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _tex_row(cells: Iterable[str]) -> str:
    return " & ".join(latex(cell) for cell in cells) + r" \\"

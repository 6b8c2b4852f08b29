"""The tables of a report: what stands in each. How a table is written is `table.py`'s business.

`summary` is the content of results.json; only what it leaves out is taken from `results`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mixedfer.evidence.table import Column, Table, to_csv


def every(results, summary: dict) -> list[Table]:
    """Every table but the predictions. Where the proof failed, without anything that speaks of significance."""
    tested = summary["comparable"]["passed"]
    return [comparisons(summary), arms(summary), replicates(summary), found(summary), classes(summary, tested),
            *([mcnemar(summary)] if tested else []), confusion(results), faces(results), checks(summary),
            inputs(results.plan), hyperparameters(results.plan), provenance(summary)]


def comparisons(summary: dict) -> Table:
    """One row per treatment; where the proof failed, the differences only."""
    plain = (Column("control"), Column("treatment"), Column("estimate", "difference, points", "points"))
    tested = (Column("ci95", "95% CI", "interval"), Column("ci90", "90% CI", "interval", "page"), Column("p", "p", "p"),
              Column("p_adjusted", "p (Holm)", "p"), Column("sign_flip_p", kind="p", reach="csv"), Column("verdict"),
              Column("lean", reach="csv"), Column("mde", kind="points", reach="csv"),
              Column("smallest_margin", kind="points", reach="csv"), Column("test", reach="csv"))
    columns = (*plain, *tested) if summary["comparable"]["passed"] else plain
    return _from("comparisons", "Treatments against the control", columns, summary["comparisons"])


def arms(summary: dict) -> Table:
    """Mean, spread and every run of each arm."""
    columns = (Column("name", "arm"), Column("parameters", kind="count"), Column("mean", "accuracy", "percent"),
               Column("sd", "sd, points", "points"), Column("macro_f1", "macro F1", "percent"),
               Column("balanced_accuracy", "balanced accuracy", "percent"), Column("collapsed", kind="yes"),
               Column("runs", "every run, %", "list", "page"))
    return _from("arms", "Accuracy of each arm", columns, [
        {**arm, "macro_f1": _mean(arm, "macro_f1"), "balanced_accuracy": _mean(arm, "balanced_accuracy"),
         "runs": [run["accuracy"] for run in arm["replicates"]]} for arm in summary["arms"]])


def replicates(summary: dict) -> Table:
    """One row per run, counted from 1."""
    columns = (Column("arm"), Column("replicate", kind="count"), Column("fold", kind="count"),
               Column("accuracy", kind="percent"), Column("macro_f1", "macro F1", "percent"),
               Column("balanced_accuracy", "balanced accuracy", "percent"),
               Column("selected_epoch", "tested epoch", "count"))
    return _from("replicates", "Every run", columns, [
        {**run, "arm": arm["name"], **{key: run[key] + 1 for key in ("replicate", "fold", "selected_epoch")}}
        for arm in summary["arms"] for run in arm["replicates"]])


def found(summary: dict) -> Table:
    """Accuracy on all test images, on found and on missed faces."""
    parts = {part: values["images"] for part, values in summary["arms"][0]["accuracy"].items()}
    columns = [Column(part, f"{part} (n = {images:,}), %", "spread") for part, images in parts.items()]
    rows = [[arm["name"], *((values["mean"], values["sd"]) for values in arm["accuracy"].values())]
            for arm in summary["arms"]]
    return Table("found", "Accuracy on found and missed faces, mean ± sd", (Column("arm"), *columns), rows)


def classes(summary: dict, tested: bool) -> Table:
    """What each treatment changed on each class; intervals are not adjusted for looking at several classes."""
    recall = {arm["name"]: arm["recall"] for arm in summary["arms"]}
    columns = (Column("treatment"), Column("class"), Column("images", "n", "count"),
               Column("control_accuracy", "control", "percent"), Column("treatment_accuracy", "treatment", "percent"),
               Column("estimate", "difference, points", "points"),
               *([Column("ci95", "95% CI", "interval")] if tested else []))
    return _from("classes", "Difference by class", columns, [
        {**part, "treatment": row["treatment"], "control_accuracy": recall[row["control"]][part["class"]]["mean"],
         "treatment_accuracy": recall[row["treatment"]][part["class"]]["mean"]}
        for row in summary["comparisons"] for part in row["per_class"]])


def mcnemar(summary: dict) -> Table:
    """The models of each replicate on these images: one pair, or one pair per fold."""
    columns = (Column("treatment"), Column("replicate", kind="count"), Column("both", "both right", "count"),
               Column("control_only", "only control", "count"), Column("treatment_only", "only treatment", "count"),
               Column("neither", "both wrong", "count"), Column("mid_p", "mid-p", "p"))
    return _from("mcnemar", "McNemar's test of each replicate", columns, [
        {**pair, "treatment": row["treatment"], "replicate": pair["replicate"] + 1}
        for row in summary["comparisons"] for pair in row["mcnemar"]])


def confusion(results) -> Table:
    """The counts behind the confusion matrices, pooled over replicates."""
    names = results.faces.classes
    columns = (Column("arm"), Column("truth"), *(Column(f"as_{name}", f"as {name}", "count") for name in names))
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
    everything = np.ones(len(data), bool)
    official = {name: np.asarray(data.partition) == index for index, name in enumerate(data.meta["partitions"])}
    tested = np.isin(np.arange(len(data)), results.rows)
    parts = {"all": everything, **{name: rows for name, rows in official.items() if rows.any()}}
    parts |= {} if any(np.array_equal(tested, rows) for rows in parts.values()) else {"tested": tested}
    kinds = {**{name: labels == index for index, name in enumerate(data.classes)}, None: everything}
    rows = [["all" if name is None else name,
             *((int((own & part & seen).sum()), int((own & part).sum())) for part in parts.values())]
            for name, own in kinds.items()]
    columns = (Column("class"), *(Column(part, kind="share") for part in parts))
    return Table("faces", "Pictures in which a face was found", columns, rows)


def checks(summary: dict) -> Table:
    """The lines of the proof."""
    columns = (Column("name", "check"), Column("passed", kind="yes"), Column("detail", "evidence", "words"))
    return _from("checks", "Are the arms comparable?", columns, summary["comparable"]["checks"])


def inputs(plan) -> Table:
    """What each arm sees, the only thing in which arms differ."""
    seen = [plan.study.get("control"), *(plan.study.get("treatments") or [])]
    rows = [[arm["name"], bool(arm.get("image")), _value(arm.get("landmarks"))] for arm in seen if arm]
    columns = (Column("arm"), Column("image", kind="yes"), Column("landmarks", kind="words"))
    return Table("inputs", "What each arm sees", columns, rows)


def hyperparameters(plan) -> Table:
    """The whole study, flattened, but for its arms; the same for every arm."""
    left_out = ("control", "treatments", "question", "kind")
    rows = [list(item) for item in _flat({key: value for key, value in plan.study.items() if key not in left_out})]
    columns = (Column("setting"), Column("value", kind="words"))
    return Table("hyperparameters", "Settings, the same for every arm", columns, rows)


def provenance(summary: dict) -> Table:
    """Software, device and data of the runs."""
    rows = [[name, _value(value)] for name, value in summary["provenance"].items()]
    columns = (Column("what"), Column("value", kind="words"))
    return Table("provenance", "Software, device and data", columns, rows)


def predictions(results) -> str:
    """CSV with one row per tested image: per arm and replicate the answer and the probability of the true class."""
    data, images = results.faces, np.arange(len(results.rows))
    names = np.array(data.classes, dtype=object)
    columns = {"image": [data.name(int(row)) for row in results.rows], "class": names[results.truth],
               "found": ["yes" if seen else "no" for seen in results.found]}
    if len(set(results.fold.tolist())) > 1:
        columns["fold"] = results.fold + 1
    for arm, runs in results.arms.items():
        for replicate, probabilities in enumerate(runs.probabilities):
            columns[f"{arm} {replicate + 1}"] = names[probabilities.argmax(-1)]
            # Four decimals as text: a third of the bytes of a float32 written out, and enough for any figure.
            columns[f"{arm} {replicate + 1} p"] = [f"{p:.4f}" for p in probabilities[images, results.truth].tolist()]
    return to_csv(list(columns), zip(*columns.values(), strict=True))


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
    """A JSON value as people write it; a part of a study by its kind and fields."""
    if isinstance(value, dict):
        fields = ", ".join(f"{key} = {_value(item)}" for key, item in value.items() if key != "kind")
        return f"{value['kind']}({fields})" if "kind" in value and fields else str(value.get("kind", fields))
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    return {None: "none", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else str(value)

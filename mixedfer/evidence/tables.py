"""The tables of a report: what was found. What the study was made of stands in `study_tables.py`.

`summary` is the content of results.json; only what it leaves out is taken from `results`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixedfer.evidence import agreement, audit_tables, controls, preparations, study_tables, wording
from mixedfer.evidence.table import Column, Table, gap, kind, table_of, to_csv
from mixedfer.metrics import METRICS


def every(results, summary: dict) -> list[Table]:
    """Every table but the predictions; one without rows is left out. Where the proof failed, nothing of significance."""
    tested = summary["comparable"]["passed"]
    made = [
        comparisons(summary), resolution(summary), controls.explains(results, summary), controls.beyond(results, summary),
        arms(summary), replicates(summary), classes(summary, tested), confusion(results), others(summary, tested),
        calibration(summary), agreement.table(summary),
        *([robustness(summary), mcnemar(summary)] if tested else []),
        *([found(summary)] if results.faces.searched else []),
        *([study_tables.faces(results)] if any(one.faces.searched for one in preparations.sets(results)) else []),
        leaking(summary, tested), study_tables.balance(results), *audit_tables.tables(summary["audit"]),
        study_tables.checks(summary),
        study_tables.inputs(results.plan),
        study_tables.decisions(results, summary), study_tables.hyperparameters(results.plan),
        study_tables.provenance(summary),
    ]
    return [table for table in made if table.rows]


def comparisons(summary: dict) -> Table:
    """One row per treatment; where the proof failed, the differences only."""
    tested = summary["comparable"]["passed"]
    estimate, *ci95 = gap(summary, tested)
    more = (replace(ci95[0], key="ci90", heading="90% CI", reach="page"), Column("p", "p", "p"),
            Column("p_adjusted", "p (Holm)", "p"), Column("p_beyond_adjusted", kind="p", reach="csv"),
            Column("p_bh", kind="p", reach="csv"), Column("verdict"),
            Column("lean", reach="csv"), Column("test", reach="csv")) if tested else ()
    columns = (Column("control"), Column("treatment"), estimate, *ci95, *more)
    return table_of("comparisons", "Treatments against the control", columns, summary["comparisons"])


def resolution(summary: dict) -> Table:
    """For each treatment that was tested, what this design could have seen."""
    amount, units = kind("points", summary["metric"]), wording.units(summary["metric"])
    columns = (Column("treatment"), Column("mde", f"difference found with 80% power, {units}", amount),
               Column("mde_unlimited_replicates", f"with unlimited replicates, {units}", amount),
               Column("smallest_margin", f"smallest margin for equivalence, {units}", amount))
    return table_of("resolution", "The smallest effects that could be shown", columns,
                    [row for row in wording.judged(summary) if row["ci95"] is not None and row["mde"] is not None])


def leaking(summary: dict, tested: bool) -> Table:
    """The effect on all test images and on those of which no duplicate was seen in training; empty without any."""
    whole = {row["treatment"]: row for row in summary["comparisons"]}
    (estimate, *ci95), found = gap(summary, tested), summary["leakage"]
    columns = (Column("treatment"), replace(estimate, key="all", heading=f"all test images: {estimate.heading}"),
               replace(estimate, heading=f"without duplicates ({found['images_without']:,} images)"), *ci95)
    return table_of("leakage", "The effect without duplicates", columns,
                    [{**row, "all": whole[row["treatment"]]["estimate"]} for row in found["without"]])


def arms(summary: dict) -> Table:
    """Mean, spread and every run of each arm."""
    metric = summary["metric"]
    others = [name for name in METRICS if name != metric]
    columns = (Column("name", "arm"), Column("parameters", kind="count"),
               Column("score", wording.heading(metric), kind("spread", metric)),
               *(Column(name, wording.name(name), kind("percent", name)) for name in others), Column("collapsed", kind="yes"),
               Column("runs", "every run", kind("list", metric), "page"))
    return table_of("arms", "Every arm, mean ± sd over runs", columns, [
        {**arm, **{name: _mean(arm, name) for name in others}, "score": (arm["mean"], arm["sd"]),
         "runs": [run[metric] for run in arm["replicates"]]} for arm in summary["arms"]])


def replicates(summary: dict) -> Table:
    """One row per run, counted from 1 as its epochs are."""
    columns = (Column("arm"), Column("replicate", kind="count"), Column("fold", kind="count"),
               *(Column(name, wording.name(name), kind("percent", name)) for name in METRICS),
               Column("selected_epoch", "tested epoch", "count"))
    return table_of("replicates", "Every run", columns, [
        {**run, "arm": arm["name"], **{key: run[key] + 1 for key in ("replicate", "fold")}}
        for arm in summary["arms"] for run in arm["replicates"]])


def found(summary: dict) -> Table:
    """Accuracy on all test images, on found and on missed faces; no row where all were found or all missed."""
    parts = {part: values["images"] for part, values in summary["arms"][0]["accuracy"].items()}
    if not all(parts.values()):
        return Table("found", "", (), [])
    columns = [Column(part, f"{part} (n = {images:,}), %", "spread") for part, images in parts.items()]
    rows = [[arm["name"], *((values["mean"], values["sd"]) for values in arm["accuracy"].values())]
            for arm in summary["arms"]]
    whose = f" (of the preparation of {summary['arms'][0]['name']})" if summary["preparations"] else ""
    return Table("found", f"Accuracy on found and missed faces{whose}, mean ± sd", (Column("arm"), *columns), rows)


def classes(summary: dict, tested: bool) -> Table:
    """What each treatment changed on each class; intervals are not adjusted for looking at several classes."""
    recall = {arm["name"]: arm["recall"] for arm in summary["arms"]}
    columns = (Column("treatment"), Column("class"), Column("images", "n", "count"),
               Column("control_accuracy", "control", "percent"), Column("treatment_accuracy", "treatment", "percent"),
               Column("estimate", "difference, points", "points"),
               *([Column("ci95", "95% CI", "interval"), Column("p_bh", "p (BH)", "p")] if tested else []))
    return table_of("classes", "Difference by class", columns, [
        {**part, "treatment": row["treatment"], "control_accuracy": recall[row["control"]][part["class"]]["mean"],
         "treatment_accuracy": recall[row["treatment"]][part["class"]]["mean"]}
        for row in summary["comparisons"] for part in row["per_class"]])


def mcnemar(summary: dict) -> Table:
    """The models of each replicate on these images: one pair, or one pair per fold."""
    columns = (Column("treatment"), Column("replicate", kind="count"), Column("both", "both right", "count"),
               Column("control_only", "only control", "count"), Column("treatment_only", "only treatment", "count"),
               Column("neither", "both wrong", "count"), Column("exact_p", "exact p", "p"), Column("mid_p", "mid-p", "p"))
    return table_of("mcnemar", "McNemar's test of each replicate", columns, [
        {**pair, "treatment": row["treatment"], "replicate": pair["replicate"] + 1}
        for row in summary["comparisons"] for pair in row["mcnemar"]])


def others(summary: dict, tested: bool) -> Table:
    """The same comparison by other metrics, for whoever prefers them: exploratory."""
    columns = (Column("treatment"), Column("metric"), Column("control", kind="decimal"),
               Column("value", "treatment", "decimal"), Column("estimate", "difference", "decimal"),
               *([Column("ci95", "95% CI", "bounds")] if tested else []))
    return table_of("others", "Other metrics", columns, [
        {**other, "treatment": row["treatment"], "metric": wording.name(other["metric"]), "value": other["treatment"]}
        for row in summary["comparisons"] for other in row["other_metrics"]])


def robustness(summary: dict) -> Table:
    """The effect by other methods, which should tell the same; no row where there is no other."""
    estimate, ci95 = gap(summary, tested=True)
    columns = [replace(ci95, key="bootstrap_ci95", heading="95% CI, bootstrap"), Column("sign_flip_p", "p, sign flip", "p"),
               Column("better", "P(better)", "percent"), Column("within", "P(within the margin)", "percent"),
               Column("worse", "P(worse)", "percent")]
    rows = [{**row, **(row["posterior"] or {})} for row in summary["comparisons"]]
    there = [column for column in columns if any(row.get(column.key) is not None for row in rows)]
    columns = (Column("treatment"), estimate, replace(ci95, heading="95% CI of the verdict"), *there)
    return table_of("robustness", "The effect by other methods", columns, rows if there else [])


def calibration(summary: dict) -> Table:
    """How far each arm's confidence can be believed."""
    columns = (Column("name", "arm"), Column("ece", "ECE, %", "spread"), Column("brier", "Brier score", "decimals"))
    return table_of("calibration", "Calibration, mean ± sd over runs", columns, [
        {"name": arm["name"], **{key: (arm["calibration"][key]["mean"], arm["calibration"][key]["sd"])
                                 for key in ("ece", "brier")}}
        for arm in summary["arms"]])


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


def predictions(results) -> str:
    """CSV with one row per tested image: per arm and replicate the answer and the probability of the true class."""
    data, images = results.faces, np.arange(len(results.rows))
    names = np.array(data.classes, dtype=object)
    columns = {"image": [data.name(int(row)) for row in results.rows], "class": names[results.truth],
               "found": ["yes" if seen else "no" for seen in results.found]}
    for one in preparations.sets(results)[1:]:
        columns[f"found, {', '.join(one.arms)}"] = ["yes" if seen else "no" for seen in one.faces.found[results.rows]]
    if len(set(results.fold.tolist())) > 1:
        columns["fold"] = results.fold + 1
    for arm, runs in results.arms.items():
        for replicate, probabilities in enumerate(runs.probabilities):
            columns[f"{arm} {replicate + 1}"] = names[probabilities.argmax(-1)]
            # Four decimals as text: a third of the bytes of a float32 written out, and enough for any figure.
            columns[f"{arm} {replicate + 1} p"] = [f"{p:.4f}" for p in probabilities[images, results.truth].tolist()]
    return to_csv(list(columns), zip(*columns.values(), strict=True))


def _mean(arm: dict, key: str) -> float:
    return float(np.mean([run[key] for run in arm["replicates"]]))

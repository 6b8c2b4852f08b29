"""Tables of what a study was made of: its data, arms, settings, checks and decisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mixedfer.evidence import partitions, preparations, wording
from mixedfer.evidence.preparations import in_words, named
from mixedfer.evidence.proof_reading import joined
from mixedfer.evidence.table import Column, Table, table_of


def balance(results) -> Table:
    """How many pictures of each class trained, validated and tested the models."""
    parts = partitions.of(results)
    labels = np.asarray(results.faces.labels)
    rows = [[name, *((int((rows & (labels == index)).sum()), int(rows.sum())) for rows in parts.values())]
            for index, name in enumerate(results.faces.classes)]
    columns = (Column("class"), *(Column(part, kind="part") for part in parts))
    return Table("balance", "Pictures of each class in each partition", columns, rows)


def faces(results) -> Table:
    """Pictures given and faces found, by class, in each partition and among the tested images; of every preparation."""
    sets = [one for one in preparations.sets(results) if one.faces.searched]
    made = [(", ".join(one.arms), _found(results, one.faces)) for one in sets]
    if not preparations.several(results):
        return made[0][1]
    columns = (Column("arms", "prepared for", "words"), *made[0][1].columns)
    return Table("faces", made[0][1].title, columns, [[arms, *row] for arms, table in made for row in table.rows])


def _found(results, data) -> Table:
    """Pictures given and faces found in one face set."""
    labels, seen = np.asarray(data.labels), np.asarray(data.found)
    everything = np.asarray(data.readable)
    official = {name: np.asarray(data.partition) == index for index, name in enumerate(data.meta["partitions"])}
    tested = np.isin(np.arange(len(data)), results.rows)
    parts = {"all": everything, **{name: rows for name, rows in official.items() if rows.any()}}
    parts |= {} if any(np.array_equal(tested, rows) for rows in parts.values()) else {"tested": tested}
    kinds = {**{name: labels == index for index, name in enumerate(data.classes)}, None: everything}
    rows = [["all" if name is None else name,
             *((int((own & part & everything & seen).sum()), int((own & part & everything).sum())) for part in parts.values())]
            for name, own in kinds.items()]
    columns = (Column("class"), *(Column(part, kind="share") for part in parts))
    return Table("faces", "Pictures in which a face was found", columns, rows)


def checks(summary: dict) -> Table:
    """The lines of the proof."""
    columns = (Column("name", "check"), Column("passed", kind="yes"), Column("detail", "evidence", "words"))
    return table_of("checks", "Are the arms comparable?", columns, summary["comparable"]["checks"])


def inputs(plan) -> Table:
    """What each arm sees, the only thing in which arms differ; the full names of views only in the CSV."""
    own = preparations.differences(plan)
    rows = [[arm["name"], arm["image"], named(arm["landmarks"]), in_words(arm["landmarks"]), named(arm["widened"]), arm["seed"],
             own.get(arm["name"], "none")] for arm in (plan.study["control"], *plan.study["treatments"])]
    columns = (Column("arm"), Column("image", kind="yes"), Column("landmarks", kind="words"), Column("view", reach="csv"),
               Column("widened", "widened as for", "words"), Column("seed", kind="count"),
               Column("preparation", "prepared otherwise", "words"))
    # What no arm uses is not worth a column.
    kept = [index for index in range(7) if index < 4 or any(row[index] not in ("none", 0) for row in rows)]
    return Table("inputs", "What each arm sees", tuple(columns[index] for index in kept),
                 [[row[index] for index in kept] for row in rows])


def decisions(results, summary: dict) -> Table:
    """Every choice that could have been bent to fit the answer, and when it was made."""
    plan, design = results.plan, summary["design"]
    first, margin = wording.margins(summary)
    recipe = plan.study["recipe"]
    chosen = {"last": "the last epoch's weights: nothing is selected",
              "best": "the epoch with the best validation accuracy"}[recipe["selection"]]
    averaged = "; of the weights, their moving average" if recipe["average"] else ""
    views = {"one": "", "mirror": ", each as the mean over itself and its mirror image",
             "ten-crop": ", each as the mean over ten crops"}[recipe["test_views"]]
    before = "before the first run"
    tested = sum(row["p"] is not None for row in summary["comparisons"])
    rows = [
        ["margin", margin, before if margin == first else f"changed: {first} at first"],
        ["metric", wording.name(plan.metric),
         before if plan.metric == plan.first_metric else f"changed: {wording.name(plan.first_metric)} at first"],
        ["runs", f"{wording.plural(design['replicates'], 'replicate')} of {len(summary['arms'])} arms, all reported",
         "in the study file"],
        ["tested weights", chosen + averaged, "before the test partition was read"],
        ["test partition", f"{design['test_images']:,} images{views}", "read once by each run, after its training"],
        ["set on the command line", ", ".join(f"{name} = {in_words(value)}" for name, value in plan.varied.items())
         or "nothing", "with the runs"],
        ["several treatments", f"Holm over {tested}, of any difference and of one larger than the margin" if tested > 1
         else f"{('none', 'one')[tested]} was tested: nothing to adjust", "by the program"],
    ]
    columns = (Column("decision"), Column("choice", kind="words"), Column("when", kind="words"))
    return Table("decisions", "What was decided, and when", columns, rows)


def hyperparameters(plan) -> Table:
    """The whole study, flattened, without arms and search; the same for every arm that has no preparation of its own."""
    left_out = ("control", "treatments", "question", "kind", "search")
    rows = [list(item) for item in _flat({key: value for key, value in plan.study.items() if key not in left_out})]
    columns = (Column("setting"), Column("value", kind="words"))
    but = f", but for the preparation of {joined(own)}" if (own := preparations.differences(plan)) else ""
    return Table("hyperparameters", f"Settings, the same for every arm{but}", columns, rows)


def provenance(summary: dict) -> Table:
    """Software, device and data of the runs."""
    rows = [[name, in_words(value)] for name, value in summary["provenance"].items()]
    columns = (Column("what"), Column("value", kind="words"))
    return Table("provenance", "Software, device and data", columns, rows)


def _flat(node: Any, prefix: str = "") -> Iterable[tuple[str, str]]:
    """(dotted name, value) of every leaf; a part's kind stands at the part's own name."""
    if not isinstance(node, dict):
        return [(prefix, in_words(node))]
    kind = [(prefix, str(node["kind"]))] if "kind" in node and prefix else []
    return kind + [item for key, value in node.items() if key != "kind"
                   for item in _flat(value, f"{prefix}.{key}" if prefix else key)]

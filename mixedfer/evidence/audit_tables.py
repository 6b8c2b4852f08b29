"""The audit of a face set in tables and in words."""

from __future__ import annotations

from collections.abc import Mapping

from mixedfer.evidence import duplicates, wording
from mixedfer.evidence.table import Column, Table, table_of


def tables(audit: Mapping) -> list[Table]:
    """Parts, copies, and copies across parts; columns that say nothing are left out."""
    rows = [{**part, "found": None if part["found"] is None else (part["found"], part["images"])} for part in audit["parts"]]
    part = Column("name", "partition"), Column("images", "pictures", "count")
    held = (*part, Column("found", "face found", "share"), Column("subjects", kind="count"),
            Column("subjects_elsewhere", "of them elsewhere too", "count"),
            Column("label_entropy", "entropy of labels, bits", "decimal"),
            Column("vote_entropy", "mean entropy of votes, bits", "decimal"))
    copied = (*part, Column("distinct", kind="count"), Column("equal", "equal to another", "count"),
              Column("equal_other_label", "equal, other label", "count"), Column("near", "near another only", "count"),
              Column("near_other_label", "near, other label", "count"), Column("constant", "one gray value", "count"))
    across = (Column("part", "pictures of"), Column("other", "that are also in"), Column("equal", "equal", "count"),
              Column("near", "nearly equal only", "count"))
    return [table_of("parts", "What each partition holds", _telling(held, rows), rows),
            table_of("copies", "Equal and nearly equal pictures", copied, rows),
            table_of("across", "Pictures in two partitions", across, audit["across"])]


def by_class(audit: Mapping) -> Table:
    """Pictures of each class in each part, and in how many of them a face was found."""
    kind = "share" if audit["searched"] else "count"
    rows = [[name, *(_cell(part["by_class"][name]) for part in audit["parts"])] for name in audit["classes"]]
    columns = (Column("class"), *(Column(part["name"], kind=kind) for part in audit["parts"]))
    return Table("by_class", "Faces found of each class" if audit["searched"] else "Pictures of each class", columns, rows)


def describe(audit: Mapping) -> str:
    """The audit as lines of text."""
    made = [table for table in (by_class(audit), *tables(audit)) if table.rows]
    told = [f"{table.title}\n{table.text()}" for table in made]
    lost = [f"{wording.plural(count, 'picture')} {kind}: {why}" for kind, reasons in (("unreadable", audit["unreadable"]),
                                                                  ("left out", audit["excluded"]))
            for why, count in reasons.items()]
    return "\n\n".join([*told, *(["\n".join(lost)] if lost else []), definition(audit)])


def definition(audit: Mapping) -> str:
    """What counts as nearly equal, in one sentence."""
    return (f"Nearly equal: difference hashes within {audit['distance']} of 64 bits and block means that correlate by "
            f"{duplicates.ALIKE} or more, or joined by a chain of such pictures.")


def _telling(columns: tuple[Column, ...], rows: list[dict]) -> tuple[Column, ...]:
    return tuple(column for column in columns if any(row[column.key] is not None for row in rows))


def _cell(counts: Mapping):
    return counts["images"] if counts["found"] is None else (counts["found"], counts["images"])

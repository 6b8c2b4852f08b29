"""Where every picture that was given went: used, left out by the data set, not readable, or without a face."""

from __future__ import annotations

from mixedfer.faceset import FaceSet


def account(faces: FaceSet, missed: str) -> dict[str, int]:
    """Counts that add up: `given` = `listed` + all that the data set left out; `listed` + `further` = `used` + `unreadable` +
    `missed`. `further` are faces beyond the first of a picture; `missed` those that the policy `missed` excludes.
    """
    excluded, used = sum(faces.meta.get("excluded", {}).values()), int(faces.used(missed).sum())
    listed, unreadable = faces.meta.get("pictures", len(faces)), int((~faces.readable).sum())
    return {"given": listed + excluded, "listed": listed, "further": len(faces) - listed, "used": used,
            "unreadable": unreadable, "missed": len(faces) - unreadable - used}


def describe(faces: FaceSet, missed: str) -> str:
    """The found rate, in all and per class, what is to be said about the data, and the sum, as lines of text."""
    counts, told = faces.counts(), account(faces, missed)
    width = max(len(name) for name in [*counts["by_class"], "all"])
    rows = {**counts["by_class"], "all": counts}
    lines = [f"  {name:<{width}}  {row['found']:>7,} of {row['images']:>7,} faces found  {_percent(row)}" if faces.searched else
             f"  {name:<{width}}  {row['images']:>7,} pictures, taken as they are" for name, row in rows.items()]
    parts = [(told["unreadable"], "could not be read"), (told["missed"], "without a face, left out"),
             *((count, f"left out: {reason}") for reason, count in counts["excluded"].items())]
    further = f" and {told['further']:,} further faces in them" * bool(told["further"])
    lines += [f"  {told['given']:,} pictures given{further}: {told['used']:,} used"
              + "".join(f"; {count:,} {words}" for count, words in parts if count)]
    return "\n".join(lines + [f"  Note: {faces.meta['note']}"] * bool(faces.meta["note"]))


def _percent(row: dict) -> str:
    return f"{100 * row['found'] / row['images']:5.1f}%" if row["images"] else "    -"

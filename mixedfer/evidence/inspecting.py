"""Faces to look through: contact sheets of what was found and what was missed, and a page that filters them.

    index.html    one self-contained page; needs no network
    report.md     the same for a repository's web view, with the sheets
    sheets/       a sheet of found and one of missed faces for each class
    tables/       faces found of each class, and pictures that could not be read

The rows are drawn with a fixed seed, as evenly as possible over partitions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixedfer.disk import to_json
from mixedfer.evidence import contact, gallery, page, report, wording
from mixedfer.evidence.banners import Banner
from mixedfer.evidence.figures import style
from mixedfer.evidence.gallery import Gallery
from mixedfer.evidence.sections import Section
from mixedfer.evidence.table import Column, Table

FOUND = ("Yellow: landmarks of a face that was found. Dashed orange: no face was found, and the landmarks were placed in the "
         "whole picture.")
UNSEARCHED = "No detector was used: the landmarks were placed in the whole picture."
BOXES = " Blue: the detector's box."
#: Rows of the table of unreadable pictures that the page shows.
LONGEST = 500


@dataclass(frozen=True)
class Sheet:
    """The rows of one contact sheet, and of how many they were drawn; `file` is its address."""

    label: int
    kind: str
    rows: np.ndarray
    images: int
    file: str


def write(faces, name: str, folder: Path, per_class: int) -> Path:
    """Make the sheets and the page of a face set; files of an earlier call that are no longer needed go."""
    made = sheets(faces, per_class)
    tables = [found(faces), *([unreadable(faces)] if faces.meta["unreadable"] else [])]
    files = {sheet.file: _png(faces, sheet) for sheet in made}
    for table in tables:
        files |= table.contents()
    report.put(folder.resolve(), files | pages(faces, name, made, tables), to_json([faces.content, per_class]))
    return folder / "index.html"


def sheets(faces, per_class: int) -> list[Sheet]:
    """At most `per_class` found and as many missed faces of each class; sheets without a face are left out."""
    labels, partition = np.asarray(faces.labels), np.asarray(faces.partition)
    kinds = {"missed": ~faces.found, "found": faces.found} if faces.searched else {"pictures": np.ones(len(faces), bool)}
    made = []
    for label, name in enumerate(faces.classes):
        for kind, of_kind in kinds.items():
            rows = np.flatnonzero(faces.readable & of_kind & (labels == label))
            chosen = rows[gallery.choose(partition[rows, None], per_class)] if len(rows) else rows
            made.append(Sheet(label, kind, chosen, len(rows), f"sheets/{label + 1:02}-{_plain(name)}-{kind}.png"))
    return [sheet for sheet in made if len(sheet.rows)]


def pages(faces, name: str, made: list[Sheet], tables: list[Table]) -> dict[str, bytes]:
    """`index.html` and `report.md`."""
    counts = faces.counts()
    share = f"a face was found in {counts['found']:,} ({counts['found'] / max(1, counts['images']):.1%})"
    design = (f"{wording.plural(counts['images'], 'picture')}, {len(faces.classes)} classes, "
              f"{share if faces.searched else 'taken as they are'}")
    note = [Banner("note", "About the data", faces.meta["note"])] if faces.meta["note"] else []
    return page.render({"summary": {"study": name, "question": f"The faces of {name}"}, "made_by": "inspect",
                        "design": design, "banners": note, "sections": _sections(faces, made, tables)},
                       "figures.js", "faces.js", "inspect.js")


def _sections(faces, made: list[Sheet], tables: list[Table]) -> list[Section]:
    links = [(name, [(f"{sheet.kind} ({len(sheet.rows)} of {sheet.images:,})", sheet.file) for sheet in made
                     if sheet.label == label]) for label, name in enumerate(faces.classes)]
    lost = faces.meta["unreadable"]
    told = f"{wording.plural(len(lost), 'picture')} could not be read; no arm sees them."
    more = f" The first {LONGEST} are listed; all are in meta.json of the face set." if len(lost) > LONGEST else ""
    return [Section("faces", "The faces", [("gallery", viewer(faces, made))]),
            Section("sheets", "Contact sheets", [("files", [link for link in links if link[1]]), ("table", tables[0])]),
            *([Section("unreadable", "Pictures that could not be read", [("text", told + more), ("table", tables[1])])]
              if lost else [])]


def viewer(faces, made: list[Sheet]) -> Gallery:
    """The faces of all sheets for the page's script; `counts` are of all readable pictures: class x found x partition."""
    rows = np.sort(np.concatenate([sheet.rows for sheet in made]))
    labels, found = np.asarray(faces.labels), np.asarray(faces.found).astype(int)
    names = [*faces.meta["partitions"], ""]
    here = [index for index in range(len(names)) if (np.asarray(faces.partition) == _code(index, names)).any()]
    part = np.array([here.index(index) for index in np.where(faces.partition < 0, len(names) - 1, faces.partition)])
    counts = np.zeros((len(faces.classes), 2, len(here)), int)
    np.add.at(counts, (labels[faces.readable], found[faces.readable], part[faces.readable]), 1)
    votes = np.asarray(faces.votes)
    boxes = [contact.box(faces, row) for row in rows]
    data = {**gallery.described(faces, rows=rows), "truth": labels[rows].tolist(), "found": found[rows].tolist(),
            "part": part[rows].tolist(), "parts": [names[index] for index in here], "counts": counts.tolist(),
            "votes": (100 * votes[rows]).round().astype(int).tolist() if (votes.max(1) < 1).any() else None,
            "boxes": [box and [round(value, 3) for value in box] for box in boxes] if any(boxes) else None}
    hint = (FOUND if faces.searched else UNSEARCHED) + (BOXES if any(boxes) else "")
    return Gallery("One by one", hint, gallery.sheet(faces, rows=rows), data, len(rows), int(np.sum(faces.readable)))


def found(faces) -> Table:
    """Pictures of each class, and in how many of them a face was found where a detector looked."""
    counts = faces.counts()
    rows = [[name, (row["found"], row["images"]) if faces.searched else row["images"]]
            for name, row in [*counts["by_class"].items(), ("all", counts)]]
    column = Column("faces", "face found", "share") if faces.searched else Column("pictures", kind="count")
    return Table("found", "Faces found of each class" if faces.searched else "Pictures of each class",
                 (Column("class"), column), rows)


def unreadable(faces) -> Table:
    """Pictures that could not be read, and why."""
    columns = Column("picture", kind="words"), Column("reason", kind="words")
    return Table("unreadable", "Pictures that could not be read", columns,
                 [list(row) for row in faces.meta["unreadable"][:LONGEST]])


def _png(faces, sheet: Sheet) -> bytes:
    names = [faces.meta["partitions"][index] if index >= 0 else "" for index in np.asarray(faces.partition)[sheet.rows]]
    kind = {"found": ", face found", "missed": ", no face found"}.get(sheet.kind, "")
    title = f"{style.short(faces.classes[sheet.label], 40)}{kind}: {len(sheet.rows):,} of {sheet.images:,}"
    with style.look():
        return style.save(contact.draw(faces, sheet.rows, title, names), "png")


def _code(index: int, names: list[str]) -> int:
    return -1 if index == len(names) - 1 else index


def _plain(name: str) -> str:
    """A class's name as a part of a file's name.

    >>> _plain("../happy face")
    'happy-face'
    """
    return re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-")[:40] or "class"

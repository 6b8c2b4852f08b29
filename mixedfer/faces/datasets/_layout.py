"""Where a downloaded set's files lie below --data, and what to say when they are not there.

Downloads unpack into folders of their own, so a set is looked for in the folder that is given and a little below it. Whoever
gives a folder inside the set, a set that is still packed, or a name with a slip in it is told so.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from mixedfer.errors import BadInput
from mixedfer.faces import pictures
from mixedfer.faces.datasets import need

LEVELS = 2  # below --data: an archive's own folder, and the set's folder in it
OTHER_NAME = "whose name is none that this set gives"


def root(data: Path | None, what: str) -> Path:
    """The folder that the user gave. Raises BadInput for none, for one that is not there, for a file, for an archive."""
    path = need(data, what)
    if path.is_dir():
        return path
    if pictures.packed(path):
        raise BadInput("an archive, not a folder", file=path, remedy=f"Unpack it first, then give {what} with --data.")
    raise BadInput("not a folder", file=path, remedy=f"Give {what} with --data.")


def holders(folder: Path, marker: str) -> list[Path]:
    """The folders that hold `marker` (a path): `folder`, or those one level below it, or two, whichever is nearest."""
    for level in range(LEVELS + 1):
        here = sorted(folder.glob("*/" * level)) if level else [folder]
        found = [place for place in here if pictures.MAC_FOLDER not in place.relative_to(folder).parts
                 and os.path.exists(place / marker)]  # unlike Path.exists, False below a folder that may not be entered
        if found:
            return found
    return []


def holder(folder: Path, marker: str, layout: str) -> Path:
    """The one folder of `holders`. Raises BadInput where none does, or several do; `layout` says what was expected."""
    found = holders(folder, marker)
    if len(found) > 1:
        one, two = (text(str(place.relative_to(folder))) for place in found[:2])
        raise BadInput(f"{marker} is in {one} and in {two}", file=folder, remedy="Give one of them with --data.")
    if found:
        return found[0]
    above = next((place for place in folder.absolute().parents[:3] if os.path.exists(place / marker)), None)
    if above:
        raise BadInput(f"a folder inside the set: {marker} lies above it", file=folder, remedy=f"Give {above} with --data.")
    raise absent(folder / marker, f"Expected {layout}.")


def absent(path: Path, remedy: str) -> BadInput:
    """The error for a file or folder that a set must have: whether it is still packed, and what there is of a like name."""
    if not path.parent.is_dir():
        return absent(path.parent, remedy)
    there = sorted(child.name for child in path.parent.iterdir())
    close = difflib.get_close_matches(path.name, there, 1)
    hint = f"Unpack {', '.join(packed(path.parent)[:3])} first. " if packed(path.parent) else \
        f"There is {text(close[0])!r}, which may be it. " if close else ""
    return BadInput("no such file or folder", file=path, remedy=hint + remedy)


def packed(folder: Path) -> list[str]:
    """The names of the archives in a folder."""
    return sorted(text(child.name) for child in folder.iterdir() if pictures.packed(child))


def by_name(folder: Path, pattern: re.Pattern, layout: str) -> tuple[dict[str, re.Match], int]:
    """The pictures below a folder whose names match, by path from there, and how many others there are.

    Raises BadInput where none matches, saying what was expected, and where one name lies in two folders.
    """
    paths = pictures.pictures(pictures.files(folder))
    found = {path: match for path in paths if (match := pattern.fullmatch(os.path.basename(path)))}
    if not found:
        example = f", such as {text(paths[0])}," if paths else ""
        hint = f"Unpack {', '.join(packed(folder)[:3])} first. " if packed(folder) else ""
        raise BadInput(f"none of its {len(paths)} pictures{example} has a name of this set", file=folder,
                       remedy=f"{hint}Expected {layout}.")
    _refuse_copies(folder, found)
    return found, len(paths) - len(found)


def _refuse_copies(folder: Path, found: Mapping[str, re.Match]) -> None:
    first: dict[str, str] = {}
    for path in found:
        other = first.setdefault(os.path.basename(path).lower(), path)
        if other != path:
            raise BadInput(f"the same picture is also {text(other)}", file=folder / path,
                           remedy="Take one of the copies away, or give a folder with one of them with --data.")


def text(name: str) -> str:
    """A file's name as text that can be printed and written, even where it is not UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def unofficial(counts: Mapping[str, tuple[int, int]]) -> str:
    """A sentence on the counts, (here, official), that differ; nothing where none does.

    >>> unofficial({"pictures": (212, 213), "people": (10, 10)})
    'The official set has 213 pictures (here 212).'
    """
    odd = [f"{official:,} {name} (here {here:,})" for name, (here, official) in counts.items() if here != official]
    return f"The official set has {', '.join(odd)}." if odd else ""

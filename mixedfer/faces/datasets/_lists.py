"""Lists of pictures that others wrote: rows of CSV files, whether the files that they name are there, repeated entries.

Whatever is wrong is a BadInput that names the file, the row (as a spreadsheet counts, the header is row 1) and the remedy.
"""

from __future__ import annotations

import csv
import math
import os
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

from mixedfer.errors import BadInput, nearest
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
LINE = 1 << 20  # bytes; a longer one is no row of a table
UNLISTED = "not in the list"
REPEATED = "a repeated line of the list"
CONTRADICTED = "on lines of the list that contradict each other"


def rows(path: Path, wanted: Sequence[str], *, columns: Sequence[str] = (), separator: str = "") -> Iterator[tuple[int, list]]:
    """Yield each row's number and its cells in the columns `wanted`, without space around them; "" for a column named "".

    `columns` names the columns of a file that has no header; a first row that says the same is taken for one. Without
    `separator`, comma, semicolon and tab are told apart by the first row. Blank rows are passed over.
    """
    separator = separator or _separator(path, wanted, columns)
    records = _records(path, separator)
    if not columns:
        _, header = next(records)
        columns = [name.strip() for name in header]
    places = [_place(columns, name, path) for name in wanted]
    for row, record in records:
        if len(record) != len(columns):
            raise BadInput(f"{len(record)} cells between {SEPARATORS[separator]}s, expected {len(columns)}", file=path, row=row,
                           remedy="Is a separator missing, or a cell that holds one not quoted?")
        record.append("")
        cells = [record[place].strip() for place in places]
        if row > 1 or cells != list(wanted):
            yield row, cells


def _place(columns: Sequence[str], name: str, path: Path) -> int:
    if not name:
        return len(columns)
    count = list(columns).count(name)
    if count != 1:
        raise BadInput(f"{count or 'no'} column{'s' * (count > 1)} {name!r}", file=path, row=1, remedy=nearest(name, columns))
    return list(columns).index(name)


def _separator(path: Path, wanted: Sequence[str], columns: Sequence[str]) -> str:
    """The separator with which the first row has the columns, or else the one that makes most cells of it."""
    first = {}
    for separator in SEPARATORS:
        try:
            first[separator] = [cell.strip() for cell in next(_records(path, separator))[1]]
        except BadInput as error:
            wrong = error
    if not first:
        raise wrong
    fitting = [separator for separator, cells in first.items()
               if (len(cells) == len(columns) if columns else set(filter(None, wanted)) <= set(cells))]
    return (fitting or sorted(first, key=lambda separator: -len(first[separator])))[0]


def _records(path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each row that is not blank; there is one at least."""
    reader = csv.reader((line for _, line in lines(path)), delimiter=separator, skipinitialspace=True, strict=True)
    row, blank = 0, True
    try:
        for row, record in enumerate(reader, 1):
            if any(map(str.strip, record)):
                blank = False
                yield row, record
    except csv.Error as error:
        raise BadInput(f"not a row of a table ({error})", file=path, row=row + 1,
                       remedy="Is a quotation mark left open? Write the file as CSV again.") from error
    if blank:
        raise BadInput("an empty file", file=path, remedy="Expected a CSV file with a header row.")


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line, with its end. Raises BadInput for what is not UTF-8 text."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LINE), b""), 1):
                yield number, _text(line, path, number)
    except OSError as error:
        raise pictures.unopened(path, error) from error


def _text(line: bytes, path: Path, number: int) -> str:
    remedy = "Save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')."
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"byte {line[error.start]:#04x} is not UTF-8", file=path, row=number, remedy=remedy) from error
    if "\0" in text:
        raise BadInput("a zero byte: not UTF-8 text", file=path, row=number, remedy=remedy)
    if len(line) == LINE:
        raise BadInput("a line of more than a million bytes: not a row of a table", file=path, row=number)
    return text


def numbers(cells: Sequence[str], what: str, path: Path, row: int) -> tuple[float, ...]:
    """The cells as finite numbers. Raises BadInput, saying `what` they are, where one is none."""
    try:
        found = tuple(map(float, cells))
    except ValueError:
        found = (math.nan,)
    if not all(map(math.isfinite, found)):
        raise BadInput(f"not all of the {what} {', '.join(map(repr, cells))} are numbers", file=path, row=row)
    return found


class Below:
    """The files below a folder, links seen through; each folder is looked into once, so a million files take seconds."""

    def __init__(self, root: Path):
        self.root = os.path.realpath(root)
        self._folders: dict[str, dict[str, str] | str] = {}

    def wrong(self, path: str) -> str:
        """Why this path from the root is no file below it; "" if it is one."""
        if os.path.isabs(path) or ".." in path.split("/"):
            return f"{path!r} does not lie below the list's folder"
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = self._look(folder)
        found = self._folders[folder]
        if isinstance(found, str):
            return f"{path!r} {found}"
        kind = found.get(name, "is not there")
        if kind == "link":
            kind = found[name] = self._follow(os.path.join(self.root, path))
        return f"{path!r} {kind}" if kind else ""

    def _look(self, folder: str) -> dict[str, str] | str:
        place = os.path.join(self.root, folder)
        if not self._inside(place):
            return "leads out of the list's folder"
        try:
            with os.scandir(place) as found:
                return {one.name: "link" if one.is_symlink() else "is a folder" if one.is_dir() else "" for one in found}
        except OSError:
            return "is not there"

    def _follow(self, place: str) -> str:
        if not self._inside(place):
            return "leads out of the list's folder"
        return "" if os.path.isfile(place) else "is not there"

    def _inside(self, place: str) -> bool:
        return os.path.join(os.path.realpath(place), "").startswith(os.path.join(self.root, ""))


def once(entries: Iterable[Entry]) -> tuple[list[Entry], Counter]:
    """Entries of different ids, and how many are left out: the same again, or (all of them) another of the same id.

    >>> kept, left = once([Entry(1, "a", "sad"), Entry(2, "b", "sad"), Entry(1, "a", "sad"), Entry(2, "b", "fear")])
    >>> [entry.id for entry in kept], list(left.values())
    (['a'], [1, 2])
    """
    first: dict[str, Entry] = {}
    again, doubted = Counter(), set()
    for entry in entries:
        known = first.setdefault(entry.id, entry)
        if known is not entry:
            again[entry.id] += 1
        if known != entry:
            doubted.add(entry.id)
    left = Counter({REPEATED: sum(count for name, count in again.items() if name not in doubted),
                    CONTRADICTED: sum(1 + again[name] for name in doubted)})
    return [entry for name, entry in first.items() if name not in doubted], +left


def missing(path: Path, listed: Sequence[tuple[int, str]], there: Container[str]) -> None:
    """Raise BadInput unless each of these (row, file) of the list `path` is `there`."""
    absent = [(row, name) for row, name in listed if name not in there]
    if absent:
        row, name = absent[0]
        raise BadInput(f"{len(absent):,} of {len(listed):,} listed pictures are not there; the first is {name}", file=path,
                       row=row, remedy="Is an archive not unpacked, or not to its end?")

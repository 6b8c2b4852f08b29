"""MPI facial expression database: films of people acting emotional and conversational expressions, frame by frame.

Source: Kaulard, Cunningham, Buelthoff and Wallraven, "The MPI Facial Expression Database", PLoS ONE 7(3): e32321, 2012;
https://www.b-tu.de/en/graphic-systems/databases/the-large-mpi-facial-expression-database. Terms: research, with citation.
The large database, central camera: ten people, 51 expressions, 768x576 colour frames, no official partition; the frames of a
clip go from neutral to the peak and back. Each archive holds one folder per expression, and people keep them in two ways:

    MPI_large_centralcam_hi_cawm_complete/Subset 01/happy_laughing/cawm_happy_laughing_001.png
    happy_laughing/cawm_happy_laughing_001.png            all archives unpacked in one place

The class is the folder that a frame lies in, or one `level` further up. Folders are spelt differently from person to person:
case, hyphens and spaces do not count, nor do the variants in `SPELLINGS` ("I_do_not_care" is `i_dont_care`); by spelling, some
have counted 64 classes. The subject is the person, four letters in the path (`subject` is the pattern that finds them):
partitions and folds keep whole people together, and with them whole clips, never frames.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import ClassVar

import numpy as np

from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput, nearest
from mixedfer.faces import pictures
from mixedfer.faces.datasets import Entry, Listing, _layout, choose, collect
from mixedfer.faces.datasets.folder import check_pattern

EXPRESSIONS = (
    "agree_considered", "agree_continue", "agree_pure", "agree_reluctant", "aha_light_bulb_moment", "annoyed_bothered",
    "annoyed_rolling_eyes", "arrogant", "bored", "compassion", "confused", "contempt", "disagree_considered", "disagree_pure",
    "disagree_reluctant", "disbelief", "disgust", "embarrassment", "fear_oops", "fear_terror", "happy_achievement",
    "happy_laughing", "happy_satiated", "happy_schadenfreude", "i_did_not_hear", "i_dont_care", "i_dont_know",
    "i_dont_understand", "imagine_negative", "imagine_positive", "impressed", "insecurity", "not_convinced", "pain_felt",
    "pain_seen", "remember_negative", "remember_positive", "sad", "smiling_encouraging", "smiling_endearment",
    "smiling_flirting", "smiling_sad_nostalgia", "smiling_sardonic", "smiling_triumphant", "smiling_uncertain",
    "smiling_winning", "smiling_yeah_right", "thinking_considering", "thinking_problem_solving", "tired", "treudoof_bambi_eyes")
SPELLINGS = {"i_do_not_care": "i_dont_care", "i_do_not_know": "i_dont_know", "i_do_not_understand": "i_dont_understand",
             "imagine_positiv": "imagine_positive", "remember_positiv": "remember_positive",
             "thinking_problemsolving": "thinking_problem_solving"}
WHAT = "the folder with the MPI database's frames"
LAYOUT = "happy_laughing/cawm_happy_laughing_001.png, in any folders above it"
STRAY = "in no folder of an expression"


@dataclass(frozen=True, kw_only=True)
class Mpi(Checked):
    """Frames as unpacked. `groups` makes classes of several folders: a name, then patterns of folders, as in a shell.

    Without groups each folder is a class. What is in no group is left out, and counted. `classes` chooses among the groups, or
    the folders.

    >>> Mpi(groups=(("happy", "happy_*"), ("sad", "sad"))).groups[0]
    ('happy', 'happy_*')
    """

    RANGES: ClassVar = {"level": (1, 10)}

    classes: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    level: int = 1
    subject: str = r"(?i:(?:.*[/_]|^)([a-z]{3}[mf])_)"

    def __post_init__(self):
        super().__post_init__()
        check_pattern(self)
        for group in self.groups:
            require(len(group) > 1, f"Mpi(groups=...): {group!r} is not a name and one or more patterns of folders")
        if self.groups:
            choose(self.classes, [group[0] for group in self.groups])
            choose([group[0] for group in self.groups], [group[0] for group in self.groups])

    def fingerprint(self, data: Path | None) -> str:
        return pictures.fingerprint(_layout.root(data, WHAT))

    def list(self, data: Path | None) -> Listing:
        """Every frame of the chosen classes, by path. Raises BadInput where there is no folder of an expression, a group has
        none, or a path does not say who it shows.
        """
        root = _layout.root(data, WHAT)
        paths = pictures.pictures(pictures.files(root))
        folders = {path: _folder(path, self.level) for path in paths}
        known = sorted(set(filter(None, folders.values())))
        if not known:
            raise _nothing(root, paths, self.level)
        group = self._group(root, known)
        entries = [Entry(path, path, group.get(name, ""), subject=self._person(root, path))
                   for path, name in folders.items() if name]
        return collect(entries, [name for name, *_ in self.groups] or known, self.classes,
                       excluded={STRAY: len(paths) - len(entries)}, note=_note(known, {entry.subject for entry in entries}))

    def read(self, data: Path | None, key: str) -> np.ndarray:
        return pictures.read(Path(data) / key)

    def _group(self, root: Path, known: Sequence[str]) -> dict[str, str]:
        """The group of each folder that is in one; without groups, its name. Raises BadInput for a pattern without a folder,
        a folder in two groups.
        """
        found: dict[str, str] = {} if self.groups else {name: name for name in known}
        for name, *patterns in self.groups:
            for pattern in patterns:
                matching = [folder for folder in known if fnmatchcase(folder, _spelt(pattern, "*?[]"))]
                if not matching:
                    raise BadInput(f"no folder is like {pattern!r} of group {name!r}", file=root,
                                   remedy=nearest(pattern, known))
                for folder in matching:
                    if found.setdefault(folder, name) != name:
                        raise BadInput(f"the folder {folder!r} is in two groups, {found[folder]!r} and {name!r}", file=root,
                                       remedy="Make the patterns of one of them narrower.")
        return found

    def _person(self, root: Path, path: str) -> str:
        if not self.subject:
            return ""
        match = re.search(self.subject, path)
        if not match or not match[1]:
            raise BadInput(f"the subject pattern {self.subject!r} does not say who this is", file=root / path,
                           remedy="Expected a person's four letters, as in cawm_happy_laughing_001.png; set another `subject`.")
        return match[1].lower()


def _folder(path: str, level: int) -> str:
    """The expression whose folder, `level` above the file, holds this path; "" where there is none, or for a hidden file."""
    parts = Path(path).parts
    return _spelt(parts[-1 - level]) if len(parts) > level and not parts[-1].startswith(".") else ""


def _spelt(name: str, keep: str = "") -> str:
    """An expression's name in one spelling.

    >>> _spelt('Treudoof ("bambi-eyes")'), _spelt("I_do_not_know")
    ('treudoof_bambi_eyes', 'i_dont_know')
    """
    plain = re.sub(rf"(?:[^\w{re.escape(keep)}]|_)+", "_", _layout.text(name).lower()).strip("_")
    return SPELLINGS.get(plain, plain)


def _nothing(root: Path, paths: Sequence[str], level: int) -> BadInput:
    packed = _layout.packed(root)
    if packed and not paths:
        return BadInput("no frame in this folder", file=root,
                        remedy=f"Unpack {', '.join(packed[:3])} first. Expected {LAYOUT}.")
    if paths and root.absolute().name and _spelt(root.absolute().name) in EXPRESSIONS:
        return BadInput("the folder of one expression", file=root, remedy=f"Give {root.absolute().parent} with --data.")
    return BadInput(f"{len(paths)} pictures, none in a folder {level} above it", file=root, remedy=f"Expected {LAYOUT}.")


def _note(known: Sequence[str], people: set[str]) -> str:
    others = [name for name in known if name not in EXPRESSIONS]
    notes = [_layout.unofficial({"expressions": (len(known) - len(others), len(EXPRESSIONS))})]
    notes += [_layout.unofficial({"people": (len(people), 10)})] * (people != {""})
    notes += [f"{len(others)} folders have names of no expression: {', '.join([*others[:3], *['...'] * (len(others) > 3)])}."
              ] * bool(others)
    return " ".join(filter(None, notes))

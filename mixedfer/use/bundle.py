"""On disk, a model to keep. A folder that needs nothing but mixedfer to answer:

    bundle.json       `schema`, `made_by` (versions), `study`, `question`, `arm`, `preparation`, `recipe` (canonical JSON, see
                      `identity.canonical`), `classes`, `image` (size, size, channels), `placement` (see `placement`; null
                      where faces are cut out), `members` (file, replicate, fold and run of each network), `measured` (see
                      `mixedfer.evidence.measured`), `files` (name -> SHA-256) and `digest`, the SHA-256 of all that; of
                      one that `mixedfer finetune` made also `tuned` (the digest of the bundle that it comes `from`,
                      `finetuning`, `pictures` and the `summary` of what it did), and what was `measured` are then the
                      pictures that were held out
    model.keras       the network; several, `model-1.keras`, `model-2.keras`, ..., are an ensemble
    model.onnx        the same for other programs, if it was asked for (see `onnx_file`)
    card.md           the model card
    trained.npy       hashes of the images that the networks were trained on (see `trained`)
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixedfer import disk
from mixedfer.errors import BadInput, Damaged
from mixedfer.study import Preparation
from mixedfer.use import components, form
from mixedfer.use.placement import Placement

SCHEMA = 1
FILE, CARD = "bundle.json", "card.md"
AGAIN = "Export it again from its study, or copy it again from where it came."


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and checked; `view` makes the network's landmark input, if it has one, and `placed` says where
    faces lay in its training, if it was shown whole pictures.
    """

    folder: Path
    said: dict
    preparation: Preparation
    view: Any
    placed: Placement | None

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.said["classes"])

    @property
    def image(self) -> tuple[int, ...]:
        """(size, size, channels) of what the network sees of a face, before its frame."""
        return tuple(self.said["image"])

    @property
    def models(self) -> list[Path]:
        """The files of its networks."""
        return [self.folder / member["file"] for member in self.said["members"]]

    @property
    def card(self) -> str:
        """The model card; "" where it is none of the bundle's files: it could be a link to anything."""
        return (self.folder / CARD).read_text(encoding="utf-8", errors="replace") if CARD in self.said["files"] else ""


def sealed(said: dict) -> dict:
    """The content of bundle.json with its digest."""
    content = {name: value for name, value in said.items() if name != "digest"}
    return content | {"digest": hashlib.sha256(disk.to_json(content).encode()).hexdigest()}


def read(folder: Path) -> Bundle:
    """A bundle, its files compared with what they were when it was written.

    Raises BadInput for a folder that is no bundle, for files that were changed, and for a bundle of a newer mixedfer or with
    components that this one has not.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise BadInput("not a bundle: it has no bundle.json", file=folder, remedy="Make one with `mixedfer export`.")
    try:
        said = disk.read_json(path)
    except Damaged as error:
        raise BadInput(error.what, file=path, remedy=AGAIN) from error
    _check(said, path)
    preparation = components.rebuild(said["preparation"], path)
    if not isinstance(preparation, Preparation):
        raise BadInput("its preparation is none", file=path, remedy=AGAIN)
    if why := form.contradiction(said, preparation):
        raise BadInput(why, file=path, remedy=AGAIN)
    view = components.rebuild(said["arm"].get("landmarks"), path)
    if view is not None and not callable(view):
        raise BadInput("its view of the landmarks is none", file=path, remedy=AGAIN)
    return Bundle(Path(folder), said, preparation, view, _placed(said.get("placement"), preparation, path))


def _placed(told: Any, preparation: Preparation, path: Path) -> Placement | None:
    """Where faces lay; a bundle that was shown whole pictures with faces looked for in them must say so."""
    if preparation.crop or not getattr(preparation.detector, "searches", True):
        return None
    if not isinstance(told, dict) or set(told) != set(Placement._fields) or \
            not all(isinstance(side, (int, float)) and 0 < side < 10 for side in told.values()):
        raise BadInput("it was shown whole pictures, and does not say where faces lay in them", file=path, remedy=AGAIN)
    return Placement(**told)


def _check(said: Any, path: Path) -> None:
    schema = said.get("schema") if isinstance(said, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        version = said["made_by"].get("mixedfer") if isinstance(said.get("made_by"), dict) else None
        raise BadInput(f"a bundle of a newer mixedfer ({version or 'of unknown version'}): its schema is {schema}, this one "
                       f"reads up to {SCHEMA}", file=path, remedy="Install a newer mixedfer.")
    if lacking := list(form.lacking(said)):
        raise BadInput(f"it has no usable {', '.join(lacking)}", file=path, remedy=AGAIN)
    try:
        changed = sealed(said) != said
    except (ValueError, RecursionError):  # NaN, infinity and a thousand brackets, which no bundle has
        changed = True
    if changed:
        raise BadInput("it was changed since it was written", file=path, remedy=AGAIN)
    for name, expected in said["files"].items():
        file = path.parent / name
        if Path(name).name != name or not file.is_file():
            raise BadInput("a file of the bundle is missing", file=file, remedy=AGAIN)
        if disk.hash_file(file) != expected:
            raise BadInput("its bytes have changed since the bundle was written", file=file, remedy=AGAIN)
    if not all(member["file"] in said["files"] for member in said["members"]):
        raise BadInput("it names networks that are none of its files", file=path, remedy=AGAIN)

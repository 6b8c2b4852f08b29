"""A bundle and one person's (or one place's) pictures -> a bundle that is adapted to them.

First the last layer learns alone, then, slowly, the others too; what batch normalisation knows of the study's faces stays. The
faces are shown as in the study's training: same augmentation, same labels, points that move with pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixedfer import disk
from mixedfer.checked import Augmentation, Dataset, Retouch, require
from mixedfer.errors import BadInput, Diverged, Fault
from mixedfer.faces.datasets.folder import Folder
from mixedfer.faceset import FaceSet
from mixedfer.identity import canonical
from mixedfer.learning import backend
from mixedfer.learning.batches import Batches
from mixedfer.seeds import derive
from mixedfer.use import adaptation, architecture, card, components, trained
from mixedfer.use import bundle as bundles
from mixedfer.use.adaptation import Parts
from mixedfer.use.bundle import Bundle
from mixedfer.use.network import NEAR, Network
from mixedfer.use.tuned_answers import BeforeAfter
from mixedfer.varying import Varying

#: The result, in the new bundle.
RESULT = "finetuning.json"


@dataclass(frozen=True, kw_only=True)
class Finetuning(Varying):
    """How a bundle is adapted: `epochs_frozen` at `head_rate` for the last layer alone, then `epochs` at `learning_rate` for
    all layers that the study trained, with Adam. `held_out` is the share of each class that is only looked at, once before and
    once after. Class folders that the bundle does not know are named in `new_classes`.

    >>> Finetuning(epochs=3).held_out
    0.3
    """

    RANGES = {"epochs_frozen": (0, 10**4), "epochs": (0, 10**4), "head_rate": (1e-9, 1), "learning_rate": (1e-9, 1),
              "batch_size": (1, 10**6), "held_out": (0.05, 0.9)}
    dataset: Dataset = field(default_factory=Folder)
    new_classes: tuple[str, ...] = ()
    epochs_frozen: int = 20
    epochs: int = 20
    head_rate: float = 1e-3
    learning_rate: float = 1e-4
    batch_size: int = 16
    held_out: float = 0.3
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        require(self.epochs_frozen + self.epochs > 0, "Finetuning(epochs_frozen=0, epochs=0): nothing would be trained")


class Shown(NamedTuple):
    """What `Batches` asks of a recipe: the bundle's, but for the size of batches."""

    batch_size: int
    augmentation: Any
    retouch: Any
    frame: int
    test_views: str
    labels: str
    label_smoothing: float
    class_weights: str


class Stage(NamedTuple):
    """Some epochs of one kind: `whole` says that more than the last layer learns."""

    whole: bool
    epochs: range
    rate: float


def tune(bundle: Bundle, faces: FaceSet, train: np.ndarray, asked: Finetuning, quiet: bool = False) -> tuple[list, list[dict]]:
    """The bundle's networks, trained further on the rows in `train`, and what each epoch's loss was.

    Raises BadInput for a network without a head (see `heads`), Diverged when the loss or a weight is not a number.
    """
    from mixedfer.use import heads

    shown, made, history = _shown(bundle, asked), [], []
    for number, path in enumerate(bundle.models, 1):
        model = heads.grown(architecture.load(path, bundle.image, len(bundle.classes)), len(faces.classes))
        seed = derive("finetune", asked.seed, number)
        copy = heads.learner(model, seed)
        batches = Batches(faces, train, "train", shown, seed, bundle.view)
        for epoch in _learn(copy, model, batches, asked, quiet):
            history.append({"network": number, **epoch})
        heads.take(model, copy)
        made.append(model)
    return made, history


def _shown(bundle: Bundle, asked: Finetuning) -> Shown:
    said = {name: bundle.said["recipe"].get(name) for name in Shown._fields}
    for name, kind in (("augmentation", Augmentation), ("retouch", Retouch)):
        made = said[name] = components.rebuild(said[name], bundle.folder / bundles.FILE)
        if made is not None and not isinstance(made, kind):
            raise BadInput(f"its {name} is none", file=bundle.folder / bundles.FILE, remedy=bundles.AGAIN)
    return Shown(**said)._replace(batch_size=asked.batch_size)


def _learn(model, given, batches: Batches, asked: Finetuning, quiet: bool) -> Iterator[dict]:
    """Train a model in both stages; what each epoch gave."""
    import keras
    from tqdm import tqdm

    from mixedfer.learning import losses
    from mixedfer.use import heads

    frozen, every = asked.epochs_frozen, asked.epochs_frozen + asked.epochs
    with tqdm(total=every, unit="epoch", desc="fine-tuned", disable=quiet or None, dynamic_ncols=True) as bar:
        for stage in (Stage(False, range(frozen), asked.head_rate), Stage(True, range(frozen, every), asked.learning_rate)):
            heads.free(model, given, stage.whole)
            model.compile(keras.optimizers.Adam(stage.rate), losses.of(batches.recipe.labels), jit_compile=backend.xla())
            for epoch in stage.epochs:
                yield {"epoch": epoch + 1, "learns": "all layers" if stage.whole else "the last layer",
                       "learning_rate": stage.rate, "loss": _epoch(model, batches, epoch)}
                bar.update()


def _epoch(model, batches: Batches, epoch: int) -> float:
    """Show all faces once; the mean loss."""
    from mixedfer.learning import models

    model.reset_metrics()
    for batch in batches.epoch(epoch):
        inputs = {tensor.name: batch.inputs[tensor.name] for tensor in model.inputs}
        loss = model.train_on_batch(inputs, batch.targets, batch.weights)
    if not (np.isfinite(loss) and models.is_finite(model)):
        raise Diverged(f"the loss or a weight is not a number in epoch {epoch + 1} of fine-tuning",
                       remedy="A smaller rate (--set learning_rate=..., --set head_rate=...) usually mends this.")
    return float(loss)


def refuse_place(folder: Path) -> None:
    """Raises BadInput where something lies."""
    if folder.exists():
        raise BadInput("something lies there already", file=folder, remedy="Name another place with --out, or take it away.")


def tell(asked: Finetuning, pictures: dict, history: list[dict], held_out: BeforeAfter, judged: dict, numbers: dict) -> dict:
    """All that is known of a fine-tuning, as plain JSON values: what was asked for, what became of the `pictures` (see
    `adaptation.account`), how they were `judged` (see `mixedfer.evidence.before_after`), the `numbers` of the new bundle (see
    `mixedfer.evidence.measured`), and what was said of each picture that was held out.
    """
    rows = zip(held_out.names, held_out.truth.tolist(), held_out.before.tolist(), held_out.after.tolist())
    return {**judged, "finetuning": canonical(asked), "pictures": pictures, "history": history,
            "summary": [*adaptation.describe(pictures), *judged["summary"], *(doubts := adaptation.warnings(pictures))],
            "warnings": [*judged["warnings"], *doubts],
            "measured": {**numbers, "all_replicates": None, "against": None},
            "answers": [{"picture": name, "truth": truth, "before": before, "after": after}
                        for name, truth, before, after in rows]}


def write(bundle: Bundle, models: list, faces: FaceSet, parts: Parts, told: dict, folder: Path) -> Path:
    """Write the fine-tuned bundle, and in it what is `told` of it (see `tell`).

    Raises BadInput where something lies at `folder`, Fault where what was written does not answer as the networks did.
    """
    refuse_place(folder)
    tuned = {"from": bundle.said["digest"], **{name: told[name] for name in ("finetuning", "pictures", "summary")}}
    said = {**bundle.said, "made_by": backend.versions(), "classes": list(faces.classes), "measured": told["measured"],
            "tuned": tuned}
    with disk.new_folder(folder) as part:
        for member, model in zip(said["members"], models):
            architecture.save(model, part / member["file"])
        (part / bundles.CARD).write_text(card.tuned(said, bundle.card), encoding="utf-8")
        seen = trained.read(bundle.folder, bundle.said["files"])
        if seen is not None:
            trained.write(part, seen, trained.of(faces, parts.train))
        (part / RESULT).write_text(disk.to_json({"from": tuned["from"], **told}), encoding="utf-8")
        files = {path.name: disk.hash_file(path) for path in sorted(part.iterdir())}
        (part / bundles.FILE).write_text(disk.to_json(bundles.sealed(said | {"files": files})), encoding="utf-8")
        _prove(part, Network(bundle, models), faces, parts.held_out)
    return folder


def _prove(part: Path, network: Network, faces: FaceSet, rows: np.ndarray) -> None:
    """Read the bundle again and ask it about the held-out pictures."""
    gap = float(np.abs(Network(bundles.read(part)).answers(faces, rows) - network.answers(faces, rows)).max())
    if not gap <= NEAR:
        raise Fault(f"what was written does not answer as what was trained: probabilities differ by up to {gap:.2g}", file=part,
                    remedy="Give the same command again; if it happens again, it is a fault of mixedfer.")

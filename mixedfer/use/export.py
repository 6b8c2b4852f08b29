"""A finished run -> a bundle: the network with its selected weights, and all that it takes to ask it about other pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixedfer import disk, faceset, geometry, records
from mixedfer.errors import BadInput, Damaged, Fault
from mixedfer.identity import canonical
from mixedfer.learning import backend, models, pretrained
from mixedfer.learning.batches import TOGETHER
from mixedfer.records import Plan
from mixedfer.study import Arm, Preparation, Study
from mixedfer.use import architecture, bundle, card, components, onnx_file, placement, trained
from mixedfer.use.network import NEAR, Look, Network

#: `NEAR`, where a run was made on another device or in less than float32: products have other bits too, for GPUs' TF32 keeps
#: 10 of each number and bfloat16 7.
ROUGH = 0.2


def write(study: Study, plan: Plan, arm: str, replicates: Sequence[int], measured: dict, store: Path, folder: Path,
          onnx: bool = False) -> Path:
    """Write the bundle of an arm's `replicates`, counted from 0; several, or several folds, are an ensemble.

    `measured` is what is known of them, see `mixedfer.evidence.measured`; with `onnx` networks are written as ONNX too. What
    was written is read again and asked about test images before it counts. Raises BadInput where something lies at `folder`,
    or for an arm that cannot be used on a picture; Fault where the bundle does not answer as the run did.
    """
    chosen = next(one for one in study.arms if one.name == arm)
    preparation = chosen.preparation or study.preparation
    _refuse(chosen, preparation)
    if folder.exists():
        raise BadInput("something lies there already", file=folder, remedy="Name another place with --out, or take it away.")
    if onnx:
        onnx_file.check(study.recipe)
    cells = [cell for cell in plan.cells if cell["arm"] == arm and cell["replicate"] in replicates]
    listed = getattr(preparation.detector, "annotated", False)
    faces = faceset.load(store / "faces" / plan.faces[arm])
    with disk.new_folder(folder) as part:
        members = [{"file": f"model-{number}.keras" if len(cells) > 1 else "model.keras", "replicate": cell["replicate"],
                    "fold": cell["fold"], "run": cell["run"]} for number, cell in enumerate(cells, 1)]
        for member in members:
            model = rebuild(study, chosen, preparation, len(faces.classes), store, member["run"])
            architecture.save(model, part / member["file"])
            if onnx:
                rows = records.read(records.run_folder(store, member["run"])).test.rows
                onnx_file.write(model, (part / member["file"]).with_suffix(".onnx"), faces, rows,
                                Look(study.recipe.frame, study.recipe.test_views), chosen.landmarks)
        said = {"schema": bundle.SCHEMA, "made_by": backend.versions(), "study": plan.name, "question": study.question,
                "arm": canonical(chosen), "preparation": canonical(preparation), "recipe": canonical(study.recipe),
                "classes": list(faces.classes), "image": list(faces.images.shape[1:]), "members": members,
                "placement": _placement(faces, preparation), "measured": measured}
        trained.write(part, *(trained.of(faces, records.read(records.run_folder(store, member["run"])).train)
                              for member in members))
        (part / bundle.CARD).write_text(card.write(said, study.dataset, faces.meta, listed), encoding="utf-8")
        files = {path.name: disk.hash_file(path) for path in sorted(part.iterdir())}
        (part / bundle.FILE).write_text(disk.to_json(bundle.sealed(said | {"files": files})), encoding="utf-8")
        _prove(part, faces, store, members)
    return folder


def _refuse(arm: Arm, preparation: Preparation) -> None:
    """Raises BadInput for an arm that cannot answer for a picture alone, or cannot be made again from a bundle."""
    choosing = [name for name in ("sources", "drawn") if hasattr(arm.landmarks, name)]
    if choosing:
        raise BadInput(f"arm {arm.name!r} is a control: its landmarks are drawn from a whole partition, so it cannot be asked "
                       "about a picture", remedy="Export an arm that sees a face's own landmarks.")
    if others := components.foreign(canonical({"arm": arm.landmarks, "preparation": preparation})):
        raise BadInput(f"arm {arm.name!r} uses {', '.join(others)}, which is no part of mixedfer: a bundle could not be read "
                       "without that file", remedy="Put it in a file of its own in mixedfer's folder of its kind.")


def _placement(faces: faceset.FaceSet, preparation: Preparation) -> dict | None:
    """Where faces lie in images that are whole pictures."""
    found = None if preparation.crop else placement.measure(faces, preparation.missed)
    return found and found._asdict()


def rebuild(study: Study, arm: Arm, preparation: Preparation, classes: int, store: Path, run: str):
    """The network of a run with its selected weights, from pixels to probabilities: a frozen backbone is part of it."""
    recipe, view = study.recipe, arm.landmarks or arm.widened
    image = (preparation.size, preparation.size, 3 if preparation.colour else 1)
    side = recipe.frame or preparation.size
    shape = view(geometry.generic(side)[None], np.ones(1, bool), side).shape[1:] if view else None
    given = pretrained.load(getattr(recipe.backbone, "weights", None), store) if arm.image else {}
    model = models.build(recipe, arm, image, shape, classes, 0, given=given)
    path = records.run_folder(store, run) / "weights.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            weights = {name: file[name] for name in file.files}
    except disk.NO_ARRAY as error:
        raise Damaged(f"the run's weights cannot be read ({error})", file=path, remedy="Delete the run and train it again.") \
            from error
    _assign(model, weights, path)
    return model


def _assign(model, weights: dict[str, np.ndarray], path: Path) -> None:
    """Give the model a run's weights; a frozen part, of which runs keep nothing, has them already."""
    for variable in model.weights:
        value = weights.pop(variable.path, None)
        if value is not None and value.shape == tuple(variable.shape):
            variable.assign(value)
        elif value is not None or variable.trainable:
            raise Damaged(f"the run's weights have no {variable.path} of shape {list(variable.shape)}", file=path,
                          remedy="Give the `mixedfer run` command again: the network has other layers now.")
    if weights:
        raise Damaged(f"the run has weights that its network has not: {', '.join(sorted(weights)[:3])}", file=path,
                      remedy="Give the `mixedfer run` command again: the network has other layers now.")


def _prove(part: Path, faces: faceset.FaceSet, store: Path, members: Sequence[dict]) -> None:
    """Read the bundle again and ask each of its networks about test images of its run."""
    read = bundle.read(part)
    for member, model in zip(members, Network(read).models):
        record = records.read(records.run_folder(store, member["run"]))
        rows, expected = record.test.rows[:TOGETHER], record.test.probabilities[:TOGETHER]
        gap = float(np.abs(Network(read, [model]).answers(faces, rows)[0] - expected).max())
        if not gap <= near(record.provenance["device"], record.spec["recipe"]["precision"]):
            raise Fault(f"{member['file']} does not answer as its run did: probabilities differ by up to {gap:.2g}", file=part,
                        remedy="Train the run again with this version of mixedfer and Keras.")


def near(device: str, precision: str) -> float:
    """How far the answers may lie from those of a run that was made on this device, in this precision."""
    return NEAR if (device, precision) == (backend.device(), "float32") else ROUGH

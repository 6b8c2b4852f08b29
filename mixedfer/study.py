"""What a comparison is: `Study`, its one `Recipe`, its `Arm`s and the `Cell`s they span. No numerics here.

A recipe holds every hyperparameter, an arm only says which inputs the model sees. There is nowhere to write a second
learning rate, so two arms of a study cannot differ in anything but their inputs.

>>> Arm("mixed", image=True, epochs=10)
Traceback (most recent call last):
    ...
TypeError: Arm.__init__() got an unexpected keyword argument 'epochs'
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math
import sys
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from mixedfer.disk import hash_source, to_json
from mixedfer.errors import StudyError, nearest
from mixedfer.seeds import derive

#: The SHA-256 of the predictor that the package `face_recognition_models` ships (68 points, trained on iBUG 300-W).
PREDICTOR = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"


@runtime_checkable
class Dataset(Protocol):
    """A source of labelled pictures; see `mixedfer.faces.datasets`."""

    def fingerprint(self, data): ...

    def list(self, data): ...

    def read(self, data, key): ...


@runtime_checkable
class Detector(Protocol):
    """A face finder; see `mixedfer.faces.detectors`."""

    def find(self, picture): ...


@runtime_checkable
class Augmentation(Protocol):
    """Draws one affine per sample; see `mixedfer.learning.augment`."""

    def draw(self, rng, count): ...

    def matrices(self, draws, size): ...


class Checked:
    """Base of frozen dataclasses that studies are made of: plain fields must fit their annotations, numbers their `RANGES`."""

    RANGES: ClassVar[dict[str, tuple[float, float]]] = {}

    def __post_init__(self):
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not _fits(value, hints[field.name]):
                raise StudyError(f"{type(self).__name__}({field.name}={value!r}): expected {_wanted(hints[field.name])}")
        for name, (low, high) in self.RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise StudyError(f"{type(self).__name__}({name}={getattr(self, name)}): expected {low} to {high}")


@dataclass(frozen=True, kw_only=True)
class Preparation(Checked):
    """From a picture to what every arm sees; the same for all arms.

    `detector` finds the face, `missed` says what happens where it finds none: "whole-image" takes the picture itself
    as the box, "exclude" leaves the picture out of every arm. With `crop` the image is the box widened by `margin`
    (a fraction of its side, on each side); without, the whole picture, and the box only tells the landmarks where to
    look. Images are `size` x `size` pixels, gray unless `colour`. `predictor` is the SHA-256 of the landmark model.
    """

    detector: Detector
    missed: Literal["whole-image", "exclude"] = "whole-image"
    crop: bool = True
    margin: float = 0.15
    size: int = 48
    colour: bool = False
    predictor: str = PREDICTOR

    def __post_init__(self):
        super().__post_init__()
        _require(16 <= self.size <= 512, f"Preparation(size={self.size}): expected 16 to 512 pixels")
        _require(0 <= self.margin <= 2, f"Preparation(margin={self.margin}): expected 0 to 2")


@dataclass(frozen=True, kw_only=True)
class Recipe(Checked):
    """Every hyperparameter of both branches, their joining, the optimiser, the schedule and the selection rule.

    `backbone` is the image branch, `landmark_branch` the other, `fusion` joins them and classifies. `pixels` says how
    0..255 enters the network: "signed" (-1..1) or "raw". `augmentation` is None or an object that draws one affine per
    sample. `selection` keeps the weights of the last epoch or of the epoch with the best validation accuracy.
    `precision` is a Keras dtype policy. `weight_decay` is decoupled (AdamW; for SGD and Adam, Keras' own option).
    """

    backbone: Callable
    landmark_branch: Callable
    fusion: Callable
    epochs: int
    batch_size: int
    learning_rate: float
    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: Callable
    augmentation: Augmentation | None = None
    label_smoothing: float = 0.0
    pixels: Literal["signed", "raw"] = "signed"
    selection: Literal["last", "best"] = "last"
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"

    def __post_init__(self):
        super().__post_init__()
        for name in ("epochs", "batch_size", "learning_rate"):
            _require(getattr(self, name) > 0, f"Recipe({name}={getattr(self, name)}): expected more than 0")
        for name in ("momentum", "label_smoothing"):
            _require(0 <= getattr(self, name) < 1, f"Recipe({name}={getattr(self, name)}): expected 0 to below 1")


@dataclass(frozen=True)
class Arm(Checked):
    """Which inputs the model sees: the image, a view of the landmarks, or both. Nothing else."""

    name: str
    _: dataclasses.KW_ONLY
    image: bool = False
    landmarks: Callable | None = None

    def __post_init__(self):
        super().__post_init__()
        _require(self.image or self.landmarks is not None, f"arm {self.name!r} sees nothing: "
                 "give it image=True, landmarks=<a view>, or both")


@dataclass(frozen=True, kw_only=True)
class Study(Checked):
    """One question, one recipe, a control arm and its treatments, several replicates, and a margin fixed in advance.

    With `folds=0` the data set's own partitions are used; where it has none, `test` and `validation` fractions are
    drawn from `seed`, whole subjects at a time. With `folds=k` every picture is tested once, in k subject-disjoint folds.
    `margin` is the smallest difference in `metric` that would matter, as a proportion.
    """

    question: str
    dataset: Dataset
    preparation: Preparation
    recipe: Recipe
    control: Arm
    treatments: tuple[Arm, ...]
    replicates: int
    metric: Literal["accuracy"] = "accuracy"
    margin: float
    folds: int = 0
    validation: float = 0.15
    test: float = 0.25
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        names = [arm.name for arm in self.arms]
        _require(len(set(names)) == len(names), f"two arms have one name: {', '.join(names)}")
        _require(bool(self.treatments), "a study needs at least one treatment beside its control")
        _require(self.replicates >= 1, f"Study(replicates={self.replicates}): expected 1 or more")
        _require(self.folds == 0 or self.folds >= 2, f"Study(folds={self.folds}): expected 0 (no folds), 2 or more")
        _require(0 < self.margin < 1, f"Study(margin={self.margin}): expected a proportion between 0 and 1")
        _require(self.validation > 0 and self.test > 0 and self.validation + self.test < 1,
                 "Study(validation, test): expected two fractions above 0 that leave something to train on")

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The control first, then the treatments."""
        return (self.control, *self.treatments)

    def cells(self) -> list[Cell]:
        """Every training run of the study, replicate by replicate, so that early results compare all arms."""
        return [Cell(arm=arm, fold=fold, replicate=replicate, study=self)
                for replicate in range(self.replicates) for fold in range(max(1, self.folds)) for arm in self.arms]

    def varying(self, **changes: Any) -> Study:
        """The same study with other values, for every arm at once: `study.varying(epochs=30, width=0.5)`.

        A name reaches any field of the study, its data set, preparation or recipe, however deep; `recipe.backbone.width`
        written as a key of `**{...}` is the long form. Arms cannot be varied. Raises StudyError with the nearest name.
        """
        study = self
        for name, value in changes.items():
            study = _replace(study, study._path(name), value)
        return study

    def current(self, name: str) -> Any:
        """The value of the field that `varying(name=...)` would change."""
        node = self
        for step in self._path(name):
            node = getattr(node, step)
        return node

    def _path(self, name: str) -> list[str]:
        paths = list(_paths(self))
        match = [name] if name in paths else [path for path in paths if path.endswith("." + name)]
        if not match:
            raise StudyError(f"the study has no field {name!r}",
                             remedy=nearest(name.split(".")[-1], (path.split(".")[-1] for path in paths)))
        _require(len(match) == 1, f"{name!r} could be {' or '.join(match)}: write the longer name")
        return match[0].split(".")

    def making(self) -> dict:
        """What decides the numbers, without the words around them: two studies with equal `making` share every run."""
        return {key: value for key, value in canonical(self).items() if key not in ("question", "margin", "metric")}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One training run: an arm in one fold and replicate. The arm is not an axis of its seed."""

    arm: Arm
    fold: int
    replicate: int
    study: Study

    @property
    def seed(self) -> int:
        """The root of everything random in this run; the same for every arm of this fold and replicate."""
        return derive("cell", self.study.seed, self.fold, self.replicate)

    def spec(self, data: str) -> dict:
        """What decides this run's numbers, given the content hash of its face set; names are left out."""
        study = self.study
        return {"data": data, "recipe": canonical(study.recipe), "missed": study.preparation.missed,
                "arm": {"image": self.arm.image, "landmarks": canonical(self.arm.landmarks)},
                "split": {"folds": study.folds, "validation": study.validation, "test": study.test, "seed": study.seed},
                "fold": self.fold, "replicate": self.replicate}

    def __str__(self) -> str:
        fold = f", fold {self.fold + 1}" if self.study.folds else ""
        return f"{self.arm.name}, replicate {self.replicate + 1}{fold}"


def canonical(value: Any) -> Any:
    """A study or any part of it as plain JSON values; functions and classes by `module:name`, dataclasses by field."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: canonical(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"kind": _reference(type(value)), **fields}
    if isinstance(value, (type, types.FunctionType)) and "<" not in value.__qualname__:
        return _reference(value)
    raise StudyError(f"{value!r} cannot be part of a study", remedy="Use a number, a text, a named function, or a dataclass.")


def digest(value: Any) -> str:
    """A short name for a canonical value: 20 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(to_json(canonical(value)).encode()).hexdigest()[:20]


def _reference(thing) -> str:
    name = f"{thing.__module__}:{thing.__qualname__}"
    return name if thing.__module__.split(".")[0] == "mixedfer" else f"{name}@{_foreign(thing.__module__)}"


@functools.cache
def _foreign(module: str) -> str:
    """The hash of a module that is not mixedfer's, such as a study file with a view of its own; its STUDY left out."""
    return hash_source(Path(sys.modules[module].__file__), without="STUDY")


def _paths(node: Any, prefix: str = "") -> Iterator[str]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Arm) or field.name == "treatments":
            continue
        yield prefix + field.name
        if dataclasses.is_dataclass(value):
            yield from _paths(value, f"{prefix}{field.name}.")


def _replace(node: Any, path: list[str], value: Any) -> Any:
    inner = value if len(path) == 1 else _replace(getattr(node, path[0]), path[1:], value)
    return dataclasses.replace(node, **{path[0]: inner})


def _fits(value: Any, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if origin is Literal:
        return value in typing.get_args(hint)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, typing.get_args(hint)[0]) for item in value)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if hint in (int, str):
        return isinstance(value, hint) and not isinstance(value, bool)
    return not isinstance(value, type) and isinstance(value, hint)


def _wanted(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return " or ".join(map(repr, typing.get_args(hint)))
    return getattr(hint, "__name__", str(hint))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise StudyError(message)

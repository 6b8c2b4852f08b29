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
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from mixedfer import metrics, pairing
from mixedfer.axes import Axis, Search
from mixedfer.checked import Alignment, Augmentation, Checked, Dataset, Detector, Retouch, require
from mixedfer.errors import StudyError
from mixedfer.identity import canonical
from mixedfer.seeds import derive
from mixedfer.varying import Varying

#: The SHA-256 of the predictor that the package `face_recognition_models` ships (68 points, trained on iBUG 300-W).
PREDICTOR = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
#: Fields of a study that decide no number: what is asked, and by what the answer is judged.
WORDS = ("question", "margin", "metric")
#: Fields of a study that decide which pictures train, validate and test a cell.
SPLIT = ("folds", "validation", "test", "train_share", "seed")


@dataclass(frozen=True, kw_only=True)
class Preparation(Checked):
    """From a picture to what every arm sees; the same for all arms.

    `detector` finds faces. Of several in one picture `face` takes the "largest" or the "most-confident", or "all": then
    every face is a row of its own, with the picture's label, subject, partition and votes. `missed` says what happens
    where none is found: "whole-image" takes the picture itself as the box, "exclude" leaves it out of every arm.

    With `crop` the image is the box widened by `border` (a fraction of its side, on each side); without, the whole picture,
    and the box only tells the landmarks where to look. An `alignment` takes the place of box and border: it moves, turns
    and scales every face that was found by its landmarks. Images are `size` x `size` pixels, gray unless `colour`;
    `equalise` spreads their brightness at last. `predictor` is the SHA-256 of the landmark model.
    """

    RANGES = {"size": (16, 512), "border": (0, 2)}
    detector: Detector
    face: Literal["largest", "most-confident", "all"] = "largest"
    missed: Literal["whole-image", "exclude"] = "whole-image"
    crop: bool = True
    border: float = 0.15
    alignment: Alignment | None = None
    size: int = 48
    colour: bool = False
    equalise: Literal["none", "histogram", "clahe"] = "none"
    predictor: str = PREDICTOR

    def __post_init__(self):
        super().__post_init__()
        require(self.crop or self.alignment is None, "Preparation(crop=False, alignment=...): an aligned face is cut out of "
                "its picture; leave crop or the alignment out")


@dataclass(frozen=True, kw_only=True)
class Recipe(Checked):
    """Every hyperparameter of both branches, their joining, the optimiser, the schedule and the selection rule.

    `backbone` is the image branch, `landmark_branch` the other, `fusion` joins them and classifies. `pixels` says how
    0..255 enters the network: "signed" (-1..1), "raw", "standardised" (each image to mean 0, variance 1) or "centred" (less
    the mean image of the training partition). `augmentation` is None or an object that draws one affine per sample,
    `retouch` one that draws changes of light and an erased place. With a `frame` the network sees that many pixels per side,
    at a random place when training. `test_views` are averaged when validating and testing, see `mixedfer.learning.augment`.
    `labels` is what is trained on, see `mixedfer.learning.labels`; `class_weights` "balanced" lets all classes count alike.
    `momentum` is SGD's (Nesterov) and adds gradients up: where it takes their mean, as in CNTK, a rate of 0.05 is one of 0.005
    here, at 0.9. `weight_decay` is decoupled (AdamW; for SGD and Adam, Keras' own option): where it goes through SGD's
    momentum, as in Caffe and PyTorch, 5e-4 is 5e-3 here, at 0.9. `clip_norm` is the largest norm of all gradients together (0:
    any), `average` the momentum of a moving average of the weights, which then stands for them when validating and testing (0:
    none; batch normalisation keeps its own running statistics). `selection` keeps the weights of the last epoch or of the epoch
    with the best validation accuracy.
    `precision` is a Keras dtype policy. Layers that start from given weights learn at `pretrained_rate` times the rate.
    """

    RANGES = {"epochs": (1, 10**6), "batch_size": (1, 10**6), "momentum": (0, 0.999999), "label_smoothing": (0, 0.999),
              "weight_decay": (0, 1), "clip_norm": (0, 10**6), "average": (0, 0.999999), "frame": (0, 512),
              "pretrained_rate": (1e-6, 10**6)}
    backbone: Callable
    landmark_branch: Callable
    fusion: Callable
    epochs: int
    batch_size: int
    learning_rate: float
    pretrained_rate: float = 1.0
    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: Callable
    augmentation: Augmentation | None = None
    frame: int = 0
    retouch: Retouch | None = None
    test_views: Literal["one", "mirror", "ten-crop"] = "one"
    labels: Literal["majority", "soft", "drawn", "multi-target"] = "majority"
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    clip_norm: float = 0.0
    average: float = 0.0
    pixels: Literal["signed", "raw", "standardised", "centred"] = "signed"
    selection: Literal["last", "best"] = "last"
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"

    def __post_init__(self):
        super().__post_init__()
        require(self.learning_rate > 0, f"Recipe(learning_rate={self.learning_rate}): expected more than 0")
        require(not (self.labels == "multi-target" and self.label_smoothing),
                "Recipe(labels='multi-target', label_smoothing=...): it is enough to meet one target, so every class would do")
        require(self.frame > 0 or self.test_views != "ten-crop", "Recipe(test_views='ten-crop', frame=0): all crops of an "
                "image without a frame are one; set frame, or take test_views='mirror'")
        require(not isinstance(self.retouch, Augmentation), f"Recipe(retouch={self.retouch!r}): it moves pixels, and landmarks "
                "would stay behind; it belongs into augmentation")
        given = getattr(self.backbone, "weights", None) is not None
        require(self.pixels == "raw" or not given, f"Recipe(pixels={self.pixels!r}): the backbone's weights were trained on "
                "pixels preprocessed in a way of their own, which it applies itself to pixels of 0..255; set pixels='raw'")
        trained = given and getattr(self.backbone, "trunk", None) is None
        require(self.pretrained_rate == 1 or trained, f"Recipe(pretrained_rate={self.pretrained_rate}): no layer of the "
                "backbone starts from given weights and is trained")


@dataclass(frozen=True)
class Arm(Checked):
    """Which inputs the model sees: the image, a view of the landmarks, or both. Two fields are for controls alone.

    `preparation` is this arm's, in place of the study's: what a study of preparations compares, on the same pictures.
    `widened` names a view that the arm does not see: its image branch gets as many extra parameters as an arm with that view
    has. `seed` other than 0 draws other seeds than the control (A/A: what seeds alone do), beside an arm that sees the same.
    """

    name: str
    _: dataclasses.KW_ONLY
    image: bool = False
    landmarks: Callable | None = None
    preparation: Preparation | None = None
    widened: Callable | None = None
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        require(bool(self.name.strip()), "an arm has no name")
        require(self.image or self.landmarks is not None, f"arm {self.name!r} sees nothing: "
                "give it image=True, landmarks=<a view>, or both")
        require(self.widened is None or (self.image and self.landmarks is None),
                f"arm {self.name!r}: only an arm that sees the image alone can be widened")
        chooses = [name for name in ("sources", "drawn") if hasattr(self.landmarks, name)]
        require(not chooses or hasattr(self.landmarks, "shows"), f"arm {self.name!r}: its view has {' and '.join(chooses)} but "
                "does not say whose landmarks it then shows: give it `shows`, see mixedfer.learning.views")

    def inputs(self) -> dict:
        """What the network sees of a face set, as canonical JSON: the arm without its name and its preparation."""
        return {key: value for key, value in canonical(self).items() if key not in ("kind", "name", "preparation")}


@dataclass(frozen=True, kw_only=True)
class Study(Varying):
    """One question, one recipe, a control arm and its treatments, several replicates, and a margin fixed in advance.

    With `folds=0` the data set's own partitions are used; where it has none, `test` and `validation` fractions are
    drawn from `seed`, whole subjects at a time. With `folds=k` every picture is tested once, in k subject-disjoint folds.
    `train_share` keeps that fraction of the training pictures; smaller shares are parts of larger ones.
    `margin` is the smallest difference in `metric` (a name in `metrics.METRICS`) that would matter, as a proportion (for log
    loss, in nats).
    With a `grid` the whole comparison is made at every combination of its axes' values. With a `search`, `mixedfer tune` makes
    a second comparison, of each arm under the best recipe found for it; the first one does not know of it.
    """

    FIXED = ("control", "treatments", "grid")
    RANGES = {"replicates": (1, 10**6), "folds": (0, 10**6), "train_share": (0.001, 1)}
    question: str
    dataset: Dataset
    preparation: Preparation
    recipe: Recipe
    control: Arm
    treatments: tuple[Arm, ...]
    replicates: int
    metric: str = "accuracy"
    margin: float
    folds: int = 0
    validation: float = 0.15
    test: float = 0.25
    train_share: float = 1.0
    seed: int = 0
    grid: tuple[Axis, ...] = ()
    search: Search | None = None

    def __post_init__(self):
        super().__post_init__()
        names = [arm.name for arm in self.arms]
        require(len(set(names)) == len(names), f"two arms have one name: {', '.join(names)}")
        require(bool(self.treatments), "a study needs at least one treatment beside its control")
        require(self.folds != 1, "Study(folds=1): expected 0 (no folds), 2 or more")
        metrics.of(self.metric)
        require(0 < self.margin < 1, f"Study(margin={self.margin}): expected a proportion between 0 and 1")
        require(self.validation > 0 and self.test > 0 and self.validation + self.test < 1,
                "Study(validation, test): expected two fractions above 0 that leave something to train on")
        pairing.refuse_other_pictures(self.preparation, {arm.name: arm.preparation for arm in self.arms if arm.preparation})
        self._refuse_lone_seeds()
        if self.search:
            require(not self.grid, "a study cannot have both a grid and a search: tune one point of the grid at a time")
            require(not self.folds, "Study(folds=..., search=...): with folds every picture is tested, and none is left to "
                    "search on")
            self.search.check(self.plain())

    def _refuse_lone_seeds(self) -> None:
        """Between arms with other inputs and other seeds, nothing tells what the inputs do from what the seeds do."""
        inputs = [(arm.image, arm.landmarks, arm.widened, arm.preparation or self.preparation) for arm in self.arms]
        held = [one for one, arm in zip(inputs, self.arms) if arm.seed == self.control.seed]
        for one, arm in zip(inputs, self.arms):
            if one not in held:
                raise StudyError(f"arm {arm.name!r} draws other seeds than the control, and no arm that sees the same draws "
                                 "the control's", remedy="Leave its seed out, or add such an arm beside it.")

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The control first, then the treatments."""
        return (self.control, *self.treatments)

    def prepared(self, arm: Arm) -> Study:
        """The study with the preparation of one of its arms, for `faces.preparation.prepare`."""
        return dataclasses.replace(self, preparation=arm.preparation) if arm.preparation else self

    def cells(self) -> list[Cell]:
        """Every training run of the study, replicate by replicate, so that early results compare all arms."""
        return [Cell(arm=arm, fold=fold, replicate=replicate, study=self)
                for replicate in range(self.replicates) for fold in range(max(1, self.folds)) for arm in self.arms]

    def plain(self) -> Study:
        """The comparison itself, under one recipe: the study without its grid and its search."""
        return dataclasses.replace(self, grid=(), search=None)

    def points(self) -> list[tuple[dict[str, Any], Study]]:
        """The values and the study at every point of the grid; the study itself, with no values, where there is none."""
        names = [axis.name for axis in self.grid]
        require(len(set(names)) == len(names), f"two axes of the grid have one name: {', '.join(names)}")
        for name in set(names).intersection(WORDS):
            raise StudyError(f"{name!r} cannot be an axis of the grid: it changes no run, only how runs are judged",
                             remedy=f"Give `mixedfer report` another --set {name}=VALUE; runs are reused.")
        plain = dataclasses.replace(self, grid=())
        return [(dict(zip(names, values)), plain.varying(**dict(zip(names, values))))
                for values in itertools.product(*(axis.values for axis in self.grid))]

    def placed(self, changes: list[tuple[list[str], Any]]) -> Study:
        """The study with other values; what is set in its preparation is set in those of its arms."""
        prepared = [(path[1:], value) for path, value in changes if path[0] == "preparation"]
        if not prepared:
            return super().placed(changes)
        arms = [dataclasses.replace(arm, preparation=pairing.moved(self.preparation, arm.name, arm.preparation, prepared))
                if arm.preparation else arm for arm in self.arms]
        return super().placed([*changes, (["control"], arms[0]), (["treatments"], tuple(arms[1:]))])

    def refuse(self, name: str, path: list[str]) -> None:
        """What an axis decides, or is part of, cannot be set: the axis would pass over it."""
        for axis in self.grid:
            for other in (named.split(".") for named in self._named(axis.name)):
                if all(one == two for one, two in zip(path, other)):
                    raise StudyError(f"{name!r} cannot be set: the grid's axis {axis.name!r} decides it",
                                     remedy="Leave it out, or change the axis in the study file.")

    def making(self) -> dict:
        """What decides the numbers under one recipe, without the words around them: two studies with equal `making` share
        every run.
        """
        return {key: value for key, value in canonical(self).items() if key not in (*WORDS, "search")}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One training run: an arm in one fold and replicate. The arm's name and inputs are no axes of its seed."""

    arm: Arm
    fold: int
    replicate: int
    study: Study

    @property
    def seed(self) -> int:
        """The root of everything random in this run; the same for every arm of this fold and replicate."""
        return derive("cell", self.study.seed, self.fold, self.replicate, *([self.arm.seed] if self.arm.seed else []))

    def spec(self, data: str) -> dict:
        """What decides this run's numbers, given the content hash of its face set; names are left out."""
        study = self.study
        split = {name: getattr(study, name) for name in SPLIT}
        return {"data": data, "recipe": canonical(study.recipe), "missed": study.preparation.missed,
                "arm": self.arm.inputs(), "split": split, "fold": self.fold, "replicate": self.replicate,
                "cell_seed": self.seed}

    def __str__(self) -> str:
        fold = f", fold {self.fold + 1}" if self.study.folds else ""
        return f"{self.arm.name}, replicate {self.replicate + 1}{fold}"

"""The smallest study that is a real one: 48 portraits of 12 people, two blocks of a narrow VGG16, eight epochs."""

from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.learning.augmentations.affine import Affine
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.fusions.features import Features
from mixedfer.learning.landmark_branches.mlp import Mlp
from mixedfer.learning.schedules.cosine import Cosine
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.study import Arm, Preparation, Recipe, Study

STUDY = Study(
    question="Do landmarks help a tiny network?",
    dataset=Portrait(classes=("happy", "sad"), identities=12, per_class=2, strength=2.0),
    preparation=Preparation(detector=DlibHog(), size=32),
    recipe=Recipe(
        backbone=Vgg16(width=0.0625, blocks=2, dense=(8,), dropout=0.1),
        landmark_branch=Mlp(units=(16,)), fusion=Features(units=(16, 16), dropout=0.05),
        epochs=8, batch_size=8, learning_rate=1e-2, optimizer="adam", schedule=Cosine(), augmentation=Affine(),
        selection="best",
    ),
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("shuffled", image=True, landmarks=Shuffled(normalised)),
                Arm("landmarks-only", landmarks=normalised)),
    replicates=2,
    margin=0.05,
)

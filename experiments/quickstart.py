"""Do landmarks help a small VGG16 to tell happy from sad, on the embedded portrait?

    mixedfer run experiments/quickstart.py

About two minutes on 2 CPU cores, no download. The expressions are synthesised from one photograph and the recipe was chosen
on this set, so the answer is about this set only. Expect the image alone to reach about 90 %, and no gain to be shown for
landmarks, right or shuffled across faces; see reports/quickstart/, and reports/ablation_size/, where landmarks
alone help with 60 pictures. A lesson in controls: with a network that trains badly (`--set width=0.0625 --set blocks=4`,
reports/ablation_width/) image-only reaches 73.3 % and landmarks seem to gain 15.3 points (3.8 to 26.8).
"""

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
    question="Do landmarks help a small VGG16 to tell happy from sad, on the embedded portrait?",
    dataset=Portrait(classes=("happy", "sad")),
    preparation=Preparation(detector=DlibHog()),
    recipe=Recipe(
        backbone=Vgg16(width=1 / 8, blocks=3, dense=(64,), dropout=0.0),
        landmark_branch=Mlp(units=(32,), dropout=0.3),
        fusion=Features(units=(64, 32)),
        epochs=20, batch_size=16, learning_rate=2e-3, optimizer="adam", schedule=Cosine(warmup=1),
        augmentation=Affine(shift=0.04, rotation=5, skew=0.0),
    ),
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("mixed-shuffled", image=True, landmarks=Shuffled(normalised))),
    replicates=5,
    margin=0.02,
    test=0.4, validation=0.1,
)

"""Do landmarks help VGG16 on FER2013?

    mixedfer run experiments/fer2013.py --data fer2013.csv

The full study (VGG16 at full width, 60 epochs, 10 replicates of four arms) needs a GPU or some days of CPU. A first look on
2 CPU cores, 20 to 30 minutes: add `--set replicates=2 --set epochs=2 --set width=0.25`. Two epochs teach the image branch
next to nothing (about 30 % on the private test) and the landmark branch most of what it can learn (46 %, alone or mixed),
so expect that look to say that the arms are comparable, not which is better. Published single networks reach 71 to 74 %
from the image alone.
"""

from mixedfer.faces.datasets.fer2013 import Fer2013
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
    question="Do landmarks help VGG16 on FER2013?",
    dataset=Fer2013(),
    preparation=Preparation(detector=DlibHog(upsample=1), missed="whole-image", crop=False),
    recipe=Recipe(
        backbone=Vgg16(dense=(512,), dropout=0.5),
        landmark_branch=Mlp(units=(128, 64), dropout=0.2),
        fusion=Features(units=(256, 128)),
        epochs=60, batch_size=128, learning_rate=0.02, optimizer="sgd", momentum=0.9, weight_decay=1e-4,
        schedule=Cosine(warmup=2), augmentation=Affine(), label_smoothing=0.1, selection="best",
    ),
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("mixed-shuffled", image=True, landmarks=Shuffled(normalised)),
                Arm("landmarks-only", landmarks=normalised)),
    replicates=10,
    margin=0.01,
)

"""Do landmarks help where the image branch is VGG16 as ImageNet left it?

    mixedfer run experiments/pretrained.py --data fer2013.csv
    mixedfer run experiments/pretrained.py --data fer2013.csv --weights vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5

The first command downloads Keras' ImageNet weights (59 MB), the second takes them from a file, for a machine without a network.
Weights of another kind, such as an archive of torchvision's convolutions, are accepted by name and digest: `--weights
vgg16.npz --set weights=mixedfer.learning.weights.archive:Archive --set sha256=<its SHA-256>`.

Four blocks of convolutions are frozen and pixels never change, so that what they make of every face is computed once (a 660 MB
file, 10 minutes) and all runs train on that, some four minutes each: three quarters of an hour in all on 2 CPU
cores.

Found (reports/pretrained, with torchvision's weights): image-only 53.9 %, landmarks alone 51.2 %, mixed +3.8 points (2.4 to
5.2), mixed with shuffled landmarks +0.5 (-0.7 to 1.7). Nearly all of the gain is on the 69 % of faces that dlib found. Networks
that are trained on faces reach 71 to 74 %; this says what landmarks add to features of objects, not to features of faces.
"""

from mixedfer.faces.datasets.fer2013 import Fer2013
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.fusions.features import Features
from mixedfer.learning.landmark_branches.mlp import Mlp
from mixedfer.learning.schedules.cosine import Cosine
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.learning.weights.keras_imagenet import KerasImagenet
from mixedfer.study import Arm, Preparation, Recipe, Study

STUDY = Study(
    question="Do landmarks help where the image branch is VGG16 as ImageNet left it?",
    dataset=Fer2013(),
    preparation=Preparation(detector=DlibHog(upsample=1), missed="whole-image", crop=False),
    recipe=Recipe(
        backbone=Vgg16(weights=KerasImagenet(), blocks=4, frozen=4, batch_normalisation=False, dense=(256,), dropout=0.5),
        landmark_branch=Mlp(units=(128, 64), dropout=0.2),
        fusion=Features(units=(256, 128)), pixels="raw",
        epochs=30, batch_size=128, learning_rate=1e-3, optimizer="adam", schedule=Cosine(warmup=1), selection="best",
    ),
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("mixed-shuffled", image=True, landmarks=Shuffled(normalised)),
                Arm("landmarks-only", landmarks=normalised)),
    replicates=5,
    margin=0.01,
)

"""The comparison as it was first made, and with scaled pixels: a small VGG, a join of two softmaxes; FER2013, happy and sad.

    mixedfer run experiments/original.py --data fer2013.csv

About an hour on 2 CPU cores. The network, its head, Adam at 1e-3 and batch 16 are the original's, faults included; what is
different is the data set, with its official partitions (it was the MPI database, 70 to 30), that both arms share one recipe
of three epochs (they had 100 and 10), that landmarks are searched with one upsampling (on 48x48 pixels dlib finds no face
without), and that a collapse is said. The first point of the grid has pixels of 0..255, as the original had, the second
scales them to -1..1.

Found (reports/original, `--set replicates=3`): most runs end at the class prior, one constant answer for every face, with
raw pixels (3 of 3 image-only, 2 of 3 mixed) and with scaled ones (2 of 3 and 2 of 3). Neither scaled pixels nor landmarks
that were found mend the network, so it cannot tell what landmarks are worth.
"""

from mixedfer.faces.datasets.fer2013 import Fer2013
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.learning.backbones.original import Original
from mixedfer.learning.fusions.probabilities import Probabilities
from mixedfer.learning.landmark_branches.pointwise import Pointwise
from mixedfer.learning.schedules.constant import Constant
from mixedfer.learning.views.pixels import pixels
from mixedfer.study import Arm, Axis, Preparation, Recipe, Study

STUDY = Study(
    question="Do landmarks help the original small network to tell happy from sad?",
    dataset=Fer2013(classes=("happy", "sad")),
    preparation=Preparation(detector=DlibHog(upsample=1), crop=False),
    recipe=Recipe(
        backbone=Original(), landmark_branch=Pointwise(), fusion=Probabilities(),
        epochs=3, batch_size=16, learning_rate=1e-3, optimizer="adam", schedule=Constant(), pixels="raw",
    ),
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=pixels),),
    replicates=5,
    margin=0.01,
    grid=(Axis("recipe.pixels", ("raw", "signed")),),
)

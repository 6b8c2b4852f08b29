"""Does it matter how faces are cut out, on the embedded portrait?

    mixedfer run experiments/preparation.py

About five minutes on 2 CPU cores, no download. All arms see the same 480 pictures, none is left out: where a detector finds no
face, the arm sees the whole picture.

Found (reports/preparation): a small VGG16 reaches 89.9 % on faces cut out by dlib's box (475 found), 92.5 with the eyes brought
to one place, 81.7 on whole pictures, 90.8 with a Haar cascade at a scale factor of 1.1 (467 found) and 84.8 at 1.3 (370 found).
With five replicates no difference is shown: runs of one arm differ by 1 to 15 points (standard deviation; the second replicate
is the worst of most arms), and 192 test images are of 24 people. The expressions are synthesised from one photograph, so the
answer is about this set only.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.faces.alignments.eyes import Eyes
from mixedfer.faces.detectors.haar import Haar
from mixedfer.study import Arm

HOG = QUICKSTART.preparation

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Does it matter how faces are cut out, on the embedded portrait?",
    control=Arm("dlib crop", image=True),
    treatments=(Arm("eyes level", image=True, preparation=dataclasses.replace(HOG, alignment=Eyes())),
                Arm("whole picture", image=True, preparation=dataclasses.replace(HOG, crop=False)),
                Arm("Haar 1.1", image=True, preparation=dataclasses.replace(HOG, detector=Haar(scale_factor=1.1))),
                Arm("Haar 1.3", image=True, preparation=dataclasses.replace(HOG, detector=Haar(scale_factor=1.3)))),
)

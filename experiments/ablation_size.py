"""Do landmarks help more when there are fewer pictures to learn from, on the portrait set?

    mixedfer run experiments/ablation_size.py

About 3 minutes on 2 CPU cores: image-only, mixed and landmarks-only on an eighth, a quarter, half and all of the 240 training
pictures. The epochs stay 20, so a smaller share also means fewer steps.

Found (reports/ablation_size): with 60 pictures landmarks-only gains 21.5 points (11.7 to 31.2) and mixed 16.1 (5.1 to 27.2, not
significant after Holm over the grid); with 30, two of five image-only runs learn nothing, so there is no verdict; with all 240
the image has caught up (mixed -0.6, -5.6 to 4.3). The landmark branch has 8,600 weights to learn, the image branch 107,000, and
dlib's landmarks bring what dlib has learnt from other pictures.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.learning.views.normalised import normalised
from mixedfer.study import Arm, Axis

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Do landmarks help more when there are fewer pictures to learn from, on the embedded portrait?",
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("landmarks-only", landmarks=normalised)),
    grid=(Axis("train_share", (0.125, 0.25, 0.5, 1.0)),),
)

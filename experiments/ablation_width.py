"""Does it depend on the image network's width and depth whether landmarks help, on the portrait set?

    mixedfer run experiments/ablation_width.py

About 7 minutes on 2 CPU cores: image-only against mixed at three widths and two depths of VGG16, 20 epochs each.

Found (reports/ablation_width): landmarks seem to make up for an image network that is too narrow (width 1/16: 76 to 89 % with
three blocks, 73 to 89 % with four); wider, no gain is shown. After Holm's adjustment over the six points none is resolved.
A gain over a network that trains badly is no gain.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.learning.views.normalised import normalised
from mixedfer.study import Arm, Axis

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Does it depend on the image network's width and depth whether landmarks help, on the embedded portrait?",
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),),
    grid=(Axis("backbone.width", (1 / 16, 1 / 8, 1 / 4)), Axis("backbone.blocks", (3, 4))),
)

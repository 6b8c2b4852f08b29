"""Does it depend on the image network's width and depth whether landmarks help, on the portrait set?

    mixedfer run experiments/ablation_width.py

About 7 minutes on 2 CPU cores: image-only against mixed at three widths and two depths of VGG16, 20 epochs each.

Expectation, from reasoning and one run: networks of four blocks have hardly learnt after 20 epochs (image-only at width 1/4
ended at 57 %, one run), and landmarks "help" them by many points; with three blocks they add little. A gain over a network that
trains badly is no gain.
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

"""Does it depend on how the branches join whether landmarks help, on the portrait set?

    mixedfer run experiments/ablation_fusion.py

About 4 minutes on 2 CPU cores: image-only, mixed and shuffled under three joints: features side by side, landmark features
through a gate, and the original's softmax on each branch.

Found (reports/ablation_fusion): features and gate give the same answer, mixed -2.1 (-5.4 to 1.3) and -1.6 points (-4.7 to
1.6). With softmaxes mixed loses 4.5 (-8.8 to -0.2, not significant after Holm), and shuffled landmarks ruin the network: 52.0
%, 2 of 5 runs collapsed. Each branch is squeezed into two numbers there before they meet.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.learning.fusions.features import Features
from mixedfer.learning.fusions.gated import Gated
from mixedfer.learning.fusions.probabilities import Probabilities
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.study import Arm, Axis

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Does it depend on how the branches join whether landmarks help, on the embedded portrait?",
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("shuffled", image=True, landmarks=Shuffled(normalised))),
    grid=(Axis("recipe.fusion", (Features(units=(64, 32)), Gated(units=(64, 32)), Probabilities())),),
)

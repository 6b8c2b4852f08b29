"""Does it depend on how the branches join whether landmarks help, on the portrait set?

    mixedfer run experiments/ablation_fusion.py

About 4 minutes on 2 CPU cores: image-only, mixed and shuffled under three joints: features side by side, landmark features
through a gate, and the original's softmax on each branch.

Found (reports/ablation_fusion): nothing is resolved for mixed, -0.6 points with features (-5.6 to 4.3), 0.4 with the gate (-6.3
to 7.2), -4.1 with softmaxes (-8.5 to 0.4). There shuffled landmarks ruin the network: 52.3 %, 2 of 5 runs collapsed. Each
branch is squeezed into two numbers before they meet.
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
